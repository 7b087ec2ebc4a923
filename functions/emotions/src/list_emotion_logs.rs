//! `GET /v1/emotion-logs`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::header::CACHE_CONTROL;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use kimochi_api::openapi::NotFound;
use kimochi_api::{ApiError, Cursor, Limit, Page, Parameters, Problem, QueryOf, SignedIn};
use kimochi_domain::{ChildId, Day, EmotionLogId, EmotionName, moments_of};
use kimochi_store::children;
use kimochi_store::emotion_logs::{self, EmotionLog, Filter, Position};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::App;
use crate::emotion_log::EmotionLogView;

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

    let family = app.database.reader(&caller, (app.clock)());
    let logs = emotion_logs::list(&family, &filter, wanted.after, wanted.limit.and_one()).await?;
    if let Some(child_id) = wanted.child_id
        && logs.is_empty()
    {
        // Should it be another family's, that is noted.
        if !children::is_there(family.begin().await?.last(), child_id).await? {
            return Err(Problem::not_found("child").into());
        }
    }

    let page = Page::cut(logs, wanted.limit, place, EmotionLogView::from);
    Ok(([(CACHE_CONTROL, "no-store")], Json(page)))
}

fn place(log: &EmotionLog) -> Cursor {
    Cursor { at: log.felt_at, id: log.id.0 }
}

struct Wanted {
    child_id: Option<ChildId>,
    emotion: Option<EmotionName>,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    limit: Limit,
    after: Option<Position>,
}

fn parse(query: &ListQuery, zone: &TimeZone) -> Result<Wanted, Problem> {
    let mut parameters = Parameters::default();
    let child_id = parameters.read_id("child_id", query.child_id.as_deref());
    let emotion = parameters.read("emotion", query.emotion.as_deref());
    let mut moments = |name: &str, text: Option<&str>| {
        let day: Day = parameters.read(name, text)?;
        moments_of(day.date(), zone).map_err(|error| parameters.reject(name, error)).ok()
    };
    let from = moments("from", query.from.as_deref()).map(|moments| moments.start);
    let until = moments("to", query.to.as_deref()).map(|moments| moments.end);
    let (limit, cursor) = parameters.read_page(query.limit.as_deref(), query.cursor.as_deref());
    parameters.check()?;
    let after = cursor.map(|cursor| Position { felt_at: cursor.at, id: EmotionLogId(cursor.id) });
    Ok(Wanted { child_id, emotion, from, until, limit, after })
}
