//! `GET /v1/intensities`: how strong a feeling can be.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use kimochi_api::{ApiError, SignedIn};
use kimochi_store::emotions;
use serde::Serialize;

use crate::App;
use crate::page::Page;

/// A strength as clients see it.
#[derive(Debug, Serialize)]
pub(crate) struct IntensityView {
    level: i16,
    label: String,
    /// How much of the card's colour to show.
    percent: i16,
}

/// 200 with the strengths, the weakest first.
pub(crate) async fn handle(
    State(app): State<Arc<App>>,
    SignedIn(caller): SignedIn,
) -> Result<Json<Page<IntensityView>>, ApiError> {
    let family = app.database.family(&caller, (app.clock)()).await?;
    let strengths = emotions::strengths(&family).await?;
    family.commit().await?;

    let view = |s: emotions::Strength| IntensityView { level: s.level, label: s.label, percent: s.percent };
    Ok(Json(Page::whole(strengths.into_iter().map(view))))
}
