//! Writing logs down, changing and deleting them.

use jiff::Timestamp;
use kimochi_domain::{ChildId, EmotionLogId, EmotionName, FeltAt, Intensity, Note, RecordingId};
use tokio_postgres::Row;

use super::EmotionLog;
use super::row::{columns, from_row};
use crate::idempotency::KeyedRequest;
use crate::{Error, FamilyTransaction, ReadFamily, Result, WriteFamily};

/// A log to be written down.
#[derive(Debug, Clone)]
pub struct NewLog {
    /// Who felt it.
    pub child_id: ChildId,
    /// The feeling card.
    pub emotion: EmotionName,
    /// How strongly.
    pub intensity: Intensity,
    /// What is added in writing.
    pub note: Option<Note>,
    /// What was said about it.
    pub recording_id: Option<RecordingId>,
    /// When it was felt.
    pub felt_at: FeltAt,
}

/// What is to change; `None` leaves a field as it is, `Some(None)` empties it.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// Another card.
    pub emotion: Option<EmotionName>,
    /// Another strength.
    pub intensity: Option<Intensity>,
    /// Another note.
    pub note: Option<Option<Note>>,
    /// Another recording.
    pub recording_id: Option<Option<RecordingId>>,
    /// Another time.
    pub felt_at: Option<FeltAt>,
}

/// What a log names and cannot have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The family has no such child.
    Child,
    /// There is no such card to choose.
    Emotion,
    /// The family has no such recording.
    Recording,
    /// Another log has the recording.
    RecordingInUse,
}

/// What became of [`insert`].
#[derive(Debug, Clone, PartialEq)]
pub enum Insertion {
    /// A new log.
    Created(Box<EmotionLog>),
    /// The request's key is taken: [`crate::idempotency::earlier`] tells by what.
    KeyTaken,
    /// Nothing was written.
    Refused(Refused),
}

/// What became of [`update`].
#[derive(Debug, Clone, PartialEq)]
pub enum Changed {
    /// The log as it is now.
    Log(Box<EmotionLog>),
    /// Nothing was changed.
    Refused(Refused),
}

/// Writes a log down, if the request's key is not taken and all that the log names is there. To have named what belongs
/// to another family is noted, once the transaction is committed.
///
/// # Errors
/// When the database cannot be reached.
pub async fn insert(
    family: &FamilyTransaction,
    new: &NewLog,
    request: Option<&KeyedRequest<'_>>,
    now: Timestamp,
) -> Result<Insertion> {
    // The child is locked, so that it is not deleted at the same time and its new log overlooked.
    const SQL: &str = concat!(
        "\
-- emotion_logs::insert
WITH request AS MATERIALIZED (
    SELECT claim_idempotency_key($2, $10, $11, $9) AS claimed
), child AS (
    SELECT id FROM children WHERE id = $3 AND user_id = $2 AND deleted_at IS NULL FOR SHARE
), card AS (
    SELECT name FROM emotions WHERE name = $4 AND retired_at IS NULL
), voice AS (
    SELECT id, EXISTS (SELECT FROM emotion_logs WHERE recording_id = $7) AS in_use
    FROM recordings
    WHERE id = $7 AND user_id = $2 AND deleted_at IS NULL
), l AS (
    INSERT INTO emotion_logs
        (id, user_id, child_id, emotion, intensity, note, recording_id, felt_at, created_at, updated_at)
    SELECT $1, $2, child.id, card.name, $5, $6, $7, $8, $9, $9
    FROM request, child, card
    WHERE request.claimed AND ($7::uuid IS NULL OR EXISTS (SELECT FROM voice WHERE NOT in_use))
    RETURNING *
)
SELECT request.claimed, child.id IS NOT NULL AS has_child, card.name IS NOT NULL AS has_emotion,
    voice.id IS NOT NULL AS has_recording, voice.in_use,
    CASE WHEN claimed AND child.id IS NULL THEN audit_refusal('child', $3)::text END,
    CASE WHEN claimed AND $7::uuid IS NOT NULL AND voice.id IS NULL THEN audit_refusal('recording', $7)::text END,
    ",
        columns!(),
        "
FROM request
    LEFT JOIN child ON true
    LEFT JOIN card ON true
    LEFT JOIN voice ON true
    LEFT JOIN l ON true
    LEFT JOIN recordings r ON r.id = l.recording_id AND r.user_id = $2"
    );

    let statement = family.prepare_cached(SQL).await?;
    let row = family
        .query_one(
            &statement,
            &[
                &EmotionLogId::new().0,
                &family.user().id.0,
                &new.child_id.0,
                &new.emotion.as_str(),
                &new.intensity.level(),
                &new.note.as_ref().map(Note::as_str),
                &new.recording_id.map(|id| id.0),
                &new.felt_at.timestamp(),
                &now,
                &request.map(|request| request.key),
                &request.map(|request| request.fingerprint.as_slice()),
            ],
        )
        .await
        .map_err(Error::from);
    match row {
        Err(error) if takes_a_used_recording(&error) => Ok(Insertion::Refused(Refused::RecordingInUse)),
        Err(error) if takes_a_deleted_card(&error) => Ok(Insertion::Refused(Refused::Emotion)),
        Err(error) => Err(error),
        Ok(row) if is_there(&row)? => Ok(Insertion::Created(Box::new(from_row(&row)?))),
        Ok(row) if !row.try_get::<_, bool>("claimed")? => Ok(Insertion::KeyTaken),
        Ok(row) if !row.try_get::<_, bool>("has_child")? => Ok(Insertion::Refused(Refused::Child)),
        Ok(row) => Ok(Insertion::Refused(refusal(&row)?)),
    }
}

/// The family's log with this id.
///
/// # Errors
/// When the database cannot be reached.
pub async fn find(family: &impl ReadFamily, id: EmotionLogId) -> Result<Option<EmotionLog>> {
    const SQL: &str = concat!(
        "\
-- emotion_logs::find
SELECT ",
        columns!(),
        "
FROM emotion_logs l LEFT JOIN recordings r ON r.id = l.recording_id AND r.user_id = l.user_id
WHERE l.id = $1 AND l.user_id = (SELECT signed_in_user_id()) AND l.deleted_at IS NULL"
    );

    family.row(SQL, &[&id.0]).await?.as_ref().map(from_row).transpose()
}

/// As [`find`], and until the transaction ends nobody else changes it.
///
/// # Errors
/// When the database cannot be reached.
pub async fn find_for_change(family: &FamilyTransaction, id: EmotionLogId) -> Result<Option<EmotionLog>> {
    const SQL: &str = concat!(
        "\
-- emotion_logs::find_for_change
SELECT ",
        columns!(),
        "
FROM emotion_logs l LEFT JOIN recordings r ON r.id = l.recording_id AND r.user_id = $2
WHERE l.id = $1 AND l.user_id = $2 AND l.deleted_at IS NULL
FOR UPDATE OF l"
    );

    let statement = family.prepare_cached(SQL).await?;
    let row = family.query_opt(&statement, &[&id.0, &family.user().id.0]).await?;
    row.as_ref().map(from_row).transpose()
}

/// Changes `log`, which [`find_for_change`] gave in this transaction. A retired card stays where it is. So does the
/// recording unless it is to change: `log` may not show the one that another request gave it a moment ago, because the
/// row that was waited for is read anew, and what is joined to it is not.
///
/// # Errors
/// When the database cannot be reached.
pub async fn update(
    family: impl WriteFamily,
    log: &EmotionLog,
    changes: &Changes,
    now: Timestamp,
) -> Result<Changed> {
    const SQL: &str = concat!(
        "\
-- emotion_logs::update
WITH card AS (
    SELECT name FROM emotions WHERE name = $3 AND (retired_at IS NULL OR name = $4)
), voice AS (
    SELECT id, EXISTS (SELECT FROM emotion_logs WHERE recording_id = $8 AND id <> $1) AS in_use
    FROM recordings
    WHERE id = $8 AND user_id = $2 AND deleted_at IS NULL
), l AS (
    UPDATE emotion_logs SET emotion = card.name, intensity = $5, note = $6, felt_at = $7,
        recording_id = CASE WHEN $10 THEN $8 ELSE recording_id END, version = version + 1, updated_at = $9
    FROM card
    WHERE emotion_logs.id = $1 AND user_id = $2
        AND (NOT $10 OR $8::uuid IS NULL OR EXISTS (SELECT FROM voice WHERE NOT in_use))
    RETURNING emotion_logs.*
)
SELECT card.name IS NOT NULL AS has_emotion, voice.id IS NOT NULL AS has_recording, voice.in_use,
    CASE WHEN $10 AND $8::uuid IS NOT NULL AND voice.id IS NULL THEN audit_refusal('recording', $8)::text END,
    ",
        columns!(),
        "
FROM (SELECT) AS request
    LEFT JOIN card ON true
    LEFT JOIN voice ON true
    LEFT JOIN l ON true
    LEFT JOIN recordings r ON r.id = l.recording_id AND r.user_id = $2"
    );

    let recording_id = changes.recording_id.flatten();
    let note = changes.note.as_ref().unwrap_or(&log.note);
    let user_id = family.user().id.0;
    let rows = family
        .write(
            SQL,
            &[
                &log.id.0,
                &user_id,
                &changes.emotion.as_ref().unwrap_or(&log.emotion).as_str(),
                &log.emotion.as_str(),
                &changes.intensity.unwrap_or(log.intensity).level(),
                &note.as_ref().map(Note::as_str),
                &changes.felt_at.map_or(log.felt_at, FeltAt::timestamp),
                &recording_id.map(|id| id.0),
                &now,
                &changes.recording_id.is_some(),
            ],
        )
        .await;
    match rows.map(|mut rows| rows.pop().expect("the answer is one row")) {
        Err(error) if takes_a_used_recording(&error) => Ok(Changed::Refused(Refused::RecordingInUse)),
        Err(error) if takes_a_deleted_card(&error) => Ok(Changed::Refused(Refused::Emotion)),
        Err(error) => Err(error),
        Ok(row) if is_there(&row)? => Ok(Changed::Log(Box::new(from_row(&row)?))),
        Ok(row) => Ok(Changed::Refused(refusal(&row)?)),
    }
}

/// Takes a log, with its recording and the answer that told of it, away from the family.
///
/// # Errors
/// When the database cannot be reached.
pub async fn delete(family: impl WriteFamily, id: EmotionLogId, now: Timestamp) -> Result<()> {
    const SQL: &str = "\
-- emotion_logs::delete
WITH log AS (
    UPDATE emotion_logs SET deleted_at = $3, updated_at = $3, version = version + 1
    WHERE id = $1 AND user_id = $2 AND deleted_at IS NULL
    RETURNING id, recording_id
), answers AS (
    DELETE FROM idempotency_keys
    WHERE user_id = $2 AND location IN (SELECT '/v1/emotion-logs/' || id FROM log)
)
UPDATE recordings SET deleted_at = $3, updated_at = $3
WHERE user_id = $2 AND id IN (SELECT recording_id FROM log) AND deleted_at IS NULL";

    let user_id = family.user().id.0;
    family.write(SQL, &[&id.0, &user_id, &now]).await?;
    Ok(())
}

fn is_there(row: &Row) -> Result<bool> {
    Ok(row.try_get::<_, Option<uuid::Uuid>>("log_id")?.is_some())
}

fn refusal(row: &Row) -> Result<Refused> {
    Ok(if !row.try_get::<_, bool>("has_emotion")? {
        Refused::Emotion
    } else if !row.try_get::<_, bool>("has_recording")? {
        Refused::Recording
    } else {
        Refused::RecordingInUse
    })
}

/// Two requests at once gave one recording to two logs; this one came second.
fn takes_a_used_recording(error: &Error) -> bool {
    error.violates("emotion_logs_recording_once")
}

/// An operator deleted the card while the log was being written.
fn takes_a_deleted_card(error: &Error) -> bool {
    error.violates("emotion_logs_emotion_fkey")
}
