//! Operators' lists: what they show, and that they read no more than that, however much there is.

use jiff::SignedDuration;
use kimochi_domain::{JobRunId, JobStatus, UserId};
use kimochi_store::audit::{self, Deed};
use kimochi_store::job_runs::{self, JobRun};
use kimochi_store::{OperatorTransaction, transcription};
use kimochi_testing::{TestDatabase, now};

use crate::looking::operating;
use crate::support::{attempt_at, parent, requested_by, seconds_later};

#[tokio::test]
async fn job_runs_are_found_by_what_one_knows_of_them() {
    let db = TestDatabase::new().await;
    let mikas = requested_by(&db.api(), "mika").await;
    let rens = requested_by(&db.api(), "ren").await;
    let failed = attempt_at(&db.worker(), &mikas.audio_key, now()).await;
    let _ = transcription::give_back(&db.worker(), &failed, "s3: 503", seconds_later(1)).await.unwrap();
    let second = attempt_at(&db.worker(), &mikas.audio_key, seconds_later(10)).await;
    let other = attempt_at(&db.worker(), &rens.audio_key, seconds_later(20)).await;
    let (failed, second, other) = (failed.job_run_id, second.job_run_id, other.job_run_id);

    let none = job_runs::Filter::default;
    let operator = operating(&db).await;
    for (filter, expected) in [
        (none(), vec![other, second, failed]),
        (
            job_runs::Filter { kind: Some("transcribe".parse().unwrap()), ..none() },
            vec![other, second, failed],
        ),
        (job_runs::Filter { kind: Some("purge".parse().unwrap()), ..none() }, vec![]),
        (job_runs::Filter { status: Some(JobStatus::Failed), ..none() }, vec![failed]),
        (job_runs::Filter { status: Some(JobStatus::Running), ..none() }, vec![other, second]),
        (job_runs::Filter { user_id: Some(mikas.user_id), ..none() }, vec![second, failed]),
        (job_runs::Filter { recording_id: Some(rens.id), ..none() }, vec![other]),
        (job_runs::Filter { from: Some(seconds_later(10)), ..none() }, vec![other, second]),
        (job_runs::Filter { until: Some(seconds_later(10)), ..none() }, vec![failed]),
        (job_runs::Filter { status: Some(JobStatus::Failed), user_id: Some(rens.user_id), ..none() }, vec![]),
    ] {
        let found = job_runs::list(&operator, &filter, None, 10).await.unwrap();
        assert_eq!(found.iter().map(|run| run.id).collect::<Vec<_>>(), expected, "{filter:?}");
    }
}

#[tokio::test]
async fn all_attempts_at_the_same_work_are_told_in_their_order() {
    let db = TestDatabase::new().await;
    let recording = requested_by(&db.api(), "mika").await;
    let mut begun = Vec::new();
    for n in 0..2 {
        let attempt = attempt_at(&db.worker(), &recording.audio_key, seconds_later(n * 100)).await;
        begun.push(attempt.job_run_id);
        let _ = transcription::give_back(&db.worker(), &attempt, "s3: 503", now()).await.unwrap();
    }
    let scheduled = "
INSERT INTO job_runs (id, kind, subject, status, attempt, started_at)
SELECT gen_random_uuid(), kind, subject, 'running', 1, now()
FROM (VALUES ('purge', '2026-04-01'), ('purge', '2026-04-01'), ('purge', '2026-04-02'), ('seal', '2026-04-01')) AS runs (kind, subject)";
    db.superuser().await.batch_execute(scheduled).await.unwrap();

    let operator = operating(&db).await;
    let run = job_runs::find(&operator, begun[0]).await.unwrap().unwrap();
    let attempts = job_runs::attempts(&operator, &run).await.unwrap();
    assert_eq!(attempts.iter().map(|run| run.id).collect::<Vec<_>>(), begun);
    let purges = job_runs::Filter { kind: Some("purge".parse().unwrap()), ..job_runs::Filter::default() };
    for purge in job_runs::list(&operator, &purges, None, 10).await.unwrap() {
        let attempts = job_runs::attempts(&operator, &purge).await.unwrap();
        assert_eq!(attempts.len(), if purge.subject == "2026-04-01" { 2 } else { 1 });
    }
    assert_eq!(job_runs::find(&operator, JobRunId::new()).await.unwrap(), None);
}

#[tokio::test]
async fn deeds_are_found_by_whom_they_concern_who_did_them_and_what_they_are() {
    let db = TestDatabase::new().await;
    let mikas = requested_by(&db.api(), "mika").await;
    let rens = requested_by(&db.api(), "ren").await;
    kimochi_store::users::withdraw(&db.api(), &parent("ren"), seconds_later(1)).await.unwrap();
    let operator = operating(&db).await;
    let look = "SELECT view_family($1, 'family.view', 'a reason for it')";
    operator.execute(look, &[&mikas.user_id.0]).await.unwrap();
    operator.commit().await.unwrap();

    let none = audit::Filter::default;
    let operator = operating(&db).await;
    for (filter, expected) in [
        (
            none(),
            vec![
                ("family.view", mikas.user_id),
                ("family.withdraw", rens.user_id),
                ("recording.create", rens.user_id),
                ("recording.create", mikas.user_id),
            ],
        ),
        (
            audit::Filter { user_id: Some(mikas.user_id), ..none() },
            vec![("family.view", mikas.user_id), ("recording.create", mikas.user_id)],
        ),
        (
            audit::Filter { actor: Some("op-1".parse().unwrap()), ..none() },
            vec![("family.view", mikas.user_id)],
        ),
        (
            audit::Filter { action: Some("family.withdraw".parse().unwrap()), ..none() },
            vec![("family.withdraw", rens.user_id)],
        ),
        (
            audit::Filter { from: Some(seconds_later(1)), until: Some(seconds_later(60)), ..none() },
            vec![("family.withdraw", rens.user_id)],
        ),
    ] {
        let found = audit::list(&operator, &filter, None, 10).await.unwrap();
        let mut found: Vec<_> =
            found.iter().map(|deed| (deed.action.as_str(), deed.user_id.unwrap())).collect();
        // Ids made for the same moment are in no order of their own.
        let mut expected = expected;
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{filter:?}");
    }
}

#[tokio::test]
async fn pages_follow_one_another_without_a_gap_even_where_times_are_the_same() {
    let db = TestDatabase::new().await;
    let fill = "
INSERT INTO job_runs (id, kind, subject, status, attempt, started_at)
SELECT gen_random_uuid(), 'purge', 's', 'running', 1, '2026-03-31T00:00:00Z'::timestamptz + n / 4 * interval '1 second'
FROM generate_series(1, 30) n;
INSERT INTO audit_logs (id, at, actor_kind, action, subject_kind, outcome)
SELECT gen_random_uuid(), '2026-03-31T00:00:00Z'::timestamptz + n / 4 * interval '1 second', 'function', 'a.b', 'a', 'done'
FROM generate_series(1, 30) n";
    db.superuser().await.batch_execute(fill).await.unwrap();
    let operator = operating(&db).await;
    let runs = job_runs::list(&operator, &job_runs::Filter::default(), None, 100).await.unwrap();
    let deeds = audit::list(&operator, &audit::Filter::default(), None, 100).await.unwrap();

    let (mut paged_runs, mut paged_deeds): (Vec<JobRun>, Vec<Deed>) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        let after = paged_runs.last().map(after_run);
        paged_runs.extend(job_runs::list(&operator, &job_runs::Filter::default(), after, 7).await.unwrap());
        let after = paged_deeds.last().map(after_deed);
        paged_deeds.extend(audit::list(&operator, &audit::Filter::default(), after, 7).await.unwrap());
    }

    assert_eq!((runs.len(), deeds.len()), (30, 30));
    assert_eq!((paged_runs, paged_deeds), (runs, deeds));
}

#[tokio::test]
async fn with_200_000_job_runs_a_page_reads_no_more_than_it_shows() {
    let db = TestDatabase::new().await;
    let mika = requested_by(&db.api(), "mika").await.user_id;
    let fill = "
INSERT INTO job_runs (id, kind, subject, user_id, status, attempt, started_at, finished_at, error)
SELECT gen_random_uuid(), CASE WHEN n % 1000 = 0 THEN 'purge' ELSE 'transcribe' END, 's',
    CASE WHEN n % 100 = 1 THEN (SELECT id FROM users) END,
    CASE WHEN n % 500 = 3 THEN 'failed' ELSE 'succeeded' END, 1,
    '2026-03-31T00:00:00Z'::timestamptz - n * interval '1 minute', now(), CASE WHEN n % 500 = 3 THEN 'x' END
FROM generate_series(1, 200000) n;
ANALYZE job_runs";
    db.superuser().await.batch_execute(fill).await.unwrap();
    let none = job_runs::Filter::default;
    let of_mika = || job_runs::Filter { user_id: Some(mika), ..none() };
    let deep = operating(&db).await;
    let deep = job_runs::list(&deep, &none(), None, 100_000).await.unwrap().last().map(after_run);

    for (filter, after) in [
        (none(), None),
        (none(), deep),
        (of_mika(), None),
        (of_mika(), deep),
        (job_runs::Filter { kind: Some("purge".parse().unwrap()), ..none() }, deep),
        (job_runs::Filter { status: Some(JobStatus::Failed), ..none() }, deep),
        (job_runs::Filter { until: deep.map(|end| end.started_at), ..none() }, None),
    ] {
        let operator = operating(&db).await;
        let before = rows_read(&operator, "job_runs").await;
        let page = job_runs::list(&operator, &filter, after, 50).await.unwrap();
        let read = rows_read(&operator, "job_runs").await - before;
        // The planner, too, may look at the ends of an index.
        assert!(page.len() == 50 && read <= 60, "{filter:?} {after:?}: {read}");
    }
}

#[tokio::test]
async fn with_200_000_deeds_in_a_year_a_page_reads_little_more_than_it_shows() {
    let db = TestDatabase::new().await;
    let fill = "
INSERT INTO audit_logs (id, at, actor_kind, actor, user_id, action, subject_kind, outcome)
SELECT gen_random_uuid(), date_trunc('month', now()) + n * interval '2 minutes', 'operator',
    CASE WHEN n % 200 = 0 THEN 'op-1' ELSE 'op-2' END,
    CASE WHEN n % 200 = 1 THEN '019d4640-9840-7000-8000-0000000000aa'::uuid ELSE gen_random_uuid() END,
    CASE WHEN n % 200 = 2 THEN 'family.view' ELSE 'child.update' END, 'a', 'done'
FROM generate_series(1, 200000) n;
ANALYZE audit_logs";
    db.superuser().await.batch_execute(fill).await.unwrap();
    let none = audit::Filter::default;
    let mika: UserId = "019d4640-9840-7000-8000-0000000000aa".parse().unwrap();
    let operator = operating(&db).await;
    let deep = audit::list(&operator, &none(), None, 100_000).await.unwrap().last().map(after_deed);
    drop(operator);

    for (filter, after) in [
        (none(), None),
        (none(), deep),
        (audit::Filter { user_id: Some(mika), ..none() }, deep),
        (audit::Filter { actor: Some("op-1".parse().unwrap()), ..none() }, deep),
        (audit::Filter { action: Some("family.view".parse().unwrap()), ..none() }, deep),
        (audit::Filter { until: deep.map(|end| end.at), ..none() }, None),
    ] {
        let operator = operating(&db).await;
        let before = rows_read(&operator, "audit_logs%").await;
        let page = audit::list(&operator, &filter, after, 50).await.unwrap();
        let read = rows_read(&operator, "audit_logs%").await - before;
        // To merge them, the first row of each month is read; and the planner looks at the ends of their indexes.
        assert!(page.len() == 50 && read <= 50 + 3 * 14, "{filter:?} {after:?}: {read}");
    }

    let operator = operating(&db).await;
    let day = deep.map(|end| end.at).unwrap();
    let filter =
        audit::Filter { from: Some(day), until: Some(day + SignedDuration::from_hours(24)), ..none() };
    let page = audit::list(&operator, &filter, None, 50).await.unwrap();
    assert_eq!(page.len(), 50);
    let touched = "
SELECT count(*) FROM pg_stat_xact_user_tables WHERE relname LIKE 'audit_logs%' AND seq_scan + COALESCE(idx_scan, 0) > 0";
    let touched: i64 = operator.query_one(touched, &[]).await.unwrap().get(0);
    assert!(touched <= 2, "a day lies in a month or two, and no other is looked into: {touched}");
}

fn after_run(run: &JobRun) -> job_runs::Position {
    job_runs::Position { started_at: run.started_at, id: run.id }
}

fn after_deed(deed: &Deed) -> audit::Position {
    audit::Position { at: deed.at, id: deed.id }
}

/// How many rows of such tables this session has read, one by one or by an index, as far as that is not yet in the
/// server's statistics.
async fn rows_read(operator: &OperatorTransaction, tables: &str) -> i64 {
    let sql = "
SELECT sum(seq_tup_read + COALESCE(idx_tup_fetch, 0))::bigint FROM pg_stat_xact_user_tables WHERE relname LIKE $1";
    operator.query_one(sql, &[&tables]).await.unwrap().get(0)
}
