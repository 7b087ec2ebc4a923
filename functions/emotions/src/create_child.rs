//! `POST /v1/children`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use jiff::civil::Date;
use kimochi_api::openapi::Conflict;
use kimochi_api::{ApiError, ETag, FieldError, IdempotencyKey, JsonBody, Problem, SignedIn};
use kimochi_domain::{BirthDate, Gender, Nickname};
use kimochi_store::children::{self, Insertion, MAX_CHILDREN, NewChild};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::child::{ChildView, etag};
use crate::{App, idempotent};

/// A child to be entered.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"nickname": "みか", "birth_date": "2021-05-05"})))]
pub(crate) struct ChildRequest {
    #[schema(value_type = Nickname)]
    nickname: String,
    #[schema(value_type = BirthDate)]
    birth_date: String,
    #[schema(value_type = Option<Gender>)]
    gender: Option<String>,
}

/// Enters a child.
///
/// 201 with the child; 422 when a field cannot be taken or the family has 20 children.
#[utoipa::path(
    post,
    path = "/v1/children",
    operation_id = "create_child",
    tag = "children",
    params(IdempotencyKey),
    request_body = ChildRequest,
    responses(
        (
            status = 201,
            body = ChildView,
            headers(("etag" = ETag), ("location" = String, description = "The child's path.")),
            links(
                ("read" = (operation_id = "read_child", parameters(("id" = "$response.body#/id")))),
                ("update" = (operation_id = "update_child", parameters(("id" = "$response.body#/id")))),
                ("delete" = (operation_id = "delete_child", parameters(("id" = "$response.body#/id")))),
                ("log" = (
                    operation_id = "create_emotion_log",
                    request_body = json!({"child_id": "{$response.body#/id}", "emotion": "ureshii", "intensity": 3}),
                )),
                ("logs" = (
                    operation_id = "list_emotion_logs",
                    parameters(("child_id" = "$response.body#/id")),
                )),
                ("summary" = (
                    operation_id = "summarise_emotion_logs",
                    parameters(("child_id" = "$response.body#/id")),
                )),
            ),
        ),
        Conflict,
    ),
)]
pub(crate) async fn handle(
    State(app): State<Arc<App>>,
    SignedIn(caller): SignedIn,
    key: IdempotencyKey,
    JsonBody(request): JsonBody<ChildRequest>,
) -> Result<Response, ApiError> {
    let now = (app.clock)();
    let keyed = idempotent::keyed(&key, "POST /v1/children", &request);
    let new = parse(&request, app.time_zone.to_datetime(now).date())?;

    let family = app.database.family(&caller, now).await?;
    match children::insert(&family, &new, keyed.as_ref(), now).await? {
        Insertion::Created(child) => {
            let (location, etag) = (format!("/v1/children/{}", child.id), etag(&child));
            idempotent::created(family, keyed.as_ref(), location, &etag, &ChildView::from(child)).await
        }
        Insertion::KeyTaken => idempotent::repeated(family, keyed.as_ref()).await,
        Insertion::TooMany => {
            let detail = format!("a family has at most {MAX_CHILDREN} children");
            Err(Problem::unprocessable(vec![FieldError::new("body", detail)]).into())
        }
    }
}

fn parse(request: &ChildRequest, today: Date) -> Result<NewChild, Problem> {
    let nickname = request.nickname.parse::<Nickname>();
    let birth_date = BirthDate::parse(&request.birth_date, today);
    let gender = request.gender.as_deref().map(str::parse::<Gender>).transpose();
    match (nickname, birth_date, gender) {
        (Ok(nickname), Ok(birth_date), Ok(gender)) => Ok(NewChild { nickname, birth_date, gender }),
        (nickname, birth_date, gender) => Err(Problem::of_fields([
            FieldError::of("nickname", nickname),
            FieldError::of("birth_date", birth_date),
            FieldError::of("gender", gender),
        ])),
    }
}
