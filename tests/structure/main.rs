//! Rules about the repository that no compiler checks: what stands in the template, and what links what.

mod configuration;
mod dependencies;
mod openapi;
mod runbook;
mod template;
