//! Whatever is changed, removed or added, in the table, in an archive or in the chain itself, is named.

use jiff::Timestamp;
use jiff::civil::{Date, date};
use kimochi_retention::{Problem, VerifyReport};
use uuid::Uuid;

use crate::house::{House, OLD_DAYS, YOUNG_DAY, limits, manifest_of};

/// Three days of it are in archives, a fourth is in the table.
async fn archived() -> House {
    let house = House::sealed(9).await;
    house.archive(&limits()).await.unwrap();
    house
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// The only problem is this one.
fn assert_named(report: &VerifyReport, expected: &Problem) {
    assert_eq!(report.problems, std::slice::from_ref(expected));
    assert!(!report.is_clean());
}

#[tokio::test]
async fn a_chain_from_archives_to_the_table_is_clean() {
    let house = archived().await;

    let report = house.verify(None).await;

    assert!(report.is_clean(), "{report:?}");
    assert_eq!((report.days, report.rows, report.archives), (4, 36, 9));
    assert_eq!((report.first_day, report.last_day), (Some(day(OLD_DAYS[0])), Some(day(YOUNG_DAY))));
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["last_day"], YOUNG_DAY);
}

#[tokio::test]
async fn a_walk_may_begin_later_and_go_on() {
    let house = archived().await;

    let report = house.verify(Some(day(OLD_DAYS[2]))).await;

    assert!(report.is_clean(), "{report:?}");
    assert_eq!((report.days, report.rows), (2, 18));
}

#[tokio::test]
async fn a_walk_that_time_ended_says_where_to_go_on() {
    let house = archived().await;

    let over = kimochi_retention::Limits { until: Timestamp::UNIX_EPOCH, ..limits() };
    let cleanup = house.database.cleanup();
    let report = kimochi_retention::verify_audit(&cleanup, &house.media(), &over, None).await.unwrap();

    assert_eq!((report.days, report.next_day), (0, Some(day(OLD_DAYS[0]))));
    assert!(!report.is_clean());
}

#[tokio::test]
async fn a_row_changed_in_the_table_is_named() {
    for change in [
        "actor = 'somebody else'",
        "details = '{}'",
        "user_id = NULL",
        "source_address = '192.0.2.1/24'",
        "at = at + interval '1 microsecond'",
        "at = at + interval '5 hours'",
        "at = at - interval '5 hours'",
    ] {
        let house = archived().await;
        let (id, _) = nth_row(&house, 4).await;
        house.tamper(&format!("UPDATE audit_logs SET {change} WHERE id = '{id}'")).await;

        let report = house.verify(None).await;

        let at = nth_at(&house, id).await;
        let expected = Problem::ChangedRow { day: day(YOUNG_DAY), at, id, found_in: "audit_logs".to_owned() };
        assert_named(&report, &expected);
    }
}

#[tokio::test]
async fn a_row_removed_from_the_table_is_named() {
    for n in [0, 4, 8] {
        let house = archived().await;
        let (id, at) = nth_row(&house, n).await;
        house.tamper(&format!("DELETE FROM audit_logs WHERE id = '{id}'")).await;

        let report = house.verify(None).await;

        assert_named(&report, &Problem::MissingRow { day: day(YOUNG_DAY), at, id });
    }
}

#[tokio::test]
async fn a_row_added_to_the_table_is_named() {
    for (at, of) in [
        ("2025-10-02T13:00:00Z", YOUNG_DAY),
        ("2025-10-02T23:59:59Z", YOUNG_DAY),
        ("2025-09-30T12:00:00Z", OLD_DAYS[1]),
        ("1999-01-01T00:00:00Z", OLD_DAYS[0]),
    ] {
        let house = archived().await;
        let id = Uuid::now_v7();
        house
            .tamper(&format!(
                "INSERT INTO audit_logs (id, at, actor_kind, action, subject_kind, outcome)
                VALUES ('{id}', '{at}', 'parent', 'a.b', 'a', 'done')"
            ))
            .await;

        let report = house.verify(None).await;

        let found_in = "audit_logs".to_owned();
        assert_named(&report, &Problem::AddedRow { day: day(of), at: at.parse().unwrap(), id, found_in });
    }
}

#[tokio::test]
async fn an_archived_row_that_is_back_in_the_table_is_named() {
    let house = House::sealed(2).await;
    house.superuser.batch_execute("CREATE TEMP TABLE copy AS SELECT * FROM audit_logs").await.unwrap();
    let id = house.ids_of(OLD_DAYS[1]).await[1];
    house.archive(&limits()).await.unwrap();
    house.tamper(&format!("INSERT INTO audit_logs SELECT * FROM copy WHERE id = '{id}'")).await;

    let report = house.verify(None).await;

    let at = nth_at(&house, id).await;
    let expected = Problem::AddedRow { day: day(OLD_DAYS[1]), at, id, found_in: "audit_logs".to_owned() };
    assert_named(&report, &expected);
}

#[tokio::test]
async fn rows_changed_removed_and_added_in_an_archive_are_named() {
    let house = archived().await;
    let keys = house.archives("audit_logs").await;
    let victims = [&keys[0], &keys[4], &keys[8]];
    let mut ids = Vec::new();
    for (n, key) in victims.iter().enumerate() {
        let lines = house.lines(key).await;
        let line = &lines[lines.len() / 2];
        ids.push(named(line));
        house
            .rewrite(key, |lines| match n {
                0 => {
                    let middle = lines.len() / 2;
                    lines[middle] = lines[middle].replace("child.update", "child.delete");
                }
                1 => drop(lines.remove(lines.len() / 2)),
                _ => {
                    let (id, _) = named(&lines[0]);
                    let added = lines[0].replace(&id.to_string(), "ffffffff-ffff-7fff-8fff-ffffffffffff");
                    lines.insert(1, added);
                }
            })
            .await;
    }
    let added_at = named(&house.lines(victims[2]).await[0]).1;

    let report = house.verify(None).await;

    let [changed, removed, added] = victims.map(Clone::clone);
    let damaged = |of: &str, key: &str| Problem::DamagedArchive { day: day(of), key: key.to_owned() };
    let expected = [
        Problem::ChangedRow { day: day(OLD_DAYS[0]), at: ids[0].1, id: ids[0].0, found_in: changed.clone() },
        damaged(OLD_DAYS[0], &changed),
        Problem::MissingRow { day: day(OLD_DAYS[1]), at: ids[1].1, id: ids[1].0 },
        damaged(OLD_DAYS[1], &removed),
        Problem::AddedRow {
            day: day(OLD_DAYS[2]),
            at: added_at,
            id: "ffffffff-ffff-7fff-8fff-ffffffffffff".parse().unwrap(),
            found_in: added.clone(),
        },
        damaged(OLD_DAYS[2], &added),
    ];
    assert_eq!(report.problems, expected);
}

#[tokio::test]
async fn an_archive_or_manifest_that_is_missing_or_another_is_named() {
    let house = archived().await;
    let keys = house.archives("audit_logs").await;
    house.bucket.delete(&keys[0]).await;
    house.bucket.put(&keys[1], b"no gzip").await;
    house.bucket.delete(&manifest_of(&keys[3])).await;
    let manifest = house.bucket.get(&manifest_of(&keys[4])).await.unwrap();
    let manifest = String::from_utf8(manifest).unwrap().replace("\"rows\": 4", "\"rows\": 5");
    house.bucket.put(&manifest_of(&keys[4]), manifest.as_bytes()).await;

    let report = house.verify(None).await;

    let (first, second) = (day(OLD_DAYS[0]), day(OLD_DAYS[1]));
    let expected = [
        Problem::MissingArchive { day: first, key: keys[0].clone() },
        Problem::DamagedArchive { day: first, key: keys[1].clone() },
        Problem::MissingManifest { day: second, key: keys[3].clone() },
        Problem::WrongManifest { day: second, key: keys[4].clone() },
    ];
    assert_eq!(report.problems, expected);
}

#[tokio::test]
async fn a_chain_that_is_broken_is_named() {
    for (sql, expected) in [
        (
            "UPDATE audit_seals SET digest = sha256('') WHERE day = '2025-09-30'",
            vec![
                Problem::WrongSeal { day: date(2025, 9, 30) },
                Problem::BrokenLink { day: date(2025, 10, 1) },
            ],
        ),
        (
            "UPDATE audit_seals SET rows = rows + 1 WHERE day = '2025-10-02'",
            vec![Problem::WrongSeal { day: date(2025, 10, 2) }],
        ),
        (
            "DELETE FROM audit_seals WHERE day = '2025-09-30'",
            vec![Problem::MissingSeal { day: date(2025, 9, 30) }],
        ),
        (
            "DELETE FROM audit_seals WHERE day = '2025-09-29'",
            vec![Problem::BrokenLink { day: date(2025, 9, 30) }],
        ),
    ] {
        let house = archived().await;
        house.tamper(sql).await;

        let report = house.verify(None).await;

        let mut problems = report.problems;
        // The rows of a first seal that is gone look like additions to the one that is the first now.
        problems.retain(|problem| !matches!(problem, Problem::AddedRow { .. }));
        assert_eq!(problems, expected, "{sql}");
    }
}

#[tokio::test]
async fn a_list_of_rows_that_is_not_that_of_the_seal_is_named() {
    let house = archived().await;
    let sql = "UPDATE audit_seal_rows SET entries = set_byte(entries, 31, get_byte(entries, 31) # 1) WHERE day = '2025-10-02'";
    house.tamper(sql).await;

    let report = house.verify(None).await;

    assert!(report.problems.contains(&Problem::WrongRowList { day: day(YOUNG_DAY) }), "{report:?}");
}

/// Id and time of a row of the day that is in the table.
async fn nth_row(house: &House, n: usize) -> (Uuid, Timestamp) {
    let id = house.ids_of(YOUNG_DAY).await[n];
    (id, nth_at(house, id).await)
}

async fn nth_at(house: &House, id: Uuid) -> Timestamp {
    house.superuser.query_one("SELECT at FROM audit_logs WHERE id = $1", &[&id]).await.unwrap().get(0)
}

/// Id and time in a line.
fn named(line: &str) -> (Uuid, Timestamp) {
    let row: serde_json::Value = serde_json::from_str(line).unwrap();
    (row["id"].as_str().unwrap().parse().unwrap(), row["at"].as_str().unwrap().parse().unwrap())
}
