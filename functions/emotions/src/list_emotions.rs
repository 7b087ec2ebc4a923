//! `GET /v1/emotions`.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::header::CACHE_CONTROL;
use kimochi_api::{ApiError, Page, SignedIn};
use kimochi_domain::{EmotionName, PictureKey};
use kimochi_store::emotions;
use serde::Serialize;
use utoipa::ToSchema;

use crate::App;

/// Long enough for a child to look at the cards; the client asks for them anew at each start.
const PICTURE_LIFETIME: Duration = Duration::from_secs(60 * 60);

/// A feeling card as clients see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Emotion)]
pub(crate) struct EmotionView {
    name: EmotionName,
    /// What is written on it.
    label: String,
    /// `#rrggbb`, which a strength shows more or less of.
    #[schema(pattern = "^#[0-9a-f]{6}$")]
    color: String,
    /// Its picture, which may be out of reach after an hour.
    #[schema(format = "uri")]
    image_url: String,
}

/// Lists the feeling cards.
///
/// 200 with the cards that can be chosen, in their order.
#[utoipa::path(
    get,
    path = "/v1/emotions",
    operation_id = "list_emotions",
    tag = "feelings",
    responses((
        status = 200,
        body = Page<EmotionView>,
        example = json!({
            "items": [{
                "name": "ureshii",
                "label": "うれしい",
                "color": "#ffc72e",
                "image_url": "https://example.cloudfront.net/images/emotions/ureshii.webp",
            }],
            "next_cursor": null,
        }),
    )),
)]
pub(crate) async fn handle(
    State(app): State<Arc<App>>,
    SignedIn(caller): SignedIn,
) -> Result<impl IntoResponse, ApiError> {
    let family = app.database.reader(&caller, (app.clock)());
    let cards = emotions::list(&family).await?;

    let mut items = Vec::with_capacity(cards.len());
    for card in cards {
        let picture = PictureKey::new(card.name.clone());
        let image_url = match &app.image_base_url {
            Some(base) => format!("{base}/{picture}"),
            None => app.urls.picture(&picture, PICTURE_LIFETIME).await?.url,
        };
        items.push(EmotionView { name: card.name, label: card.label, color: card.color, image_url });
    }
    Ok(([(CACHE_CONTROL, "no-store")], Json(Page::whole(items))))
}
