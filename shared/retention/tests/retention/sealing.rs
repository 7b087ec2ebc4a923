//! Each finished day gets its seal, once, and late rows get theirs.

use jiff::{SignedDuration, Timestamp};
use kimochi_retention::{Limits, SealReport, seal_days};
use kimochi_testing::now;
use tokio_postgres::error::SqlState;

use crate::house::{House, OLD_DAYS, YOUNG_DAY, limits_at, sealing_time};

#[tokio::test]
async fn every_finished_day_is_sealed_one_without_rows_too() {
    let house = House::new().await;
    house.write_day("2025-09-29", 7).await;
    house.write_day("2025-10-01", 2).await;

    let report = house.seal(sealing_time).await;

    assert_eq!((report.days, report.rows, report.late_rows, report.complete), (4, 9, 0, true));
    let sql = "SELECT format('%s %s %s', day, rows, previous IS NULL) FROM audit_seals ORDER BY day";
    let seals: Vec<String> =
        house.superuser.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    assert_eq!(seals, ["2025-09-29 7 t", "2025-09-30 0 f", "2025-10-01 2 f", "2025-10-02 0 f"]);
    let again = house.seal(sealing_time).await;
    assert_eq!(again, SealReport { days: 0, rows: 0, ..report });
}

#[tokio::test]
async fn the_day_that_just_ended_has_an_hour() {
    fn too_early() -> Timestamp {
        sealing_time() - SignedDuration::from_secs(1)
    }
    let house = House::new().await;
    house.write_day(YOUNG_DAY, 3).await;

    let early = house.seal(too_early).await;
    let in_time = house.seal(sealing_time).await;

    assert_eq!((early.days, early.complete), (0, true));
    assert_eq!((in_time.days, in_time.rows), (1, 3));
}

#[tokio::test]
async fn a_log_that_is_empty_needs_no_seal() {
    let house = House::new().await;

    let report = house.seal(sealing_time).await;

    assert_eq!(report, SealReport { complete: true, ..SealReport::default() });
}

#[tokio::test]
async fn the_digest_can_be_computed_by_anybody_in_sql() {
    let house = House::sealed(5).await;

    let sql = "
SELECT count(*) FILTER (WHERE digest = sha256(convert_to(
    format(E'%s %s\n', day, COALESCE(encode(previous, 'hex'), repeat('0', 64))) || COALESCE(
        (SELECT string_agg(line || E'\n', '' ORDER BY at, id)
        FROM audit_lines(day, '-infinity', '00000000-0000-0000-0000-000000000000', 1000)), ''), 'UTF8')))
FROM audit_seals";
    let right: i64 = house.superuser.query_one(sql, &[]).await.unwrap().get(0);
    assert_eq!(right, 4);
}

#[tokio::test]
async fn a_new_column_changes_no_line_that_was_written_before() {
    let house = House::sealed(5).await;

    house.superuser.batch_execute("ALTER TABLE audit_logs ADD COLUMN reason text").await.unwrap();

    assert!(house.verify(None).await.is_clean());
}

#[tokio::test]
async fn the_time_zone_of_a_session_changes_no_line() {
    let house = House::sealed(5).await;

    let sql = format!(
        "ALTER DATABASE {} SET timezone = 'Asia/Tokyo'",
        house.database.url().rsplit('/').next().unwrap()
    );
    house.superuser.batch_execute(&sql).await.unwrap();

    assert!(house.verify(None).await.is_clean());
}

#[tokio::test]
async fn a_row_that_comes_after_its_day_was_sealed_is_late_and_belongs_to_the_next_seal() {
    fn a_day_later() -> Timestamp {
        sealing_time() + SignedDuration::from_hours(24)
    }
    let house = House::sealed(5).await;
    for at in ["2025-09-30T12:00:00Z", "2001-01-01T00:00:00Z"] {
        house.write(at.parse().unwrap()).await;
    }
    house.write("2025-10-03T12:00:00Z".parse().unwrap()).await;

    let report = house.seal(a_day_later).await;

    assert_eq!((report.days, report.rows, report.late_rows), (1, 3, 2));
    let verified = house.verify(None).await;
    assert!(verified.is_clean(), "{verified:?}");
    assert_eq!(verified.rows, 23);
}

#[tokio::test]
async fn rows_from_before_the_first_month_belong_to_the_first_seal() {
    let house = House::new().await;
    house.write("2001-01-01T00:00:00Z".parse().unwrap()).await;
    house.write_day("2025-10-01", 2).await;

    let report = house.seal(sealing_time).await;

    assert_eq!((report.days, report.rows), (2, 3));
    assert!(house.verify(None).await.is_clean());
}

#[tokio::test]
async fn a_log_with_nothing_but_a_row_from_another_century_gets_one_seal() {
    let house = House::new().await;
    house.write("1901-01-01T00:00:00Z".parse().unwrap()).await;

    let report = house.seal(sealing_time).await;

    assert_eq!((report.days, report.rows), (1, 1));
}

#[tokio::test]
async fn a_day_waits_for_whoever_is_still_writing() {
    let house = House::new().await;
    house.write_day(YOUNG_DAY, 3).await;
    let writer = house.database.superuser().await;
    writer.batch_execute("BEGIN").await.unwrap();
    let insert = "
INSERT INTO audit_logs (id, at, actor_kind, action, subject_kind, outcome)
VALUES (gen_random_uuid(), '2025-10-02T23:59:59.9Z', 'parent', 'a.b', 'a', 'done')";
    writer.batch_execute(insert).await.unwrap();

    let impatient = Limits { until: sealing_time(), ..limits_at(sealing_time) };
    let waiting = seal_days(&house.database.cleanup(), &impatient).await.unwrap();
    writer.batch_execute("COMMIT").await.unwrap();
    let report = house.seal(sealing_time).await;

    assert_eq!((waiting.days, waiting.complete), (0, false));
    assert_eq!((report.days, report.rows, report.late_rows), (1, 4, 0));
    assert!(house.verify(None).await.is_clean());
}

#[tokio::test]
async fn a_clock_that_is_ahead_seals_nothing_before_its_time_and_one_that_is_behind_does_nothing() {
    fn ahead() -> Timestamp {
        "2099-01-01T00:00:00Z".parse().unwrap()
    }
    fn behind() -> Timestamp {
        "2020-01-01T00:00:00Z".parse().unwrap()
    }
    let house = House::new().await;
    let now: Timestamp = house.superuser.query_one("SELECT now()", &[]).await.unwrap().get(0);
    house.write(now - SignedDuration::from_hours(48)).await;
    house.write(now).await;

    let behind = house.seal(behind).await;
    let ahead = house.seal(ahead).await;
    house.write(now).await;

    assert_eq!((behind.days, behind.complete), (0, true));
    assert!((1..=2).contains(&ahead.days) && ahead.rows == 1, "{ahead:?}");
    let late = house.superuser.query("SELECT FROM audit_late_rows", &[]).await.unwrap();
    assert!(late.is_empty());
}

#[tokio::test]
async fn a_deadline_in_the_middle_leaves_whole_seals() {
    use std::sync::atomic::{AtomicI64, Ordering};
    static CALLS: AtomicI64 = AtomicI64::new(0);
    fn ticking() -> Timestamp {
        sealing_time() + SignedDuration::from_secs(CALLS.fetch_add(1, Ordering::Relaxed))
    }
    let house = House::new().await;
    for day in OLD_DAYS {
        house.write_day(day, 5).await;
    }

    let mut days = 0;
    let mut runs = 0;
    for ticks in 1.. {
        CALLS.store(0, Ordering::Relaxed);
        let limits =
            Limits { until: sealing_time() + SignedDuration::from_secs(ticks), ..limits_at(ticking) };
        let report = seal_days(&house.database.cleanup(), &limits).await.unwrap();
        days += report.days;
        runs += 1;
        if report.complete {
            break;
        }
    }

    assert!(runs > 3, "{runs}");
    assert_eq!(days, 4);
    assert!(house.verify(None).await.is_clean());
}

#[tokio::test]
async fn two_runs_at_once_make_each_seal_once() {
    let house = House::new().await;
    house.write_day(OLD_DAYS[0], 50).await;

    let (one, other) = (house.database.cleanup(), house.database.cleanup());
    let limits = limits_at(now);
    let (one, other) = tokio::join!(seal_days(&one, &limits), seal_days(&other, &limits));

    let days: Vec<_> = [one, other].into_iter().filter_map(|report| Some(report.ok()?.days)).collect();
    assert_eq!(days.iter().sum::<u64>(), 183, "{days:?}");
    assert!(house.verify(None).await.is_clean());
}

#[tokio::test]
async fn nobody_changes_a_seal_or_leaves_a_gap() {
    let house = House::sealed(2).await;
    house.write("2025-09-30T12:00:00Z".parse().unwrap()).await;

    for sql in [
        "UPDATE audit_seals SET rows = 0",
        "DELETE FROM audit_seals",
        "TRUNCATE audit_seals CASCADE",
        "UPDATE audit_seal_rows SET entries = ''",
        "DELETE FROM audit_seal_rows",
        "TRUNCATE audit_seal_rows",
        "DELETE FROM audit_closings",
        "DELETE FROM audit_late_rows",
        "TRUNCATE audit_late_rows",
        "DELETE FROM archives",
        "UPDATE audit_late_rows SET id = gen_random_uuid()",
    ] {
        if sql != "DELETE FROM archives" {
            let owner = house.database.owner().client().await.unwrap().batch_execute(sql).await;
            assert_eq!(owner.expect_err(sql).code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{sql}");
        }
        let cleanup = house.database.cleanup().client().await.unwrap().batch_execute(sql).await;
        assert_eq!(cleanup.expect_err(sql).code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{sql}");
    }
    let insert = "
INSERT INTO audit_seals (day, rows, digest, previous, sealed_at) VALUES ($1::text::date, 0, sha256(''), $2, now())";
    let client = house.database.cleanup().client().await.unwrap();
    for (day, previous) in
        [("2025-10-04", Some([1; 32])), ("2025-10-03", Some([1; 32])), ("2025-10-03", None)]
    {
        let previous = previous.as_ref().map(<[u8; 32]>::as_slice);
        assert!(client.execute(insert, &[&day, &previous]).await.is_err(), "{day} {previous:?}");
    }
}
