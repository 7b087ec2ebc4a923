//! `recordings`, as a family sees them: asked for, and read.

use jiff::Timestamp;
use kimochi_domain::{
    AudioKey, MediaType, Recording, RecordingId, Sha256Digest, Transcript, UploadSize, UserId,
};
use tokio_postgres::Row;

use crate::columns::{Columns, corrupt};
use crate::{ReadFamily, Result, WriteFamily};

/// An upload to be asked for.
#[derive(Debug, Clone)]
pub struct NewRecording<'a> {
    /// Where the note shall lie; in the folder of the family that asks.
    pub audio_key: &'a AudioKey,
    /// Its length.
    pub size: UploadSize,
    /// Its digest, when the client knows it.
    pub sha256: Option<Sha256Digest>,
    /// The request's `Idempotency-Key`.
    pub idempotency_key: Option<&'a str>,
}

/// What became of [`insert`].
#[derive(Debug, Clone, PartialEq)]
pub enum Insertion {
    /// A new recording.
    Created(Box<Recording>),
    /// The request's key is taken: [`earlier`] tells by what.
    KeyTaken,
}

/// Why a key was taken.
#[derive(Debug, Clone, PartialEq)]
pub enum Earlier {
    /// By the same request: its recording, as it stands now.
    Same(Box<Recording>),
    /// By another request of the family.
    OtherRequest,
    /// By a request whose recording has been deleted since.
    Deleted,
}

/// Makes the row of an upload that the family asked for. Of several requests with one key at once, one makes the row and
/// the others wait for it.
///
/// # Errors
/// When the key exists already or lies in another family's folder's row, or the database cannot be reached.
pub async fn insert(family: impl WriteFamily, new: &NewRecording<'_>, now: Timestamp) -> Result<Insertion> {
    const SQL: &str = "\
-- recordings::insert
INSERT INTO recordings
    (id, user_id, audio_key, content_type, size_bytes, sha256, idempotency_key, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
ON CONFLICT ON CONSTRAINT recordings_idempotency DO NOTHING
RETURNING id, user_id, status, audio_key, content_type, size_bytes, sha256, created_at, updated_at, uploaded_at,
    finished_at, transcript, quality, quality_reasons, confidence, language, duration_ms, partial_reason, failure";

    let user_id = family.user().id.0;
    let rows = family
        .write(
            SQL,
            &[
                &RecordingId::new().0,
                &user_id,
                &new.audio_key.to_string(),
                &new.audio_key.media_type().as_str(),
                &new.size.bytes(),
                &new.sha256.map(|digest| digest.to_string()),
                &new.idempotency_key,
                &now,
            ],
        )
        .await?;
    Ok(match rows.first() {
        Some(row) => Insertion::Created(Box::new(from_row(row)?)),
        None => Insertion::KeyTaken,
    })
}

/// What has the key of `new`, which [`insert`] found taken.
///
/// A request is the same when it asks for the same type, length and digest: what the row holds anyway is the fingerprint.
///
/// # Errors
/// When the database cannot be reached.
pub async fn earlier(family: &impl ReadFamily, new: &NewRecording<'_>) -> Result<Earlier> {
    const SQL: &str = "\
-- recordings::earlier
SELECT id, user_id, status, audio_key, content_type, size_bytes, sha256, created_at, updated_at, uploaded_at,
    finished_at, transcript, quality, quality_reasons, confidence, language, duration_ms, partial_reason, failure
FROM recordings
WHERE user_id = (SELECT signed_in_user_id()) AND idempotency_key = $1 AND deleted_at IS NULL";

    let Some(row) = family.row(SQL, &[&new.idempotency_key]).await? else {
        return Ok(Earlier::Deleted);
    };
    let earlier = from_row(&row)?;
    let same = earlier.media_type == new.audio_key.media_type()
        && earlier.size_bytes == new.size.bytes()
        && earlier.sha256 == new.sha256;
    Ok(if same { Earlier::Same(Box::new(earlier)) } else { Earlier::OtherRequest })
}

/// The family's recording with this id.
///
/// # Errors
/// When the database cannot be reached.
pub async fn find(family: &impl ReadFamily, id: RecordingId) -> Result<Option<Recording>> {
    const SQL: &str = "\
-- recordings::find
SELECT id, user_id, status, audio_key, content_type, size_bytes, sha256, created_at, updated_at, uploaded_at,
    finished_at, transcript, quality, quality_reasons, confidence, language, duration_ms, partial_reason, failure
FROM recordings
WHERE id = $1 AND user_id = (SELECT signed_in_user_id()) AND deleted_at IS NULL";

    family.row(SQL, &[&id.0]).await?.as_ref().map(from_row).transpose()
}

fn from_row(row: &Row) -> Result<Recording> {
    let mut columns = Columns::of(row);
    let id = columns.get("id")?;
    from_columns(RecordingId(id), &mut columns)
}

/// The recording with this id, whose other columns come next.
pub(crate) fn from_columns(id: RecordingId, columns: &mut Columns<'_>) -> Result<Recording> {
    Ok(Recording {
        id,
        user_id: UserId(columns.get("user_id")?),
        status: columns.parsed("status")?,
        audio_key: columns.parsed("audio_key")?,
        media_type: MediaType::parse(columns.get("content_type")?)
            .map_err(|source| corrupt("content_type", source))?,
        size_bytes: columns.get("size_bytes")?,
        sha256: columns.parsed_if_any("sha256")?,
        created_at: columns.get("created_at")?,
        updated_at: columns.get("updated_at")?,
        uploaded_at: columns.get("uploaded_at")?,
        finished_at: columns.get("finished_at")?,
        transcript: columns.get::<Option<String>>("transcript")?.map(Transcript),
        quality: columns.parsed_if_any("quality")?,
        quality_reasons: columns.get("quality_reasons")?,
        confidence: columns.get("confidence")?,
        language: columns.get("language")?,
        duration_ms: columns.get("duration_ms")?,
        partial_reason: columns.get("partial_reason")?,
        failure: columns.parsed_if_any("failure")?,
    })
}
