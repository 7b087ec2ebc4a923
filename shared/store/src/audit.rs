//! `audit_logs`: who did what. Writing rows of a family is noted by the tables' own triggers; here is what leaves no
//! row behind, and how operators read what was noted.

mod list;

use kimochi_domain::{ChildId, EmotionLogId, RecordingId, UserId};
use uuid::Uuid;

use crate::{Result, WriteFamily};

pub use list::{Deed, Filter, Position, list};

/// What somebody reached, or tried to reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A child.
    Child(ChildId),
    /// An emotion log.
    EmotionLog(EmotionLogId),
    /// A recording.
    Recording(RecordingId),
    /// A family as a whole.
    Family(UserId),
}

impl Subject {
    /// Its kind, as `audit_logs` names it, and its id.
    fn parts(self) -> (&'static str, Uuid) {
        match self {
            Self::Child(id) => ("child", id.0),
            Self::EmotionLog(id) => ("emotion_log", id.0),
            Self::Recording(id) => ("recording", id.0),
            Self::Family(id) => ("family", id.0),
        }
    }
}

/// Notes a refusal if `subject` exists, but belongs to another family; if it exists nowhere, there is nothing to tell.
/// The caller does not learn which: to them it is a 404 either way.
pub(crate) async fn note_refusal(family: impl WriteFamily, subject: Subject) -> Result<()> {
    const SQL: &str = "\
-- audit::note_refusal
SELECT audit_refusal($1, $2)";

    let (kind, id) = subject.parts();
    family.write(SQL, &[&kind, &id]).await?;
    Ok(())
}

/// Notes that the family read something which is worth a note, such as `recording.play`.
///
/// # Errors
/// When the database cannot be reached.
pub async fn note_access(family: impl WriteFamily, action: &str, subject: Subject) -> Result<()> {
    const SQL: &str = "\
-- audit::note_access
SELECT audit($1, $2, $3)";

    let (kind, id) = subject.parts();
    family.write(SQL, &[&action, &kind, &id.to_string()]).await?;
    Ok(())
}
