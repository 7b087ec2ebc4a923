//! What goes to the bucket, what leaves the database, and what does neither.

use jiff::Timestamp;
use kimochi_retention::{AUDIT_LOGS_KEPT, JOB_RUNS_KEPT};
use kimochi_retention::{ArchiveReport, Error, Manifest, due_audit_logs, due_job_runs};
use kimochi_testing::now;
use sha2::{Digest as _, Sha256};
use tokio_postgres::error::SqlState;

use crate::house::{House, OLD_DAYS, YOUNG_DAY, limits, limits_at, manifest_of, sealing_time};

#[tokio::test]
async fn what_is_old_lies_in_the_bucket_and_what_is_young_in_the_table() {
    let house = House::sealed(9).await;
    let ids = house.live("audit_logs").await;
    let young = house.ids_of(YOUNG_DAY).await;

    let report = house.archive(&limits()).await.unwrap();

    assert_eq!((report.archives, report.rows, report.removed), (9, 27, 27));
    assert_eq!((report.broken_days.len(), report.complete), (0, true));
    assert_eq!(house.live("audit_logs").await, young);
    house.assert_each_once("audit_logs", &ids).await;
    house.assert_no_stray_objects().await;
    assert!(house.verify(None).await.is_clean());
    let again = house.archive(&limits()).await.unwrap();
    assert_eq!(again, ArchiveReport { complete: true, ..ArchiveReport::default() });
}

#[tokio::test]
async fn a_manifest_says_what_its_archive_holds() {
    let house = House::sealed(3).await;
    let ids = house.ids_of(OLD_DAYS[0]).await;
    house.archive(&limits()).await.unwrap();

    let key = house.archives("audit_logs").await.remove(0);
    let manifest = house.bucket.get(&manifest_of(&key)).await.unwrap();

    let manifest: Manifest = serde_json::from_slice(&manifest).unwrap();
    let bytes = house.bucket.get(&key).await.unwrap();
    let content = house.lines(&key).await.join("\n") + "\n";
    assert!(key.starts_with("archive/audit_logs/2025/09/audit_logs_20250929_"), "{key}");
    assert_eq!((manifest.key.as_str(), manifest.rows), (key.as_str(), 3));
    assert_eq!((manifest.first.id, manifest.last.id), (ids[0], ids[2]));
    assert_eq!((manifest.bytes, manifest.content_bytes), (bytes.len() as i64, content.len() as i64));
    assert_eq!(manifest.sha256, hex::encode(Sha256::digest(&bytes)));
    assert_eq!(manifest.content_sha256, hex::encode(Sha256::digest(&content)));
    assert_eq!(manifest.schema_version, kimochi_store::migrations::latest_version());
}

#[tokio::test]
async fn a_line_holds_the_whole_row() {
    let house = House::sealed(3).await;
    let sql = "SELECT row_to_json(a)::jsonb - 'user_id' FROM audit_logs a ORDER BY at LIMIT 3";
    let rows = house.superuser.query(sql, &[]).await.unwrap();
    house.archive(&limits()).await.unwrap();

    let key = house.archives("audit_logs").await.remove(0);
    let lines = house.lines(&key).await;

    assert_eq!(lines.len(), rows.len());
    for (line, row) in lines.iter().zip(&rows) {
        let (mut line, row): (serde_json::Value, serde_json::Value) =
            (serde_json::from_str(line).unwrap(), row.get(0));
        assert!(line.as_object_mut().unwrap().remove("user_id").is_some());
        for (column, value) in row.as_object().unwrap() {
            if value.is_null() {
                assert_eq!(line.get(column), None, "{column}");
            } else {
                assert_eq!(&line[column], value, "{column}");
            }
        }
    }
}

#[tokio::test]
async fn a_part_has_a_size_at_which_it_ends() {
    let house = House::sealed(20).await;
    let ids = house.live("audit_logs").await;

    let small = kimochi_retention::Limits { part_rows: 1_000, part_bytes: 2_000, ..limits() };
    let report = house.archive(&small).await.unwrap();

    assert!((9..=20).contains(&report.archives), "{report:?}");
    house.assert_each_once("audit_logs", &ids).await;
}

#[tokio::test]
async fn a_day_without_a_seal_stays() {
    let house = House::new().await;
    house.write_day(OLD_DAYS[0], 5).await;

    let report = house.archive(&limits()).await.unwrap();

    assert_eq!(report, ArchiveReport { complete: true, ..ArchiveReport::default() });
    assert_eq!(house.live("audit_logs").await.len(), 5);
}

#[tokio::test]
async fn rows_that_are_written_meanwhile_stay() {
    let house = House::sealed(5).await;
    let late = house.write("2025-09-30T12:00:00Z".parse().unwrap()).await;
    let ids = house.live("audit_logs").await;

    let report = house.archive(&limits()).await.unwrap();

    assert_eq!((report.rows, report.complete), (15, true));
    assert!(house.live("audit_logs").await.contains(&late));
    house.assert_each_once("audit_logs", &ids).await;
}

#[tokio::test]
async fn late_rows_and_those_of_other_months_are_archived_with_their_seal() {
    fn half_a_year_later() -> Timestamp {
        "2026-04-02T00:00:00Z".parse().unwrap()
    }
    fn a_day_later() -> Timestamp {
        "2025-10-04T01:00:00Z".parse().unwrap()
    }
    let house = House::new().await;
    house.write("2001-01-01T00:00:00Z".parse().unwrap()).await;
    house.write_day(OLD_DAYS[0], 3).await;
    house.seal(sealing_time).await;
    house.write("2002-02-02T00:00:00Z".parse().unwrap()).await;
    house.write("2025-09-29T12:00:00Z".parse().unwrap()).await;
    house.seal(a_day_later).await;
    let ids = house.live("audit_logs").await;

    let first = house.archive(&limits()).await.unwrap();
    let second = house.archive(&limits_at(half_a_year_later)).await.unwrap();

    assert_eq!((first.rows, second.rows), (4, 2));
    assert!(house.live("audit_logs").await.is_empty());
    house.assert_each_once("audit_logs", &ids).await;
    assert!(house.verify(None).await.is_clean());
}

#[tokio::test]
async fn an_empty_month_is_dropped_and_a_row_of_it_that_still_comes_is_kept() {
    fn december() -> Timestamp {
        "2026-05-01T00:00:00Z".parse().unwrap()
    }
    let house = House::sealed(3).await;

    let report = house.archive(&limits_at(december)).await.unwrap();
    let late = house.write("2025-09-30T12:00:00Z".parse().unwrap()).await;

    assert_eq!((report.rows, report.dropped_months), (12, 2));
    let sql = "SELECT tableoid::regclass::text FROM audit_logs WHERE id = $1";
    let table: String = house.superuser.query_one(sql, &[&late]).await.unwrap().get(0);
    assert_eq!(table, "audit_logs_other_months");
}

#[tokio::test]
async fn a_table_in_use_keeps_its_empty_months_until_the_next_run() {
    let house = House::sealed(3).await;
    let reader = house.database.superuser().await;
    reader.batch_execute("BEGIN; SELECT FROM audit_logs").await.unwrap();

    let meanwhile = house.archive(&limits_at(|| "2026-05-01T00:00:00Z".parse().unwrap())).await.unwrap();
    reader.batch_execute("COMMIT").await.unwrap();
    let afterwards = house.archive(&limits_at(|| "2026-05-01T00:00:00Z".parse().unwrap())).await.unwrap();

    assert_eq!((meanwhile.rows, meanwhile.dropped_months, meanwhile.complete), (12, 0, true));
    assert_eq!(afterwards.dropped_months, 2);
}

#[tokio::test]
async fn job_runs_that_ended_long_ago_are_archived_and_running_ones_never() {
    let house = House::new().await;
    house.finish_runs("2025-12-30", 6).await;
    house.finish_runs("2026-01-02", 2).await;
    let running = "
INSERT INTO job_runs (id, kind, subject, status, attempt, started_at)
VALUES (gen_random_uuid(), 'transcribe', 'stuck', 'running', 1, '2025-01-01Z')";
    house.superuser.batch_execute(running).await.unwrap();
    let ids = house.live("job_runs").await;

    let report = house.archive_runs(&limits()).await.unwrap();

    assert_eq!((report.archives, report.rows, report.removed, report.complete), (2, 6, 6, true));
    assert_eq!(house.live("job_runs").await.len(), 3);
    house.assert_each_once("job_runs", &ids).await;
    house.assert_no_stray_objects().await;
    let key = house.archives("job_runs").await.remove(0);
    assert!(key.starts_with("archive/job_runs/2025/12/job_runs_20251230_"), "{key}");
}

#[tokio::test]
async fn a_rehearsal_tells_what_would_go() {
    let house = House::sealed(5).await;
    house.finish_runs("2025-12-30", 6).await;
    house.finish_runs("2026-01-02", 2).await;
    let cleanup = house.database.cleanup();

    let audit = due_audit_logs(&cleanup, now(), AUDIT_LOGS_KEPT).await.unwrap();
    let runs = due_job_runs(&cleanup, now(), JOB_RUNS_KEPT).await.unwrap();
    house.archive(&limits()).await.unwrap();
    let afterwards = due_audit_logs(&cleanup, now(), AUDIT_LOGS_KEPT).await.unwrap();

    assert_eq!((audit.rows, audit.of, runs.rows, runs.of), (15, 20, 6, 8));
    assert_eq!((afterwards.rows, afterwards.of), (0, 5));
}

#[tokio::test]
async fn a_clock_that_is_ahead_lets_nothing_go_before_its_time() {
    let house = House::new().await;
    let now: Timestamp = house.superuser.query_one("SELECT now()", &[]).await.unwrap().get(0);
    house.write(now - jiff::SignedDuration::from_hours(48)).await;
    house.seal(|| "2099-01-01T00:00:00Z".parse().unwrap()).await;
    house.finish_runs(&now.to_string()[..10], 2).await;

    let ahead = limits_at(|| "2099-01-01T00:00:00Z".parse().unwrap());
    let audit = house.archive(&ahead).await.unwrap();
    let runs = house.archive_runs(&ahead).await.unwrap();

    assert_eq!((audit.rows, runs.rows), (0, 0));
}

#[tokio::test]
async fn a_day_that_is_not_as_it_was_sealed_stays_and_the_others_go() {
    for tampering in [
        "UPDATE audit_logs SET outcome = 'refused' WHERE id = (SELECT id FROM audit_logs WHERE utc_day(at) = '2025-09-30' LIMIT 1)",
        "DELETE FROM audit_logs WHERE id = (SELECT id FROM audit_logs WHERE utc_day(at) = '2025-09-30' ORDER BY at DESC LIMIT 1)",
    ] {
        let house = House::sealed(3).await;
        house.tamper(tampering).await;

        let report = house.archive(&limits()).await.unwrap();

        assert_eq!((report.broken_days.len(), report.complete), (1, false), "{tampering}");
        assert_eq!(report.broken_days[0].to_string(), "2025-09-30");
        assert_eq!(house.ids_of(OLD_DAYS[0]).await.len() + house.ids_of(OLD_DAYS[2]).await.len(), 0);
    }
}

#[tokio::test]
async fn the_owner_cannot_remove_what_no_archive_holds() {
    let house = House::sealed(5).await;
    let part = kimochi_retention::Limits { part_rows: 2, ..limits() };
    house.archive(&part).await.unwrap();

    let owner = house.database.owner().client().await.unwrap();
    let refused = owner.batch_execute("DELETE FROM audit_logs").await.unwrap_err();

    assert_eq!(refused.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE));
    assert_eq!(house.live("audit_logs").await.len(), 5);
}

#[tokio::test]
async fn each_partition_keeps_what_no_archive_holds_one_that_was_made_by_hand_too() {
    let house = House::sealed(2).await;
    let owner = house.database.owner().client().await.unwrap();
    let by_hand =
        "CREATE TABLE by_hand PARTITION OF audit_logs FOR VALUES FROM ('2024-02-01Z') TO ('2024-03-01Z')";
    owner.batch_execute(by_hand).await.unwrap();
    for at in ["2024-02-02T00:00:00Z", "2001-01-01T00:00:00Z"] {
        house.write(at.parse().unwrap()).await;
    }

    let mut statements = Vec::new();
    for table in ["audit_logs_2025_09", "audit_logs_2025_10", "audit_logs_other_months", "by_hand"] {
        statements.push(format!("DELETE FROM {table}"));
        statements
            .push(format!("MERGE INTO {table} a USING (VALUES (1)) AS v ON true WHEN MATCHED THEN DELETE"));
        statements.push(format!("UPDATE {table} SET at = at + interval '1 month'"));
    }
    for sql in &statements {
        let refused = owner.batch_execute(sql).await.expect_err(sql);
        assert_eq!(refused.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{sql}");
    }
    // The next deploy sees to what does not come with a partition.
    owner.batch_execute("SELECT prepare_audit_months(now(), 1)").await.unwrap();
    for sql in ["DELETE FROM by_hand", "TRUNCATE by_hand"] {
        let refused = owner.batch_execute(sql).await.expect_err(sql);
        assert_eq!(refused.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{sql}");
    }
    assert_eq!(house.live("audit_logs").await.len(), 10);
}

#[tokio::test]
async fn a_table_that_only_looks_like_the_archives_lets_nothing_go() {
    let house = House::sealed(2).await;
    let owner = house.database.owner().client().await.unwrap();
    let pretend = "
CREATE TEMP TABLE archives AS
SELECT 'audit_logs' AS table_name, day, '-infinity'::timestamptz AS first_at, gen_random_uuid() AS first_id,
    'infinity'::timestamptz AS last_at, gen_random_uuid() AS last_id
FROM audit_seals";
    owner.batch_execute(pretend).await.unwrap();
    // As a partition that was made by hand is guarded.
    let by_hand = "
DROP TRIGGER audit_logs_archived ON audit_logs_2025_09;
ALTER TABLE audit_logs_2025_09 ENABLE TRIGGER audit_logs_archived_row";

    for before in ["", by_hand] {
        owner.batch_execute(before).await.unwrap();
        for table in ["audit_logs", "audit_logs_2025_09"] {
            let sql = format!("DELETE FROM {table}");
            let refused = owner.batch_execute(&sql).await.expect_err(&sql);
            assert_eq!(refused.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{before} {sql}");
        }
    }
    assert_eq!(house.live("audit_logs").await.len(), 8);
}

#[tokio::test]
async fn a_claim_of_an_archive_removes_only_what_it_can_name_exactly() {
    let house = House::sealed(2).await;
    let cleanup = house.database.cleanup().client().await.unwrap();
    let claim = |day: &str, digest: &str| {
        format!(
            "
WITH r AS (SELECT array_agg(at) ats, array_agg(id) ids, array_agg({digest}) digests
    FROM audit_lines('{day}', '-infinity', '00000000-0000-0000-0000-000000000000', 9))
SELECT remove_archived_audit_logs(ROW('archive/audit_logs/x', 'audit_logs', '{day}'::date, 2, ats[1], ids[1], ats[2],
    ids[2], 1, sha256(''), 1, sha256(''), now(), 2)::archives, ats, ids, digests) FROM r"
        )
    };

    let sealed = "sha256(convert_to(line, 'UTF8'))";
    for sql in [claim("2025-09-29", "sha256('')"), claim("2025-10-03", sealed)] {
        assert!(cleanup.batch_execute(&sql).await.is_err(), "{sql}");
    }
    assert_eq!(house.live("audit_logs").await.len(), 8);
    cleanup.batch_execute(&claim("2025-09-29", sealed)).await.unwrap();
    assert_eq!(house.live("audit_logs").await.len(), 6);
}

#[tokio::test]
async fn two_runs_at_once_make_one_archive_of_each_row() {
    let house = House::sealed(8).await;
    house.finish_runs("2025-12-30", 8).await;
    let (ids, runs) = (house.live("audit_logs").await, house.live("job_runs").await);

    let limits = limits();
    let (one, other) = tokio::join!(house.archive(&limits), house.archive(&limits));
    let (run, other_run) = tokio::join!(house.archive_runs(&limits), house.archive_runs(&limits));

    for report in [one, other, run, other_run] {
        assert!(matches!(report, Ok(ArchiveReport { complete: true, .. }) | Err(Error::Busy)), "{report:?}");
    }
    house.assert_each_once("audit_logs", &ids).await;
    house.assert_each_once("job_runs", &runs).await;
    house.assert_no_stray_objects().await;
}
