//! Claiming a recording for one attempt, whatever the events about it look like.

use jiff::Timestamp;
use kimochi_domain::{
    AudioKey, Failure, JobKind, JobRunId, MAX_ATTEMPTS, RecordingId, RecordingStatus, Sequencer, UserId,
};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::columns::{parsed, parsed_if_any};
use crate::job_runs;
use crate::transaction::Transaction;
use crate::{Client, Connection, Database, Result};

/// What an S3 event says.
#[derive(Debug, Clone)]
pub struct Arrival<'a> {
    /// The object.
    pub audio_key: &'a AudioKey,
    /// Orders the events about it.
    pub sequencer: &'a Sequencer,
    /// When S3 had it.
    pub uploaded_at: Timestamp,
}

/// Who wants to work on it, and for how long.
#[derive(Debug, Clone)]
pub struct Run<'a> {
    /// Lambda's request id.
    pub request_id: &'a str,
    /// The time.
    pub now: Timestamp,
    /// After this the attempt is over, finished or not: the sandbox's deadline.
    pub lease_until: Timestamp,
}

/// The right to work on a recording. Only the attempt that has it can settle the recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// The recording.
    pub recording_id: RecordingId,
    /// Whose it is.
    pub user_id: UserId,
    /// Which attempt this is, 1 to [`MAX_ATTEMPTS`].
    pub number: i16,
    /// Its row in `job_runs`.
    pub job_run_id: JobRunId,
}

/// What became of [`claim`], and with that what becomes of the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Ours: work on it, then settle it.
    Claimed(Attempt),
    /// Nothing to do: this is how it ended. Acknowledge.
    Settled(RecordingStatus),
    /// Another attempt may be alive. Let the message return later: if that attempt dies, this message may be
    /// the only one left that knows of the recording.
    Busy {
        /// Until when.
        lease_until: Timestamp,
    },
    /// A later event about the object was seen, whose own message is still there. Acknowledge.
    Outdated,
    /// The last attempt's sandbox died: the recording has failed just now. Tell the operators, and let the
    /// message fail.
    Exhausted {
        /// The recording.
        recording_id: RecordingId,
        /// Whose it is.
        user_id: UserId,
    },
    /// It had failed after its last attempt before. Let the message fail, so that it ends in the DLQ.
    ExhaustedBefore {
        /// The recording.
        recording_id: RecordingId,
    },
    /// The family has deleted it, or left the service. Acknowledge: the object goes with everything else.
    Deleted,
    /// Nobody asked for this object, or the request has expired. See [`record_unrequested`].
    NotRequested,
}

/// Claims the recording of an object that arrived. Of any number of callers at once, one gets it.
///
/// # Errors
/// When the database cannot be reached; then nothing was claimed, or a claim was made that nobody holds and
/// that ends with its lease. Also when another transaction has the recording for longer than a statement may wait: one of
/// our own perhaps, whose answers got lost.
pub async fn claim(db: &Database, arrival: &Arrival<'_>, run: &Run<'_>) -> Result<Claim> {
    let (transaction, state) = db.awake(|client| find(client, arrival.audio_key)).await?;
    let Some(state) = state else { return Ok(Claim::NotRequested) };

    match decide(&state, arrival.sequencer, run.now) {
        Decision::Begin => Ok(Claim::Claimed(begin(transaction, &state, arrival, run).await?)),
        Decision::GiveUp => give_up(transaction, &state, run.now).await,
        Decision::Leave(claim) => Ok(claim),
    }
}

/// Begins a transaction that has the recording for itself.
async fn find(client: Client, audio_key: &AudioKey) -> Result<(Transaction, Option<State>)> {
    let transaction = Transaction::new(client);
    let state = transaction.open(lock(&transaction, audio_key)).await?;
    Ok((transaction, state))
}

/// Records an object that nobody asked for as a failed run, once per event. `false`: it was recorded before.
///
/// # Errors
/// When the database cannot be reached.
pub async fn record_unrequested(
    db: &Database,
    key: &str,
    sequencer: &Sequencer,
    error: &str,
    run: &Run<'_>,
) -> Result<bool> {
    // PostgreSQL's text holds every character but this one, and a key that is not ours may hold it.
    let key = key.replace('\0', "");
    let once_key = format!("{key} {}", sequencer.as_str());
    let client = db.client().await?;
    job_runs::record_failure_once(
        &client,
        JobKind::Transcribe,
        &key,
        &once_key,
        run.request_id,
        error,
        run.now,
    )
    .await
}

/// What a decision needs to know of a recording.
struct State {
    id: RecordingId,
    user_id: UserId,
    status: RecordingStatus,
    sequencer: Option<Sequencer>,
    attempts: i16,
    lease_until: Option<Timestamp>,
    failure: Option<Failure>,
    is_deleted: bool,
}

enum Decision {
    Begin,
    GiveUp,
    Leave(Claim),
}

fn decide(state: &State, sequencer: &Sequencer, now: Timestamp) -> Decision {
    if state.is_deleted {
        return Decision::Leave(Claim::Deleted);
    }
    match state.status {
        RecordingStatus::Expired => return Decision::Leave(Claim::NotRequested),
        RecordingStatus::Failed if state.failure == Some(Failure::AttemptsExhausted) => {
            return Decision::Leave(Claim::ExhaustedBefore { recording_id: state.id });
        }
        status if status.is_settled() => return Decision::Leave(Claim::Settled(status)),
        _ => {}
    }
    if state.sequencer.as_ref().is_some_and(|seen| sequencer < seen) {
        return Decision::Leave(Claim::Outdated);
    }
    match state.lease_until {
        Some(lease_until) if lease_until > now => Decision::Leave(Claim::Busy { lease_until }),
        _ if state.attempts >= MAX_ATTEMPTS => Decision::GiveUp,
        _ => Decision::Begin,
    }
}

/// Begins, and commits along with the last statement.
async fn begin(
    transaction: Transaction,
    state: &State,
    arrival: &Arrival<'_>,
    run: &Run<'_>,
) -> Result<Attempt> {
    const SQL: &str = "\
-- recordings::begin
WITH begun AS (
    UPDATE recordings
    SET status = 'transcribing', attempts = $2, sequencer = $3, lease_until = $4, updated_at = $5
    WHERE id = $1
    RETURNING id, user_id, audio_key
)
INSERT INTO job_runs (id, kind, subject, user_id, recording_id, status, attempt, request_id, started_at)
SELECT $6, $7, audio_key, user_id, id, 'running', $2, $8, $5
FROM begun
RETURNING id";

    if state.status == RecordingStatus::Requested {
        mark_uploaded(&transaction, state.id, arrival, run.now).await?;
    }
    if state.attempts > 0 {
        job_runs::fail_running(&transaction, state.id, "sandbox_lost", run.now).await?;
    }
    let attempt = Attempt {
        recording_id: state.id,
        user_id: state.user_id,
        number: state.attempts + 1,
        job_run_id: JobRunId::new(),
    };
    let parameters: &[&(dyn ToSql + Sync)] = &[
        &attempt.recording_id.0,
        &attempt.number,
        &arrival.sequencer.as_str(),
        &run.lease_until,
        &run.now,
        &attempt.job_run_id.0,
        &JobKind::Transcribe.as_str(),
        &run.request_id,
    ];
    let runs = transaction.last(SQL, parameters).await?;
    assert_eq!(runs.len(), 1, "the recording is locked");
    Ok(attempt)
}

async fn give_up(transaction: Transaction, state: &State, now: Timestamp) -> Result<Claim> {
    const SQL: &str = "\
-- recordings::give_up
UPDATE recordings
SET status = 'failed', failure = $2, lease_until = NULL, finished_at = $3, updated_at = $3
WHERE id = $1";

    let statement = transaction.prepare_cached(SQL).await?;
    transaction.execute(&statement, &[&state.id.0, &Failure::AttemptsExhausted.as_str(), &now]).await?;
    job_runs::fail_running(&transaction, state.id, "sandbox_lost", now).await?;
    transaction.commit().await?;
    Ok(Claim::Exhausted { recording_id: state.id, user_id: state.user_id })
}

async fn lock(connection: &Connection, audio_key: &AudioKey) -> Result<Option<State>> {
    const SQL: &str = "\
-- recordings::lock
SELECT id, user_id, status, sequencer, attempts, lease_until, failure, deleted_at IS NOT NULL AS is_deleted
FROM recordings
WHERE audio_key = $1
FOR UPDATE";

    let statement = connection.prepare_cached(SQL).await?;
    let row = connection.query_opt(&statement, &[&audio_key.to_string()]).await?;
    row.as_ref().map(from_row).transpose()
}

async fn mark_uploaded(
    connection: &Connection,
    id: RecordingId,
    arrival: &Arrival<'_>,
    now: Timestamp,
) -> Result<()> {
    const SQL: &str = "\
-- recordings::mark_uploaded
UPDATE recordings
SET status = 'uploaded', uploaded_at = $2, sequencer = $3, updated_at = $4
WHERE id = $1";

    let statement = connection.prepare_cached(SQL).await?;
    let sequencer = arrival.sequencer.as_str();
    connection.execute(&statement, &[&id.0, &arrival.uploaded_at, &sequencer, &now]).await?;
    Ok(())
}

fn from_row(row: &Row) -> Result<State> {
    Ok(State {
        id: RecordingId(row.try_get("id")?),
        user_id: UserId(row.try_get("user_id")?),
        status: parsed(row, "status")?,
        sequencer: row.try_get::<_, Option<String>>("sequencer")?.map(Sequencer::new),
        attempts: row.try_get("attempts")?,
        lease_until: row.try_get("lease_until")?,
        failure: parsed_if_any(row, "failure")?,
        is_deleted: row.try_get("is_deleted")?,
    })
}
