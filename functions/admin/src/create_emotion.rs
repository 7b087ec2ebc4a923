//! `POST /v1/admin/emotions/{name}`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use kimochi_api::openapi::Conflict;
use kimochi_api::{ApiError, ETag, FieldError, JsonBody, PathName, Problem, SignedIn};
use kimochi_domain::{EmotionName, PictureKey};
use kimochi_store::emotions::{self, CardFace};

use crate::App;
use crate::card::{CardRequest, CardView, created};

/// Makes a card.
///
/// 201 with the card; the same for a repeated request, as long as the card is as it was made. 409 when there is another
/// one of that name, retired ones included; 422 when a field cannot be taken or there is no picture for it in the bucket.
#[utoipa::path(
    post,
    path = "/v1/admin/emotions/{name}",
    operation_id = "create_emotion",
    tag = "administration",
    security(("Operator" = [])),
    params(PathName<EmotionName>),
    request_body = CardRequest,
    responses(
        (
            status = 201,
            body = CardView,
            headers(("etag" = ETag), ("location" = String, description = "The card's path.")),
            links(
                ("read" = (operation_id = "read_emotion", parameters(("name" = "$response.body#/name")))),
                ("replace" = (operation_id = "replace_emotion", parameters(("name" = "$response.body#/name")))),
                ("remove" = (operation_id = "remove_emotion", parameters(("name" = "$response.body#/name")))),
            ),
        ),
        Conflict,
    ),
)]
pub(crate) async fn handle(
    State(app): State<Arc<App>>,
    SignedIn(caller): SignedIn,
    PathName(name): PathName<EmotionName>,
    JsonBody(request): JsonBody<CardRequest>,
) -> Result<Response, ApiError> {
    let now = (app.clock)();
    let face = CardFace::try_from(request)?;
    // A card without a face would be shown to children as a hole.
    if !app.bucket.has_picture(&PictureKey::new(name.clone())).await? {
        return Err(no_picture(&name).into());
    }

    let operator = app.database.operator(&caller, now).await?;
    let card = match emotions::insert(&operator, &name, &face, now).await? {
        Some(card) => card,
        None => match emotions::find_for_change(&operator, &name).await? {
            Some(card) if card.version == 1 && card.face == face => card,
            _ => return Err(taken().into()),
        },
    };
    operator.commit().await?;

    Ok(created(card))
}

fn no_picture(name: &EmotionName) -> Problem {
    let detail = format!("has no picture: add images/emotions/{name}.svg to the repository and deploy it");
    Problem::unprocessable(vec![FieldError::new("name", detail)])
}

fn taken() -> Problem {
    Problem::new(StatusCode::CONFLICT, "There is a card of that name; PUT gives it another face.")
}
