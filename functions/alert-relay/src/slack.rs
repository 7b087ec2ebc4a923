//! Alerts as Slack shows them.

mod client;
mod limits;
mod passed_through;
mod render;
mod text;

pub(crate) use client::Access;
pub use client::Slack;
pub use limits::violations;
pub use render::{Appearance, render};
