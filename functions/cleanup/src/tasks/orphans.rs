//! What lies in the bucket and what stands in the table belong together; here the two are walked side by side, in the order of
//! their keys.
//!
//! An object that no recording has may hold a child's voice: it is put into quarantine, operators are told, and a week later
//! it goes. A recording whose object is missing cannot be mended by a machine: operators are told. Both only when they are
//! older than a day, and each is looked up once more before anything is done.

mod merge;
mod recording_walk;

use jiff::{SignedDuration, Timestamp};
use kimochi_blob::{Erased, Listed, Quarantine};
use kimochi_domain::recording_prefix;
use kimochi_store::recording_keys::{self, RecordingKey};
use kimochi_store::scheduled_runs;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::merge::{Merge, Pair};
use self::recording_walk::Folder;
use crate::failure::Failure;
use crate::{App, Run, Task, notices, tell};

/// What is younger may be on its way.
const YOUNG: SignedDuration = SignedDuration::from_hours(24);
/// How long somebody has to say that an object is missed.
const QUARANTINE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Kept free at the end of a run, for what is to be removed.
const REMOVAL_TIME: SignedDuration = SignedDuration::from_mins(2);
/// At most so many objects are removed by one run; it has their keys in memory.
const MOST_REMOVED: usize = 1_000;

/// What a run found and did, or, in a rehearsal, would do.
#[derive(Debug, Default, Serialize)]
struct Found {
    /// Objects that were looked at.
    objects: u64,
    /// Recordings that were looked at.
    recordings: u64,
    /// Objects without a recording that were put into quarantine.
    quarantined: u64,
    /// Objects that are in quarantine, and for less than a week.
    waiting: u64,
    /// Objects whose week is over.
    ripe: u64,
    /// Objects that were removed, with all their versions.
    removed: u64,
    removed_versions: u64,
    removed_bytes: u64,
    /// Recordings whose note is not in the bucket.
    without_note: u64,
    /// Recordings whose transcript is not in the bucket; its text is in the table.
    without_text: u64,
    /// Where the next run goes on, when time ended first.
    next: Option<Place>,
    /// Keys to remove.
    #[serde(skip)]
    doomed: Vec<String>,
}

/// How far a walk came.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Place {
    folder: Folder,
    after: Option<String>,
}

/// What the next run needs of an earlier one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Earlier {
    next: Option<Place>,
    without_note: u64,
    without_text: u64,
}

pub(super) async fn run(app: &App, run: &Run<'_>) -> Result<Value, Failure> {
    let earlier = scheduled_runs::latest(&app.database, Task::Orphans.kind()).await?;
    // What an earlier release wrote and this one cannot read begins anew.
    let earlier: Earlier = earlier.and_then(|(_, it)| serde_json::from_value(it).ok()).unwrap_or_default();
    let mut found = Found::default();
    walk(app, run, earlier.next.clone(), &mut found).await?;
    if !run.request.dry_run {
        remove(app, run, &mut found).await?;
        tell_operators(app, run, &found, &earlier).await;
    }
    Ok(json!(found))
}

async fn walk(app: &App, run: &Run<'_>, from: Option<Place>, found: &mut Found) -> Result<(), Failure> {
    let mut from = from.unwrap_or(Place { folder: Folder::Audio, after: None });
    loop {
        let mut merge = Merge::new(app, from.folder, from.after.take());
        while let Some(pair) = merge.next().await? {
            consider(app, run, from.folder, pair, found).await?;
            if (app.clock)() >= run.until - REMOVAL_TIME {
                found.next = Some(Place { folder: from.folder, after: merge.passed() });
                return Ok(());
            }
        }
        match from.folder.next() {
            Some(folder) => from.folder = folder,
            None => return Ok(()),
        }
    }
}

async fn consider(
    app: &App,
    run: &Run<'_>,
    folder: Folder,
    pair: Pair,
    found: &mut Found,
) -> Result<(), Failure> {
    found.objects += u64::from(pair.object.is_some());
    found.recordings += u64::from(pair.recording.is_some() && folder == Folder::Audio);
    let old = (app.clock)() - YOUNG;
    match pair {
        Pair { object: Some(object), recording: None } if object.changed_at < old => {
            consider_orphan(app, run, &object, found).await
        }
        Pair { object, recording: Some(recording) }
            if object.as_ref().is_none_or(|object| !object.is_there) && folder.expects(&recording, old) =>
        {
            note_missing(app, folder, &recording, found).await
        }
        _ => Ok(()),
    }
}

async fn consider_orphan(
    app: &App,
    run: &Run<'_>,
    object: &Listed,
    found: &mut Found,
) -> Result<(), Failure> {
    if has_recording(app, &object.key).await? {
        return Ok(());
    }
    let now = (app.clock)();
    match app.bucket.quarantine_of(object).await? {
        Quarantine::None if run.request.dry_run => found.quarantined += 1,
        Quarantine::None => {
            if app.bucket.quarantine(object, now).await? {
                tracing::warn!(key = object.key, "an object without a recording is in quarantine now");
                found.quarantined += 1;
            }
        }
        // From a clock that was ahead: it would never be over.
        Quarantine::Since(since) if since > now && !run.request.dry_run => {
            app.bucket.quarantine(object, now).await?;
            found.waiting += 1;
        }
        Quarantine::Since(since) if now.duration_since(since) < QUARANTINE => found.waiting += 1,
        Quarantine::Since(_) => {
            found.ripe += 1;
            if found.doomed.len() < MOST_REMOVED {
                found.doomed.push(object.key.clone());
            }
        }
        Quarantine::Gone => (),
    }
    Ok(())
}

/// Whether there is a recording that this object belongs to. The walk has seen none, but here it is asked for by name.
async fn has_recording(app: &App, key: &str) -> Result<bool, Failure> {
    let Some(prefix) = recording_prefix(key) else { return Ok(false) };
    let recordings = recording_keys::after(&app.database, &prefix, 1).await?;
    Ok(recordings.iter().any(|recording| recording.audio_key.to_string().starts_with(&prefix)))
}

async fn note_missing(
    app: &App,
    folder: Folder,
    recording: &RecordingKey,
    found: &mut Found,
) -> Result<(), Failure> {
    let key = folder.key_of(recording);
    if app.bucket.find(&key).await?.is_some_and(|object| object.is_there) {
        return Ok(());
    }
    tracing::error!(recording.id = %recording.id, folder = folder.name(), "a recording's object is not in the bucket");
    match folder {
        Folder::Audio => found.without_note += 1,
        Folder::Text => found.without_text += 1,
    }
    Ok(())
}

async fn remove(app: &App, run: &Run<'_>, found: &mut Found) -> Result<(), Failure> {
    let (doomed, all) = (found.ripe.cast_signed(), found.objects.cast_signed());
    if !run.request.allow_large && app.fuse.blows(doomed, all) {
        return Err(Failure::FuseBlown { what: "objects", doomed, all });
    }
    for key in std::mem::take(&mut found.doomed) {
        if run.is_over(app) {
            break;
        }
        if has_recording(app, &key).await? {
            continue;
        }
        let Erased { versions, bytes } = app.bucket.erase_object(&key).await?;
        tracing::info!(key, versions, bytes, "an object without a recording was removed");
        found.removed += 1;
        found.removed_versions += versions;
        found.removed_bytes += bytes;
    }
    Ok(())
}

async fn tell_operators(app: &App, run: &Run<'_>, found: &Found, earlier: &Earlier) {
    if found.quarantined > 0 {
        let until = until(app);
        tell(app, &notices::quarantined(found.quarantined, until, run.context, app)).await;
    }
    if found.without_note > earlier.without_note || found.without_text > earlier.without_text {
        tell(app, &notices::objects_missing(found.without_note, found.without_text, run.context)).await;
    }
}

fn until(app: &App) -> Timestamp {
    (app.clock)() + QUARANTINE
}
