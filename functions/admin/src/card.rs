//! A feeling card as operators see and enter it.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, ETAG, LOCATION};
use http::{HeaderValue, StatusCode};
use jiff::Timestamp;
use kimochi_api::{ETag, FieldError, Problem, WholeNumber};
use kimochi_domain::{CardColor, CardLabel, CardPosition, EmotionName};
use kimochi_store::emotions::{Card, CardFace};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

/// What an operator decides about a card.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"label": "ねむい", "color": "#8c7bab", "position": 13})))]
pub(crate) struct CardRequest {
    #[schema(value_type = CardLabel)]
    label: String,
    #[schema(value_type = CardColor)]
    color: String,
    #[schema(value_type = CardPosition)]
    position: WholeNumber,
}

impl TryFrom<CardRequest> for CardFace {
    type Error = Problem;

    fn try_from(request: CardRequest) -> Result<Self, Problem> {
        let label = request.label.parse::<CardLabel>();
        let color = request.color.parse::<CardColor>();
        let position = CardPosition::try_from(request.position.0);
        match (label, color, position) {
            (Ok(label), Ok(color), Ok(position)) => Ok(Self { label, color, position }),
            (label, color, position) => Err(Problem::of_fields([
                FieldError::of("label", label),
                FieldError::of("color", color),
                FieldError::of("position", position),
            ])),
        }
    }
}

/// A card as operators see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Card, examples(CardView::example))]
pub(crate) struct CardView {
    name: EmotionName,
    label: CardLabel,
    color: CardColor,
    position: CardPosition,
    created_at: Timestamp,
    updated_at: Timestamp,
    /// When it was taken out of the choice; `null` while it can be chosen.
    #[schema(required)]
    retired_at: Option<Timestamp>,
}

impl From<Card> for CardView {
    fn from(card: Card) -> Self {
        let Card { name, face, version: _, created_at, updated_at, retired_at } = card;
        let CardFace { label, color, position } = face;
        Self { name, label, color, position, created_at, updated_at, retired_at }
    }
}

impl CardView {
    /// One in the OpenAPI document.
    pub(crate) fn example() -> Value {
        json!({
            "name": "nemui",
            "label": "ねむい",
            "color": "#8c7bab",
            "position": 13,
            "created_at": "2026-03-31T23:30:00Z",
            "updated_at": "2026-03-31T23:30:00Z",
            "retired_at": null,
        })
    }
}

/// The validator of the card's present state.
pub(crate) fn etag(card: &Card) -> ETag {
    ETag::of(&[i64::from(card.version)])
}

/// 200 with the card and its `ETag`.
pub(crate) fn respond(card: Card) -> Response {
    let headers = [(ETAG, etag(&card).into()), (CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (StatusCode::OK, headers, Json(CardView::from(card))).into_response()
}

/// 201 with the card, its `ETag` and where it is.
pub(crate) fn created(card: Card) -> Response {
    let location = [(LOCATION, format!("/v1/admin/emotions/{}", card.name))];
    (StatusCode::CREATED, location, respond(card)).into_response()
}
