//! What lies in the bucket and what stands in the table belong together; here the two are walked side by side, in the order of
//! their keys.
//!
//! An object that no recording has may hold a child's voice: it is put into quarantine, operators are told, and a week later
//! it goes, unless they could not be told. A recording whose object is missing cannot be mended by a machine: operators are
//! told. Both only when they are older than a day, and each is looked up once more before anything is done.

mod merge;
mod recording_walk;

use jiff::SignedDuration;
use kimochi_blob::{Erased, Listed, Quarantine};
use kimochi_domain::recording_prefix;
use kimochi_store::recording_keys::{self, RecordingKey, Removed};
use kimochi_store::scheduled_runs;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::merge::{Merge, Pair};
use self::recording_walk::Folder;
use crate::failure::Failure;
use crate::{App, Fuse, Run, Task, notices, tell};

/// What is younger may be on its way.
const YOUNG: SignedDuration = SignedDuration::from_hours(24);
/// How long somebody has to say that an object is missed.
const QUARANTINE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// A tag that is older is one of an earlier time, when the object was found to be missed after all: its week begins anew.
const FORGOTTEN: SignedDuration = SignedDuration::from_hours(21 * 24);
/// Kept free at the end of a run, for what is to be removed.
const REMOVAL_TIME: SignedDuration = SignedDuration::from_mins(2);
/// At most so many objects are removed by one run; it has them in memory.
const MOST_REMOVED: usize = 1_000;
/// Of objects without a recording, more than so many are no accident of a single upload, and the fuse judges their share.
const FEW: u32 = 10;

/// What a run found and did, or, in a rehearsal, would do. A walk may take several runs: what was found adds up over all of
/// them, until one comes to the end.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Found {
    /// Objects that were looked at.
    objects: u64,
    /// Recordings that were looked at.
    recordings: u64,
    /// Objects without a recording that were put into quarantine.
    quarantined: u64,
    /// Objects that had been in quarantine, and for less than a week.
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
    /// What operators know of.
    told: Told,
    /// Where the next run goes on, when time ended first.
    next: Option<Place>,
    /// Whether nothing is left to do.
    complete: bool,
    /// What is to be removed.
    #[serde(skip)]
    doomed: Vec<Listed>,
}

/// How many operators were told of.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default)]
struct Told {
    in_quarantine: u64,
    missing: u64,
}

/// How far a walk came.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Place {
    folder: Folder,
    after: Option<String>,
}

pub(super) async fn run(app: &App, run: &Run<'_>) -> Result<Value, Failure> {
    let now = (app.clock)();
    let earlier = scheduled_runs::latest(&app.database, Task::Orphans.kind(), now).await?;
    // What an earlier release wrote and this one cannot read begins anew.
    let earlier: Found = earlier.and_then(|(_, it)| serde_json::from_value(it).ok()).unwrap_or_default();
    let mut found = match earlier.next {
        Some(_) => earlier,
        None => Found { told: earlier.told, ..Found::default() },
    };
    let before = found.quarantined;

    let walked = walk(app, run, &mut found).await;
    if !run.request.dry_run {
        if found.ripe > found.told.in_quarantine {
            begin_anew(app, &mut found).await?;
        }
        // Whatever ended the walk: what is in quarantine now goes in a week, and that must not come as a surprise.
        let is_told = tell_operators(app, run, &mut found, before).await;
        walked?;
        // Nobody knows of what lies there: it stays.
        if is_told {
            remove(app, run, &mut found).await?;
        }
    } else {
        walked?;
    }
    found.complete = found.next.is_none() && found.removed == found.ripe;
    Ok(json!(found))
}

async fn walk(app: &App, run: &Run<'_>, found: &mut Found) -> Result<(), Failure> {
    let mut from = found.next.take().unwrap_or(Place { folder: Folder::Audio, after: None });
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
    let time_there = match app.bucket.quarantine_of(object).await? {
        Quarantine::Gone => return Ok(()),
        Quarantine::None => None,
        // A time to come is one of a clock that was ahead.
        Quarantine::Since(since) => Some(now.duration_since(since)).filter(|there| !there.is_negative()),
    };
    match time_there {
        Some(there) if there < QUARANTINE => found.waiting += 1,
        Some(there) if there < FORGOTTEN => {
            found.ripe += 1;
            if found.doomed.len() < MOST_REMOVED {
                found.doomed.push(object.clone());
            }
        }
        _ if run.request.dry_run => found.quarantined += 1,
        _ => {
            if app.bucket.quarantine(object, now).await? {
                tracing::warn!(key = object.key, "an object without a recording is in quarantine now");
                found.quarantined += 1;
            }
        }
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

/// The week of what nobody was told of begins only now.
async fn begin_anew(app: &App, found: &mut Found) -> Result<(), Failure> {
    // Delete markers hold nothing that anybody could miss.
    let doomed = std::mem::take(&mut found.doomed).into_iter();
    let (objects, markers): (Vec<_>, Vec<_>) = doomed.partition(|object| object.version.is_some());
    found.doomed = markers;
    for object in objects {
        if app.bucket.quarantine(&object, (app.clock)()).await? {
            found.quarantined += 1;
        }
        found.ripe -= 1;
    }
    Ok(())
}

async fn remove(app: &App, run: &Run<'_>, found: &mut Found) -> Result<(), Failure> {
    let (doomed, all) = (found.ripe.cast_signed(), found.objects.cast_signed());
    if !run.request.allow_large && fuse(app).blows(doomed, all) {
        return Err(Failure::FuseBlown { what: "objects", doomed, all });
    }
    let mut removed = Removed::default();
    for Listed { key, .. } in std::mem::take(&mut found.doomed) {
        if run.is_over(app) {
            break;
        }
        if has_recording(app, &key).await? {
            continue;
        }
        let Erased { versions, bytes } = app.bucket.erase_object(&key).await?;
        tracing::info!(key, versions, bytes, "an object without a recording was removed");
        removed.objects += 1;
        removed.versions += versions;
        removed.bytes += bytes;
    }
    found.removed += removed.objects;
    found.removed_versions += removed.versions;
    found.removed_bytes += removed.bytes;
    if removed.objects > 0 {
        recording_keys::note_removed(&app.database, removed, (app.clock)()).await?;
    }
    Ok(())
}

/// A database that was restored, or is another one, makes orphans of many: their share counts from a few on.
fn fuse(app: &App) -> Fuse {
    Fuse { least: app.fuse.least.min(FEW), ..app.fuse }
}

/// Whether operators know of all that is in quarantine.
async fn tell_operators(app: &App, run: &Run<'_>, found: &mut Found, quarantined_before: u64) -> bool {
    let in_quarantine = found.quarantined + found.waiting + found.ripe;
    let mut is_told = true;
    if found.quarantined > quarantined_before || in_quarantine > found.told.in_quarantine {
        let until = (app.clock)() + QUARANTINE;
        let is_much = fuse(app).blows(in_quarantine.cast_signed(), found.objects.cast_signed());
        is_told = tell(app, &notices::quarantined(in_quarantine, is_much, until, run.context, app)).await;
    }
    if is_told && (found.next.is_none() || in_quarantine > found.told.in_quarantine) {
        found.told.in_quarantine = in_quarantine;
    }

    let missing = found.without_note + found.without_text;
    let knows = missing <= found.told.missing
        || tell(app, &notices::objects_missing(found.without_note, found.without_text, run.context)).await;
    if knows && (found.next.is_none() || missing > found.told.missing) {
        found.told.missing = missing;
    }
    is_told
}
