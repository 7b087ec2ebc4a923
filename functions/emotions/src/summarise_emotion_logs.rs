//! `GET /v1/emotion-logs/summary`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::header::CACHE_CONTROL;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use kimochi_api::openapi::NotFound;
use kimochi_api::{ApiError, FieldError, Problem, QueryOf, SignedIn};
use kimochi_domain::{ChildId, Day, Days, EmotionName, moments_of};
use kimochi_store::audit::Subject;
use kimochi_store::emotion_logs::{self, DayCount};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::App;

/// Whose logs to count, and on which days.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SummaryQuery {
    #[param(required, value_type = ChildId)]
    child_id: Option<String>,
    /// The first day, in the app's time zone.
    #[param(required, inline, value_type = Day)]
    from: Option<String>,
    /// The last day, included.
    #[param(required, inline, value_type = Day)]
    to: Option<String>,
}

/// Counts of a child's logs.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(examples(json!({
    "child_id": "019d4640-9840-7000-8000-0000000000b1",
    "from": "2026-04-01",
    "to": "2026-04-02",
    "totals": {"ureshii": 2, "kowai": 1},
    "days": [
        {"date": "2026-04-01", "total": 3, "emotions": {"ureshii": 2, "kowai": 1}},
        {"date": "2026-04-02", "total": 0, "emotions": {}},
    ],
})))]
pub(crate) struct Summary {
    child_id: ChildId,
    from: Date,
    to: Date,
    /// Over all days; feelings that did not come are left out.
    totals: BTreeMap<EmotionName, i64>,
    /// Every day that was asked for, in order, those without a log included.
    days: Vec<DayView>,
}

/// Counts of one calendar day.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SummaryDay)]
struct DayView {
    date: Date,
    total: i64,
    emotions: BTreeMap<EmotionName, i64>,
}

/// Counts how often a child felt what, day by day.
///
/// 200 with the counts; 404 when the family has no such child; 422 when a parameter is missing or cannot be understood,
/// or asks for more than 366 days.
#[utoipa::path(
    get,
    path = "/v1/emotion-logs/summary",
    operation_id = "summarise_emotion_logs",
    tag = "feelings",
    params(SummaryQuery),
    responses((status = 200, body = Summary), NotFound),
)]
pub(crate) async fn handle(
    State(app): State<Arc<App>>,
    SignedIn(caller): SignedIn,
    QueryOf(query): QueryOf<SummaryQuery>,
) -> Result<impl IntoResponse, ApiError> {
    let (child_id, days, from, until) = parse(&query, &app.time_zone)?;
    let zone = app.time_zone.iana_name().unwrap_or("UTC");

    let family = app.database.reader(&caller, (app.clock)());
    let Some(counts) = emotion_logs::summarise(&family, child_id, from, until, zone).await? else {
        family.refuse(Subject::Child(child_id)).await?;
        return Err(Problem::not_found("child").into());
    };

    Ok(([(CACHE_CONTROL, "no-store")], Json(summary(child_id, days, counts))))
}

fn summary(child_id: ChildId, days: Days, counts: Vec<DayCount>) -> Summary {
    let mut totals = BTreeMap::new();
    let mut by_day: BTreeMap<Date, BTreeMap<EmotionName, i64>> = BTreeMap::new();
    for DayCount { day, emotion, count } in counts {
        *totals.entry(emotion.clone()).or_default() += count;
        by_day.entry(day).or_default().insert(emotion, count);
    }
    let day = |date| {
        let emotions = by_day.remove(&date).unwrap_or_default();
        DayView { date, total: emotions.values().sum(), emotions }
    };
    Summary { child_id, from: days.first(), to: days.last(), totals, days: days.iter().map(day).collect() }
}

fn parse(query: &SummaryQuery, zone: &TimeZone) -> Result<(ChildId, Days, Timestamp, Timestamp), Problem> {
    let child_id =
        required(query.child_id.as_deref(), |text| text.parse().map_err(|_| "must be a UUID".to_owned()));
    let day = |text: &str| text.parse::<Day>().map(Day::date).map_err(|error| error.to_string());
    let from = required(query.from.as_deref(), day);
    let to = required(query.to.as_deref(), day);
    let (Ok(child_id), Ok(from), Ok(to)) = (&child_id, &from, &to) else {
        return Err(Problem::of_fields([
            FieldError::of("child_id", child_id),
            FieldError::of("from", from),
            FieldError::of("to", to),
        ]));
    };
    let wrong = |error: &dyn std::fmt::Display| Problem::unprocessable(vec![FieldError::new("to", error)]);
    let days = Days::new(*from, *to).map_err(|error| wrong(&error))?;
    let start = moments_of(*from, zone).map_err(|error| wrong(&error))?.start;
    let end = moments_of(*to, zone).map_err(|error| wrong(&error))?.end;
    Ok((*child_id, days, start, end))
}

fn required<T>(text: Option<&str>, parse: impl Fn(&str) -> Result<T, String>) -> Result<T, String> {
    text.ok_or_else(|| "is required".to_owned()).and_then(parse)
}
