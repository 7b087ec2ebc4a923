//! One row of a log and, beside it, its recording's.

use kimochi_domain::{ChildId, EmotionLogId, Intensity, Note, RecordingId};
use tokio_postgres::Row;

use super::EmotionLog;
use crate::columns::{Columns, corrupt};
use crate::{Result, recordings};

/// The columns of a log `l` and a recording `r`, as [`from_row`] reads them.
macro_rules! columns {
    () => {
        "l.id AS log_id, l.child_id AS log_child_id, l.emotion AS log_emotion, l.intensity AS log_intensity,
    l.note AS log_note, l.felt_at AS log_felt_at, l.version AS log_version, l.created_at AS log_created_at,
    l.updated_at AS log_updated_at,
    r.id, r.user_id, r.status, r.audio_key, r.content_type, r.size_bytes, r.sha256, r.created_at, r.updated_at,
    r.uploaded_at, r.finished_at, r.transcript, r.quality, r.quality_reasons, r.confidence, r.language, r.duration_ms,
    r.partial_reason, r.failure"
    };
}
pub(super) use columns;

/// Reads the columns `log_…` and, unless `id` is NULL, those of a recording.
pub(super) fn from_row(row: &Row) -> Result<EmotionLog> {
    let mut columns = Columns::of(row);
    let mut log = EmotionLog {
        id: EmotionLogId(columns.get("log_id")?),
        child_id: ChildId(columns.get("log_child_id")?),
        emotion: columns.parsed("log_emotion")?,
        intensity: Intensity::try_from(i64::from(columns.get::<i16>("log_intensity")?))
            .map_err(|source| corrupt("log_intensity", source))?,
        note: columns.get::<Option<String>>("log_note")?.map(Note::from_stored),
        recording: None,
        felt_at: columns.get("log_felt_at")?,
        version: columns.get("log_version")?,
        created_at: columns.get("log_created_at")?,
        updated_at: columns.get("log_updated_at")?,
    };
    if let Some(id) = columns.get("id")? {
        log.recording = Some(recordings::from_columns(RecordingId(id), &mut columns)?);
    }
    Ok(log)
}
