//! `emotion_logs`: what children felt, each with its recording in the same statement.

mod list;
mod row;
mod summary;
mod write;

use jiff::Timestamp;
use kimochi_domain::{ChildId, EmotionLogId, EmotionName, Intensity, Note, Recording};

pub use list::{Filter, Position, list};
pub use summary::{DayCount, summarise};
pub use write::{
    Changed, Changes, Insertion, NewLog, Refused, delete, find, find_for_change, insert, update,
};

/// What a child felt, once.
#[derive(Debug, Clone, PartialEq)]
pub struct EmotionLog {
    /// Its id.
    pub id: EmotionLogId,
    /// Who felt it.
    pub child_id: ChildId,
    /// The feeling card.
    pub emotion: EmotionName,
    /// How strongly.
    pub intensity: Intensity,
    /// What was added in writing.
    pub note: Option<Note>,
    /// What was said about it.
    pub recording: Option<Recording>,
    /// When it was felt.
    pub felt_at: Timestamp,
    /// Counts its changes, from 1.
    pub version: i32,
    /// When it was written down.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}
