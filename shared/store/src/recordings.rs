//! `recordings`, as a family sees them: asked for, and read.

use jiff::Timestamp;
use kimochi_domain::{
    AudioKey, Failure, MediaType, Quality, RecordingId, RecordingStatus, Sha256Digest, UploadSize, UserId,
};
use tokio_postgres::Row;

use crate::columns::{corrupt, parsed, parsed_if_any};
use crate::{FamilyTransaction, Result};

/// A voice note and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// Its id.
    pub id: RecordingId,
    /// Whose it is.
    pub user_id: UserId,
    /// Where it stands.
    pub status: RecordingStatus,
    /// Where the note lies, or will.
    pub audio_key: AudioKey,
    /// What was signed for it.
    pub media_type: MediaType,
    /// The length that was signed, in bytes.
    pub size_bytes: i64,
    /// The digest that was signed; `None` when the client gave none.
    pub sha256: Option<Sha256Digest>,
    /// When the upload was asked for.
    pub created_at: Timestamp,
    /// When this row last changed.
    pub updated_at: Timestamp,
    /// When it arrived; `None` until we know of it.
    pub uploaded_at: Option<Timestamp>,
    /// When it reached a final status.
    pub finished_at: Option<Timestamp>,
    /// What the child said: empty without speech, `None` until there is an outcome and when it failed.
    pub transcript: Option<Transcript>,
    /// How far the transcript can be trusted.
    pub quality: Option<Quality>,
    /// Codes of what speaks against it.
    pub quality_reasons: Vec<String>,
    /// The engine's own estimate, 0 to 1.
    pub confidence: Option<f32>,
    /// ISO 639-1 code.
    pub language: Option<String>,
    /// Length of the decoded sound.
    pub duration_ms: Option<i64>,
    /// Code of why only a part became text.
    pub partial_reason: Option<String>,
    /// Why there is no transcript.
    pub failure: Option<Failure>,
}

/// What a child said. Debug output shows its length only, so that no log can hold it by accident.
#[derive(Clone, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct Transcript(pub String);

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
    Created(Recording),
    /// The same request came before: that recording, as it stands now.
    Replayed(Recording),
    /// The family used the same key for another request.
    KeyReused,
}

/// Makes the row of an upload that the family asked for.
///
/// A request is the same when it asks for the same type, length and digest: what the row holds anyway is the
/// fingerprint. Of several requests with one key at once, one makes the row and the others wait for it.
///
/// # Errors
/// When the key exists already or lies in another family's folder's row, or the database cannot be reached.
pub async fn insert(family: &FamilyTransaction, new: &NewRecording<'_>, now: Timestamp) -> Result<Insertion> {
    const SQL: &str = "\
-- recordings::insert
INSERT INTO recordings
    (id, user_id, audio_key, content_type, size_bytes, sha256, idempotency_key, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
ON CONFLICT ON CONSTRAINT recordings_idempotency DO NOTHING
RETURNING id, user_id, status, audio_key, content_type, size_bytes, sha256, created_at, updated_at, uploaded_at,
    finished_at, transcript, quality, quality_reasons, confidence, language, duration_ms, partial_reason, failure";

    let media_type = new.audio_key.media_type();
    let statement = family.prepare_cached(SQL).await?;
    let row = family
        .query_opt(
            &statement,
            &[
                &RecordingId::new().0,
                &family.user().id.0,
                &new.audio_key.to_string(),
                &media_type.as_str(),
                &new.size.bytes(),
                &new.sha256.map(|digest| digest.to_string()),
                &new.idempotency_key,
                &now,
            ],
        )
        .await?;
    if let Some(row) = row {
        return Ok(Insertion::Created(from_row(&row)?));
    }

    let earlier = find_by_idempotency_key(family, new.idempotency_key).await?;
    let same = earlier.media_type == media_type
        && earlier.size_bytes == new.size.bytes()
        && earlier.sha256 == new.sha256;
    Ok(if same { Insertion::Replayed(earlier) } else { Insertion::KeyReused })
}

/// The family's recording with this id.
///
/// # Errors
/// When the database cannot be reached.
pub async fn find(family: &FamilyTransaction, id: RecordingId) -> Result<Option<Recording>> {
    const SQL: &str = "\
-- recordings::find
SELECT id, user_id, status, audio_key, content_type, size_bytes, sha256, created_at, updated_at, uploaded_at,
    finished_at, transcript, quality, quality_reasons, confidence, language, duration_ms, partial_reason, failure
FROM recordings
WHERE id = $1 AND user_id = $2";

    let statement = family.prepare_cached(SQL).await?;
    let row = family.query_opt(&statement, &[&id.0, &family.user().id.0]).await?;
    row.as_ref().map(from_row).transpose()
}

/// The recording that a conflicting key belongs to. It exists: recordings are not deleted by this role.
async fn find_by_idempotency_key(family: &FamilyTransaction, key: Option<&str>) -> Result<Recording> {
    const SQL: &str = "\
-- recordings::find_by_idempotency_key
SELECT id, user_id, status, audio_key, content_type, size_bytes, sha256, created_at, updated_at, uploaded_at,
    finished_at, transcript, quality, quality_reasons, confidence, language, duration_ms, partial_reason, failure
FROM recordings
WHERE user_id = $1 AND idempotency_key = $2";

    let statement = family.prepare_cached(SQL).await?;
    from_row(&family.query_one(&statement, &[&family.user().id.0, &key]).await?)
}

fn from_row(row: &Row) -> Result<Recording> {
    let media_type = MediaType::parse(row.try_get("content_type")?);
    Ok(Recording {
        id: RecordingId(row.try_get("id")?),
        user_id: UserId(row.try_get("user_id")?),
        status: parsed(row, "status")?,
        audio_key: parsed(row, "audio_key")?,
        media_type: media_type.map_err(|source| corrupt("content_type", source))?,
        size_bytes: row.try_get("size_bytes")?,
        sha256: parsed_if_any(row, "sha256")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
        uploaded_at: row.try_get("uploaded_at")?,
        finished_at: row.try_get("finished_at")?,
        transcript: row.try_get::<_, Option<String>>("transcript")?.map(Transcript),
        quality: parsed_if_any(row, "quality")?,
        quality_reasons: row.try_get("quality_reasons")?,
        confidence: row.try_get("confidence")?,
        language: row.try_get("language")?,
        duration_ms: row.try_get("duration_ms")?,
        partial_reason: row.try_get("partial_reason")?,
        failure: parsed_if_any(row, "failure")?,
    })
}

impl std::fmt::Debug for Transcript {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Transcript({} bytes)", self.0.len())
    }
}
