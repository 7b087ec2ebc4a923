//! Many audit rows, for what is measured at its size.

use jiff::civil::{Date, date};

use crate::TestDatabase;

/// The first day of the rows.
pub const FIRST_DAY: Date = date(2025, 10, 1);

/// Adds `rows` audit rows, evenly over so many days (UTC) of October 2025.
///
/// # Panics
/// When the database refuses them.
pub async fn add(database: &TestDatabase, rows: i64, days: i64) {
    let owner = database.owner().client().await.expect("a connection");
    owner.execute("SELECT prepare_audit_months('2025-10-01', 1)", &[]).await.expect("a month");
    let sql = "
INSERT INTO audit_logs
    (id, at, actor_kind, user_id, action, subject_kind, subject_id, outcome, request_id, source_address, details)
SELECT uuid_of(at), at, 'parent', gen_random_uuid(), 'emotion_log.update', 'emotion_log', gen_random_uuid()::text,
    'done', 'JKJaXmPLvHcESHA=' || n, '192.0.2.1', '{\"changed\": [\"intensity\", \"note\"]}'
FROM generate_series(0, $1::bigint - 1) AS n,
    LATERAL (SELECT '2025-10-01Z'::timestamptz + n * (interval '1 day' * $2::bigint / $1::bigint)) AS t (at)";
    let superuser = database.superuser().await;
    superuser.execute(sql, &[&rows, &days]).await.expect("rows");
    superuser.batch_execute("VACUUM ANALYZE audit_logs").await.expect("statistics");
}
