//! `GET /v1/intensities`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use kimochi_api::{ApiError, Page, SignedIn};
use kimochi_domain::Intensity;
use kimochi_store::emotions;
use serde::Serialize;
use utoipa::ToSchema;

use crate::App;

/// A strength as clients see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Strength)]
pub(crate) struct IntensityView {
    #[schema(value_type = Intensity)]
    level: i16,
    /// What is written on it.
    label: String,
    /// How much of the card's colour to show.
    #[schema(minimum = 1, maximum = 100)]
    percent: i16,
}

/// Lists how strong a feeling can be.
///
/// 200 with the strengths, the weakest first.
#[utoipa::path(
    get,
    path = "/v1/intensities",
    operation_id = "list_intensities",
    tag = "feelings",
    responses((
        status = 200,
        body = Page<IntensityView>,
        example = json!({"items": [{"level": 1, "label": "よわい", "percent": 40}], "next_cursor": null}),
    )),
)]
pub(crate) async fn handle(
    State(app): State<Arc<App>>,
    SignedIn(caller): SignedIn,
) -> Result<Json<Page<IntensityView>>, ApiError> {
    let family = app.database.reader(&caller, (app.clock)());
    let strengths = emotions::strengths(&family).await?;

    let view = |s: emotions::Strength| IntensityView { level: s.level, label: s.label, percent: s.percent };
    Ok(Json(Page::whole(strengths.into_iter().map(view))))
}
