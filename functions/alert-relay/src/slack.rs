//! Alerts as Slack shows them.

mod deliver;
mod limits;
mod methods;
mod passed_through;
mod render;
mod text;
mod upload;
mod webhook;

pub(crate) use deliver::{Access, Delivered};
pub use deliver::{Channels, Slack};
pub use limits::violations;
pub(crate) use render::MAX_FACTS;
pub use render::{Appearance, render};
