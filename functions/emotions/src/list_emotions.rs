//! `GET /v1/emotions`: the feeling cards.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::header::CACHE_CONTROL;
use kimochi_api::{ApiError, SignedIn};
use kimochi_domain::{EmotionName, PictureKey};
use kimochi_store::emotions;
use serde::Serialize;

use crate::App;
use crate::page::Page;

/// Long enough for a child to look at the cards; the client asks for them anew at each start.
const PICTURE_LIFETIME: Duration = Duration::from_secs(60 * 60);

/// A feeling card as clients see it.
#[derive(Debug, Serialize)]
pub(crate) struct EmotionView {
    name: EmotionName,
    label: String,
    color: String,
    image_url: String,
}

/// 200 with the cards that can be chosen, in their order.
pub(crate) async fn handle(
    State(app): State<Arc<App>>,
    SignedIn(caller): SignedIn,
) -> Result<impl IntoResponse, ApiError> {
    let family = app.database.family(&caller, (app.clock)()).await?;
    let cards = emotions::list(&family).await?;
    family.commit().await?;

    let mut items = Vec::with_capacity(cards.len());
    for card in cards {
        let picture = PictureKey::new(card.name.clone());
        let image_url = match &app.image_base_url {
            Some(base) => format!("{base}/{picture}"),
            None => app.bucket.presign_picture(&picture, PICTURE_LIFETIME).await?.url,
        };
        items.push(EmotionView { name: card.name, label: card.label, color: card.color, image_url });
    }
    Ok(([(CACHE_CONTROL, "no-store")], Json(Page::whole(items))))
}
