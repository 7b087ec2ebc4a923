//! `PATCH /v1/children/{id}`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use jiff::civil::Date;
use kimochi_api::{ApiError, ETag, FieldError, IfMatch, JsonBody, PathId, Problem, SignedIn, given, present};
use kimochi_domain::{BirthDate, ChildId, Gender, Nickname};
use kimochi_store::audit::Subject;
use kimochi_store::children::{self, ChildChanges};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::child::ChildView;
use crate::{App, child};

/// What is to change; a field that is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"gender": "おんなのこ"})))]
pub(crate) struct ChildPatch {
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Nickname)]
    nickname: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = BirthDate)]
    birth_date: Option<String>,
    /// `null` empties it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Gender>)]
    gender: Option<Option<String>>,
}

/// Changes a child.
///
/// 200 with the child as it is now; 404 when the family has none with that id; 412 when it is in another state than
/// `If-Match` says; 422 when a field cannot be taken.
#[utoipa::path(
    patch,
    path = "/v1/children/{id}",
    operation_id = "update_child",
    tag = "children",
    params(PathId<ChildId>, IfMatch),
    request_body = ChildPatch,
    responses((status = 200, body = ChildView, headers(("etag" = ETag)))),
)]
pub(crate) async fn handle(
    State(app): State<Arc<App>>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId<ChildId>,
    if_match: IfMatch,
    JsonBody(patch): JsonBody<ChildPatch>,
) -> Result<Response, ApiError> {
    let now = (app.clock)();
    let changes = parse(&patch, app.time_zone.to_datetime(now).date())?;

    let family = app.database.family(&caller, now).await?;
    let Some(found) = children::find_for_change(&family, id).await? else {
        family.refuse(Subject::Child(id)).await?;
        return Err(Problem::not_found("child").into());
    };
    if_match.check(&child::etag(&found))?;
    let changed = children::update(family.last(), id, &changes, now).await?;

    Ok(child::respond(changed))
}

fn parse(patch: &ChildPatch, today: Date) -> Result<ChildChanges, Problem> {
    let nickname = patch.nickname.as_deref().map(str::parse::<Nickname>).transpose();
    let birth_date = patch.birth_date.as_deref().map(|day| BirthDate::parse(day, today)).transpose();
    let gender = patch
        .gender
        .as_ref()
        .map(|gender| gender.as_deref().map(str::parse::<Gender>).transpose())
        .transpose();
    match (nickname, birth_date, gender) {
        (Ok(nickname), Ok(birth_date), Ok(gender)) => Ok(ChildChanges { nickname, birth_date, gender }),
        (nickname, birth_date, gender) => Err(Problem::of_fields([
            FieldError::of("nickname", nickname),
            FieldError::of("birth_date", birth_date),
            FieldError::of("gender", gender),
        ])),
    }
}
