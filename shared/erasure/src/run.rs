//! A run over the families that have something to remove.

use kimochi_blob::{Erased, MediaBucket};
use kimochi_domain::{Transient as _, UserId};
use kimochi_store::{Database, purge};

use crate::report::removed;
use crate::{Error, Limits, Report};

/// How far a family came.
enum Progress {
    /// Nothing is left that should go.
    Done,
    /// Time is up.
    Unfinished,
}

/// Removes all that families have who left, those who left first at the head, and makes their rows tombstones.
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
    let families = purge::families_that_left(database, limits.batch()).await?;
    each(&families, limits, async |family, report| {
        erase_family(database, bucket, limits, family, report).await
    })
    .await
}

/// Removes what families deleted who stay: recordings, logs, children.
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
    let families = purge::families_that_deleted(database, limits.batch()).await?;
    each(&families, limits, async |family, report| {
        erase_deleted_of(database, bucket, limits, family, report).await
    })
    .await
}

async fn each(
    families: &[UserId],
    limits: &Limits,
    erase: impl AsyncFn(UserId, &mut Report) -> Result<Progress, Error>,
) -> Result<Report, Error> {
    let mut report = Report { complete: (families.len() as i64) < limits.batch, ..Report::default() };
    for family in families {
        match erase(*family, &mut report).await {
            Ok(Progress::Done) => report.families += 1,
            Ok(Progress::Unfinished) => {
                report.complete = false;
                break;
            }
            Err(error) if error.is_transient() => return Err(error),
            Err(error) => {
                tracing::error!(user.id = %family, error = &error as &dyn std::error::Error, "a family could not be erased");
                report.failed += 1;
                report.complete = false;
            }
        }
    }
    Ok(report)
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
        let mut erased = Erased::default();
        for recording in &recordings {
            erased += bucket.erase_recording(&recording.audio_key).await?;
        }
        report.add_objects(erased);
        let rows =
            purge::remove_deleted(database, family, &recordings, removed(erased), limits.batch()).await?;
        report.add_rows(rows);
        if rows.total() == 0 {
            return Ok(Progress::Done);
        }
    }
    Ok(Progress::Unfinished)
}
