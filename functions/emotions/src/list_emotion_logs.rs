//! `GET /v1/emotion-logs`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::header::CACHE_CONTROL;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use kimochi_api::openapi::NotFound;
use kimochi_api::{ApiError, FieldError, Page, Problem, QueryOf, SignedIn};
use kimochi_domain::{ChildId, Day, EmotionName, moments_of};
use kimochi_store::children;
use kimochi_store::emotion_logs::{self, Filter, Position};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::emotion_log::EmotionLogView;
use crate::{App, cursor};

const DEFAULT_LIMIT: usize = 50;
const MAX_LIMIT: usize = 200;

/// Which logs to list: texts, so that each mistake can be named with its parameter.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// Only this child's.
    #[param(value_type = Option<ChildId>)]
    child_id: Option<String>,
    /// Only this feeling.
    #[param(value_type = Option<EmotionName>)]
    emotion: Option<String>,
    /// The first day, in the app's time zone.
    #[param(inline, value_type = Option<Day>)]
    from: Option<String>,
    /// The last day, included.
    #[param(inline, value_type = Option<Day>)]
    to: Option<String>,
    /// How many on a page.
    #[param(value_type = Option<i64>, minimum = 1, maximum = 200, default = 50)]
    limit: Option<String>,
    /// The `next_cursor` of the page before.
    #[param(pattern = "^[A-Za-z0-9_-]{32}$")]
    cursor: Option<String>,
}

/// Lists what was felt, page by page.
///
/// 200 with the logs, the latest felt first, each with its recording; 404 when the family has no such child; 422 when a
/// parameter cannot be understood.
#[utoipa::path(
    get,
    path = "/v1/emotion-logs",
    operation_id = "list_emotion_logs",
    tag = "feelings",
    params(ListQuery),
    responses(
        (
            status = 200,
            body = Page<EmotionLogView>,
            example = json!({
                "items": [EmotionLogView::example()],
                "next_cursor": "AAZOW-V1wsABnUZAmEBwAIAAAAAAAADR",
            }),
        ),
        NotFound,
    ),
)]
pub(crate) async fn handle(
    State(app): State<Arc<App>>,
    SignedIn(caller): SignedIn,
    QueryOf(query): QueryOf<ListQuery>,
) -> Result<impl IntoResponse, ApiError> {
    let wanted = parse(&query, &app.time_zone)?;
    let filter = Filter {
        child_id: wanted.child_id,
        emotion: wanted.emotion.as_ref(),
        from: wanted.from,
        until: wanted.until,
    };

    let family = app.database.family(&caller, (app.clock)()).await?;
    // One more than asked for tells whether there are more.
    let limit = i64::try_from(wanted.limit + 1).unwrap_or(i64::MAX);
    let mut logs = emotion_logs::list(&family, &filter, wanted.after, limit).await?;
    let is_nobodys = match wanted.child_id {
        Some(child_id) if logs.is_empty() => !children::is_there(&family, child_id).await?,
        _ => false,
    };
    family.commit().await?;
    if is_nobodys {
        return Err(Problem::not_found("child").into());
    }

    let is_last = logs.len() <= wanted.limit;
    logs.truncate(wanted.limit);
    let end = logs.last().map(|log| Position { felt_at: log.felt_at, id: log.id });
    let page = Page {
        next_cursor: end.filter(|_| !is_last).map(cursor::encode),
        items: logs.into_iter().map(EmotionLogView::from).collect(),
    };
    Ok(([(CACHE_CONTROL, "no-store")], Json(page)))
}

struct Wanted {
    child_id: Option<ChildId>,
    emotion: Option<EmotionName>,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    limit: usize,
    after: Option<Position>,
}

fn parse(query: &ListQuery, zone: &TimeZone) -> Result<Wanted, Problem> {
    let mut errors = Vec::new();
    let mut reject =
        |field: &str, detail: &dyn std::fmt::Display| errors.push(FieldError::new(field, detail));

    let child_id = query
        .child_id
        .as_deref()
        .and_then(|text| text.parse().map_err(|_| reject("child_id", &"must be a UUID")).ok());
    let emotion =
        query.emotion.as_deref().and_then(|text| text.parse().map_err(|e| reject("emotion", &e)).ok());
    let mut moments = |field: &str, text: &Option<String>| {
        let day: Day = text.as_deref()?.parse().map_err(|error| reject(field, &error)).ok()?;
        moments_of(day.date(), zone).map_err(|error| reject(field, &error)).ok()
    };
    let from = moments("from", &query.from).map(|moments| moments.start);
    let until = moments("to", &query.to).map(|moments| moments.end);
    let limit = match query.limit.as_deref().map(str::parse::<usize>) {
        None => DEFAULT_LIMIT,
        Some(Ok(limit @ 1..=MAX_LIMIT)) => limit,
        Some(_) => {
            reject("limit", &format_args!("must be from 1 to {MAX_LIMIT}"));
            DEFAULT_LIMIT
        }
    };
    let after = query.cursor.as_deref().and_then(|text| {
        let position = cursor::decode(text);
        if position.is_none() {
            reject("cursor", &"must be the next_cursor of a page of this list");
        }
        position
    });
    if errors.is_empty() {
        Ok(Wanted { child_id, emotion, from, until, limit, after })
    } else {
        Err(Problem::unprocessable(errors))
    }
}
