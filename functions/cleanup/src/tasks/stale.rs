//! What got stuck moves on: uploads that were asked for and never came are closed, notes that nobody is at are put back into
//! the queue.

use jiff::SignedDuration;
use kimochi_blob::notification::ObjectCreated;
use kimochi_domain::{AudioKey, RecordingId, Sequencer};
use kimochi_store::stale::{self, SilentUpload, Stuck};
use serde::Serialize;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::{App, Run};

/// So many rows are read, and closed, with one statement.
const BATCH: i64 = 200;
/// An upload's URL is good for three minutes, so after a day nothing can come any more.
const LONGEST_UPLOAD: SignedDuration = SignedDuration::from_hours(24);
/// A note that had an attempt and has been left alone for so long is put back into the queue. The queue delivers again after
/// six times the function's timeout, 90 minutes at most: before that its own message may be on the way.
const LONGEST_SILENCE: SignedDuration = SignedDuration::from_hours(2);

/// At most so many notes are put into the queue by one run: what waits for an engineer need not be told a hundred times.
const MOST_QUEUED: u64 = 1_000;

/// What a run did, or, in a rehearsal, would do.
#[derive(Debug, Default, Serialize)]
struct Moved {
    /// Uploads that never came.
    expired: u64,
    /// Uploads that came and of which S3's message was lost; in the queue now.
    found: u64,
    /// Notes whose attempt ended without a word, or that wait for an attempt nobody knows of; in the queue now.
    requeued: u64,
    /// Whether nothing is left to do: `false` when time ended first, or [`MOST_QUEUED`] are in the queue.
    complete: bool,
}

impl Moved {
    fn is_enough(&self) -> bool {
        self.found + self.requeued >= MOST_QUEUED
    }
}

pub(super) async fn run(app: &App, run: &Run<'_>) -> Result<Value, Failure> {
    let mut moved = Moved::default();
    moved.complete = close_uploads(app, run, &mut moved).await? && requeue(app, run, &mut moved).await?;
    Ok(json!(moved))
}

/// `false` when time is up.
async fn close_uploads(app: &App, run: &Run<'_>, moved: &mut Moved) -> Result<bool, Failure> {
    let now = (app.clock)();
    let mut after = None;
    loop {
        let uploads = stale::silent_uploads(&app.database, now - LONGEST_UPLOAD, after, BATCH).await?;
        let Some(last) = uploads.last() else { return Ok(true) };
        after = Some(last.id);
        let mut never_came = Vec::new();
        for upload in &uploads {
            if moved.is_enough() || run.is_over(app) {
                return Ok(false);
            }
            if !is_found(app, run, upload, moved).await? {
                never_came.push(upload.id);
            }
        }
        moved.expired += expire(app, run, &never_came).await?;
    }
}

async fn expire(app: &App, run: &Run<'_>, uploads: &[RecordingId]) -> Result<u64, Failure> {
    if run.request.dry_run {
        return Ok(uploads.len() as u64);
    }
    Ok(stale::expire(&app.database, uploads, (app.clock)()).await?)
}

/// Whether the note is there all the same: then nobody told us, and transcribe is told now.
async fn is_found(
    app: &App,
    run: &Run<'_>,
    upload: &SilentUpload,
    moved: &mut Moved,
) -> Result<bool, Failure> {
    let object = app.bucket.find(&upload.audio_key.to_string()).await?;
    let Some(object) = object.filter(|object| object.is_there) else { return Ok(false) };
    tracing::warn!(recording.id = %upload.id, dry_run = run.request.dry_run, "a note came without a message; it is put into the queue");
    // Of all messages this one is the first: should S3's come after all, it is the newer one.
    let sequencer = Sequencer::new(String::new());
    let arrival = arrival(app, &upload.audio_key, object.size_bytes, object.changed_at, sequencer);
    send(app, run, &arrival).await?;
    moved.found += 1;
    Ok(true)
}

/// `false` when time is up.
async fn requeue(app: &App, run: &Run<'_>, moved: &mut Moved) -> Result<bool, Failure> {
    let now = (app.clock)();
    let mut after = None;
    loop {
        let stuck = stale::stuck_recordings(&app.database, now - LONGEST_SILENCE, after, BATCH).await?;
        let Some(last) = stuck.last() else { return Ok(true) };
        after = Some(last.id);
        for Stuck { id, object } in stuck {
            if moved.is_enough() || run.is_over(app) {
                return Ok(false);
            }
            tracing::warn!(recording.id = %id, dry_run = run.request.dry_run, "a note was left alone; it is put back into the queue");
            let arrival =
                arrival(app, &object.audio_key, object.size_bytes, object.uploaded_at, object.sequencer);
            send(app, run, &arrival).await?;
            moved.requeued += 1;
        }
    }
}

async fn send(app: &App, run: &Run<'_>, arrival: &ObjectCreated) -> Result<(), Failure> {
    if !run.request.dry_run {
        app.queue.send(arrival).await?;
    }
    Ok(())
}

fn arrival(
    app: &App,
    key: &AudioKey,
    size_bytes: i64,
    created_at: jiff::Timestamp,
    sequencer: Sequencer,
) -> ObjectCreated {
    ObjectCreated {
        bucket: app.bucket.name().to_owned(),
        key: key.to_string(),
        size_bytes,
        created_at,
        sequencer,
    }
}
