//! `PATCH /v1/children/{id}`: changes a child.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use jiff::civil::Date;
use kimochi_api::{ApiError, FieldError, IfMatch, JsonBody, PathId, Problem, SignedIn, given, present};
use kimochi_domain::{BirthDate, ChildId, Gender, Nickname};
use kimochi_store::audit::Subject;
use kimochi_store::children::{self, ChildChanges};
use serde::Deserialize;

use crate::{App, child};

/// What is to change; a field that is left out stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChildPatch {
    #[serde(default, deserialize_with = "given")]
    nickname: Option<String>,
    #[serde(default, deserialize_with = "given")]
    birth_date: Option<Date>,
    /// `null` empties it.
    #[serde(default, deserialize_with = "present")]
    gender: Option<Option<String>>,
}

/// 200 with the child as it is now; 404 when the family has none with that id; 412 when it is in another state than
/// `If-Match` says; 422 when a field cannot be taken.
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
    let changed = children::update(&family, id, &changes, now).await?;
    family.commit().await?;

    Ok(child::respond(changed))
}

fn parse(patch: &ChildPatch, today: Date) -> Result<ChildChanges, Problem> {
    let nickname = patch.nickname.as_deref().map(str::parse::<Nickname>).transpose();
    let birth_date = patch.birth_date.map(|day| BirthDate::new(day, today)).transpose();
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
