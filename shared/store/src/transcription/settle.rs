//! Ending an attempt: with a text, for good without one, or so that another attempt may follow.
//!
//! Each is one statement over both tables, and with that a transaction of its own in a single round trip. Whose recording
//! it still is, the attempt's own run says, too: numbers of attempts come again when an operator has a note tried again.

use jiff::Timestamp;
use kimochi_domain::{Failure, MAX_ATTEMPTS, Quality, RecordingStatus, TextKey, Transcript};
use tokio_postgres::types::ToSql;

use super::Attempt;
use crate::job_runs::error_text;
use crate::{Database, Result};

/// What came out of a voice note.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// How much of it became text.
    pub ending: Ending,
    /// The text; empty without speech.
    pub transcript: Transcript,
    /// Where it lies in the bucket.
    pub text_key: TextKey,
    /// How far it can be trusted.
    pub quality: Quality,
    /// Codes of what speaks against it.
    pub quality_reasons: Vec<String>,
    /// The engine's own estimate, 0 to 1; `None` when it gives none.
    pub confidence: Option<f32>,
    /// ISO 639-1 code; `None` when nobody knows.
    pub language: Option<String>,
    /// Length of the decoded sound.
    pub duration_ms: i64,
    /// What transcribed it; `None` when no model was needed.
    pub model_name: Option<String>,
    /// Digest of the model's file in hex; `None` for a service.
    pub model_sha256: Option<String>,
    /// How long this attempt took.
    pub processing_ms: i64,
}

/// How much of a voice note became text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// All of it.
    Transcribed,
    /// There was no speech.
    NoSpeech,
    /// A part.
    Partial {
        /// Code of why: `ends_early`, `damaged`, `too_long` or `deadline`.
        reason: String,
    },
}

/// Whether an attempt could still settle its recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Completion {
    /// It did.
    Recorded,
    /// Its lease ran out and another attempt has taken over; nothing was changed.
    Superseded,
}

/// What follows an attempt that was given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum GivenBack {
    /// The next delivery begins another attempt.
    Retry,
    /// It was the last: the recording has failed just now. Tell the operators.
    Exhausted,
    /// Its lease ran out and another attempt has taken over; nothing was changed.
    Superseded,
}

/// Stores what came out. The text is in the bucket by then.
///
/// # Errors
/// When the database cannot be reached.
pub async fn finish(
    db: &Database,
    attempt: &Attempt,
    outcome: &Outcome,
    now: Timestamp,
) -> Result<Completion> {
    const SQL: &str = "\
-- recordings::finish
WITH settled AS (
    UPDATE recordings
    SET status = $4, lease_until = NULL, finished_at = $5, updated_at = $5, transcript = $6, text_key = $7,
        quality = $8, quality_reasons = $9, confidence = $10, language = $11, duration_ms = $12,
        partial_reason = $13, model_name = $14, model_sha256 = $15, processing_ms = $16
    WHERE id = $1 AND status = 'transcribing' AND attempts = $2
        AND EXISTS (SELECT FROM job_runs WHERE id = $3 AND status = 'running')
    RETURNING id
)
UPDATE job_runs
SET status = 'succeeded', finished_at = $5
FROM settled
WHERE job_runs.id = $3";

    let (status, partial_reason) = outcome.ending.columns();
    let settled = settle(
        db,
        SQL,
        attempt,
        &[
            &status.as_str(),
            &now,
            &outcome.transcript.0,
            &outcome.text_key.to_string(),
            &outcome.quality.as_str(),
            &outcome.quality_reasons,
            &outcome.confidence,
            &outcome.language,
            &outcome.duration_ms,
            &partial_reason,
            &outcome.model_name,
            &outcome.model_sha256,
            &outcome.processing_ms,
        ],
    )
    .await?;
    Ok(if settled { Completion::Recorded } else { Completion::Superseded })
}

/// Gives the recording up for good: no further attempt would help. `error` is for engineers: a code, then
/// detail, nothing personal.
///
/// # Errors
/// When the database cannot be reached.
pub async fn fail(
    db: &Database,
    attempt: &Attempt,
    failure: Failure,
    error: &str,
    now: Timestamp,
) -> Result<Completion> {
    const SQL: &str = "\
-- recordings::fail
WITH settled AS (
    UPDATE recordings
    SET status = 'failed', failure = $4, lease_until = NULL, finished_at = $5, updated_at = $5
    WHERE id = $1 AND status = 'transcribing' AND attempts = $2
        AND EXISTS (SELECT FROM job_runs WHERE id = $3 AND status = 'running')
    RETURNING id
)
UPDATE job_runs
SET status = 'failed', finished_at = $5, error = $6
FROM settled
WHERE job_runs.id = $3";

    let settled = settle(db, SQL, attempt, &[&failure.as_str(), &now, &error_text(error)]).await?;
    Ok(if settled { Completion::Recorded } else { Completion::Superseded })
}

/// Ends an attempt that met trouble which may pass. The next delivery may claim at once; after the last
/// attempt the recording has failed.
///
/// # Errors
/// When the database cannot be reached; then the claim ends with its lease.
pub async fn give_back(db: &Database, attempt: &Attempt, error: &str, now: Timestamp) -> Result<GivenBack> {
    if attempt.number >= MAX_ATTEMPTS {
        return Ok(match fail(db, attempt, Failure::AttemptsExhausted, error, now).await? {
            Completion::Recorded => GivenBack::Exhausted,
            Completion::Superseded => GivenBack::Superseded,
        });
    }
    let released = release(db, attempt, error, now).await?;
    Ok(if released { GivenBack::Retry } else { GivenBack::Superseded })
}

async fn release(db: &Database, attempt: &Attempt, error: &str, now: Timestamp) -> Result<bool> {
    const SQL: &str = "\
-- recordings::release
WITH settled AS (
    UPDATE recordings
    SET lease_until = NULL, updated_at = $4
    WHERE id = $1 AND status = 'transcribing' AND attempts = $2
        AND EXISTS (SELECT FROM job_runs WHERE id = $3 AND status = 'running')
    RETURNING id
)
UPDATE job_runs
SET status = 'failed', finished_at = $4, error = $5
FROM settled
WHERE job_runs.id = $3";

    settle(db, SQL, attempt, &[&now, &error_text(error)]).await
}

/// Runs a statement whose first three parameters say which attempt it settles. `false`: not this one's any
/// more.
async fn settle(db: &Database, sql: &str, attempt: &Attempt, values: &[&(dyn ToSql + Sync)]) -> Result<bool> {
    let mut parameters: Vec<&(dyn ToSql + Sync)> =
        vec![&attempt.recording_id.0, &attempt.number, &attempt.job_run_id.0];
    parameters.extend(values);

    let client = db.client().await?;
    let statement = client.prepare_cached(sql).await?;
    Ok(client.execute(&statement, &parameters).await? == 1)
}

impl Ending {
    fn columns(&self) -> (RecordingStatus, Option<&str>) {
        match self {
            Self::Transcribed => (RecordingStatus::Transcribed, None),
            Self::NoSpeech => (RecordingStatus::NoSpeech, None),
            Self::Partial { reason } => (RecordingStatus::Partial, Some(reason)),
        }
    }
}
