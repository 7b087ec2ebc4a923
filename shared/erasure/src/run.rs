//! A run over the families that have something to remove.

use kimochi_blob::{Erased, MediaBucket};
use kimochi_domain::{Transient as _, UserId};
use kimochi_store::purge::{self, DeletedRecording};
use kimochi_store::{Database, Result as StoreResult};

use crate::report::removed;
use crate::{Error, Limits, Report};

/// So many families in a row that fail in a way that may pass: it is not them, S3 or the database is away.
const MAX_FAILURES_IN_A_ROW: u32 = 3;

/// How far a family came.
enum Progress {
    /// Nothing is left that should go.
    Done,
    /// Time is up.
    Unfinished,
}

/// Removes all that families have who left, and makes their rows tombstones.
///
/// A family that fails by itself does not keep the others waiting; it is counted and logged.
///
/// # Errors
/// When S3 or the database is away. What was removed stays removed, and the next run goes on.
pub async fn erase_families_that_left(
    database: &Database,
    bucket: &MediaBucket,
    limits: &Limits,
) -> Result<Report, Error> {
    each(
        async |after| purge::families_that_left(database, limits.batch(), after).await,
        async |family, report| erase_family(database, bucket, limits, family, report).await,
    )
    .await
}

/// Removes what families deleted who stay: recordings, logs, children, and copies of the family's data, which may hold
/// them.
///
/// A family that fails by itself does not keep the others waiting; it is counted and logged.
///
/// # Errors
/// When S3 or the database is away. What was removed stays removed, and the next run goes on.
pub async fn erase_deleted(
    database: &Database,
    bucket: &MediaBucket,
    limits: &Limits,
) -> Result<Report, Error> {
    each(
        async |after| purge::families_that_deleted(database, limits.batch(), after).await,
        async |family, report| erase_deleted_of(database, bucket, limits, family, report).await,
    )
    .await
}

/// Removes answers to requests with an `Idempotency-Key` that are older than a day; gives how many.
///
/// # Errors
/// When the database is away.
pub async fn erase_old_answers(database: &Database, limits: &Limits) -> Result<u64, Error> {
    let mut all = 0;
    while !limits.time_is_up() {
        let removed = purge::remove_old_answers(database, limits.now(), limits.batch).await?;
        all += removed;
        if removed == 0 {
            break;
        }
    }
    Ok(all)
}

/// Lists families, batch after batch, and erases each.
async fn each(
    list: impl AsyncFn(Option<UserId>) -> StoreResult<Vec<UserId>>,
    erase: impl AsyncFn(UserId, &mut Report) -> Result<Progress, Error>,
) -> Result<Report, Error> {
    let mut report = Report::default();
    let mut failures_in_a_row = 0;
    let mut after = None;
    loop {
        let families = list(after).await?;
        after = families.last().copied();
        if families.is_empty() {
            report.complete = report.failed == 0;
            return Ok(report);
        }
        for family in families {
            match erase(family, &mut report).await {
                Ok(Progress::Done) => {
                    report.families += 1;
                    failures_in_a_row = 0;
                }
                Ok(Progress::Unfinished) => return Ok(report),
                Err(error) => {
                    tracing::error!(
                        user.id = %family,
                        error = &error as &dyn std::error::Error,
                        "a family could not be erased"
                    );
                    report.failed += 1;
                    failures_in_a_row = if error.is_transient() { failures_in_a_row + 1 } else { 0 };
                    if failures_in_a_row == MAX_FAILURES_IN_A_ROW {
                        return Err(error);
                    }
                }
            }
        }
    }
}

async fn erase_family(
    database: &Database,
    bucket: &MediaBucket,
    limits: &Limits,
    family: UserId,
    report: &mut Report,
) -> Result<Progress, Error> {
    while !limits.time_is_up() {
        let erased = bucket.erase_some_of_family(family).await?;
        if erased.versions > 0 {
            report.add_objects(erased);
            purge::note_removed_objects(database, family, removed(erased), limits.now()).await?;
            continue;
        }
        let rows = purge::remove_family(database, family, limits.batch()).await?;
        report.add_rows(rows);
        if rows.total() == 0 {
            let gone = purge::entomb(database, family, limits.now()).await?;
            return if gone { Ok(Progress::Done) } else { Err(Error::Remains) };
        }
    }
    Ok(Progress::Unfinished)
}

async fn erase_deleted_of(
    database: &Database,
    bucket: &MediaBucket,
    limits: &Limits,
    family: UserId,
    report: &mut Report,
) -> Result<Progress, Error> {
    while !limits.time_is_up() {
        let recordings = purge::deleted_recordings(database, family, limits.batch()).await?;
        let mut objects = bucket.erase_exports(family).await?;
        let (gone, trouble) = erase_recordings(bucket, limits, recordings, &mut objects).await;
        report.add_objects(objects);
        let rows = purge::remove_deleted(database, family, &gone, removed(objects), limits.batch()).await?;
        report.add_rows(rows);
        match trouble {
            Some(error) => return Err(error),
            None if rows.total() == 0 && !limits.time_is_up() => return Ok(Progress::Done),
            None => (),
        }
    }
    Ok(Progress::Unfinished)
}

/// Removes the objects of these recordings while there is time. Gives those whose objects are gone, and the first error
/// of the others: one that S3 refuses does not keep the rest.
async fn erase_recordings(
    bucket: &MediaBucket,
    limits: &Limits,
    recordings: Vec<DeletedRecording>,
    objects: &mut Erased,
) -> (Vec<DeletedRecording>, Option<Error>) {
    let (mut gone, mut trouble) = (Vec::new(), None);
    for recording in recordings {
        if limits.time_is_up() {
            break;
        }
        match bucket.erase_recording(&recording.audio_key).await {
            Ok(erased) => {
                *objects += erased;
                gone.push(recording);
            }
            Err(error) if error.is_transient() => {
                trouble = Some(error.into());
                break;
            }
            Err(error) => trouble = trouble.or(Some(error.into())),
        }
    }
    (gone, trouble)
}
