//! The gateway's access log, through CloudWatch Logs Insights: how each route did.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::time::Duration;

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::types::{QueryStatus, ResultField};
use aws_types::SdkConfig;
use jiff::Timestamp;
use tokio::time::{Instant, sleep};

use super::reason;
use crate::numbers::{Given, Route};

const SOURCE: &str = "CloudWatch Logs";
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(45);
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);
/// More than there are routes.
const MAX_ROWS: i32 = 1_000;

const TIMES: &str = "filter ispresent(route) and ispresent(latency_ms)
| stats count(*) as requests, avg(latency_ms) as mean_ms, pct(latency_ms, 95) as p95_ms by route";
const STATUSES: &str = "filter ispresent(route) and ispresent(status)
| stats count(*) as requests by route, status";

#[derive(Debug, Clone)]
pub(super) struct AccessLog {
    client: Client,
    group: String,
}

type Row = HashMap<String, String>;

impl AccessLog {
    pub(super) fn new(settings: &SdkConfig, group: &str) -> Self {
        Self { client: Client::new(settings), group: group.to_owned() }
    }

    /// How each route did, the slowest first.
    pub(super) async fn routes(&self, range: &Range<Timestamp>) -> Given<Vec<Route>> {
        self.try_routes(range).await.into()
    }

    async fn try_routes(&self, range: &Range<Timestamp>) -> Result<Vec<Route>, String> {
        let times = self.ask(TIMES, range).await?;
        let statuses = self.ask(STATUSES, range).await?;
        if times.is_empty() && statuses.is_empty() {
            return Err("この期間のアクセスログがありません".to_owned());
        }
        understand(&times, &statuses).ok_or_else(|| format!("{SOURCE} がこの集計に答えられません"))
    }

    async fn ask(&self, query: &str, range: &Range<Timestamp>) -> Result<Vec<Row>, String> {
        let started = self
            .client
            .start_query()
            .log_group_name(&self.group)
            .start_time(range.start.as_second())
            // The last second is included.
            .end_time(range.end.as_second() - 1)
            .query_string(query)
            .limit(MAX_ROWS)
            .send()
            .await
            .map_err(|error| reason(SOURCE, &error))?;
        let id = started.query_id().unwrap_or_default();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = self.client.get_query_results().query_id(id).send().await;
            let answer = answer.map_err(|error| reason(SOURCE, &error))?;
            match answer.status() {
                Some(QueryStatus::Complete) => {
                    return Ok(answer.results().iter().map(|row| read(row)).collect());
                }
                Some(QueryStatus::Scheduled | QueryStatus::Running) if Instant::now() < deadline => {
                    sleep(BETWEEN_LOOKS).await;
                }
                Some(QueryStatus::Scheduled | QueryStatus::Running) => {
                    // Left alone it would go on, and cost.
                    let _ = self.client.stop_query().query_id(id).send().await;
                    return Err(format!("{SOURCE} の集計が時間内に終わりませんでした"));
                }
                _ => return Err(format!("{SOURCE} の集計が失敗しました")),
            }
        }
    }
}

fn read(row: &[ResultField]) -> Row {
    let fields = row.iter().filter_map(|field| Some((field.field()?.to_owned(), field.value()?.to_owned())));
    fields.collect()
}

/// `None` when rows are not what was asked for: not everything that answers can compute.
fn understand(times: &[Row], statuses: &[Row]) -> Option<Vec<Route>> {
    let number = |row: &Row, field: &str| row.get(field)?.parse::<f64>().ok();
    let mut counted: BTreeMap<&str, [f64; 2]> = BTreeMap::new();
    for row in statuses {
        let [errors, refused] = counted.entry(row.get("route")?).or_default();
        let requests = number(row, "requests")?;
        match row.get("status")?.as_str() {
            "401" | "403" => *refused += requests,
            status if status.starts_with('5') => *errors += requests,
            _ => (),
        }
    }
    let route = |row: &Row| {
        let route = row.get("route")?;
        let [errors, refused] = counted.get(route.as_str()).copied().unwrap_or_default();
        Some(Route {
            route: route.clone(),
            requests: number(row, "requests")?,
            mean_ms: number(row, "mean_ms")?,
            p95_ms: number(row, "p95_ms")?,
            errors,
            refused,
        })
    };
    let mut routes = times.iter().map(route).collect::<Option<Vec<_>>>()?;
    routes.sort_by(|a, b| b.p95_ms.total_cmp(&a.p95_ms).then_with(|| a.route.cmp(&b.route)));
    Some(routes)
}
