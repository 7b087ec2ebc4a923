//! `POST /v1/children`: enters a child.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use jiff::civil::Date;
use kimochi_api::{ApiError, FieldError, IdempotencyKey, JsonBody, Problem, SignedIn};
use kimochi_domain::{BirthDate, Gender, Nickname};
use kimochi_store::children::{self, Insertion, MAX_CHILDREN, NewChild};
use serde::{Deserialize, Serialize};

use crate::child::{ChildView, etag};
use crate::{App, idempotent};

/// A child to be entered.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChildRequest {
    nickname: String,
    birth_date: Date,
    gender: Option<String>,
}

/// 201 with the child; 422 when a field cannot be taken or the family has 20 children.
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
    let birth_date = BirthDate::new(request.birth_date, today);
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
