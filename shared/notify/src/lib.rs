//! Notices to the operators: their format, and publishing them to the alerts topic.
//!
//! What is worth a notice is decided by the functions; how it is shown in Slack and PagerDuty by `alert-relay`.

mod notice;
mod topic;

pub use notice::Notice;
pub use topic::{AlertTopic, NotPublished};
