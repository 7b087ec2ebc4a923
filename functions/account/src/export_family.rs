//! `GET /v1/me/export`.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::header::CACHE_CONTROL;
use jiff::Timestamp;
use kimochi_api::{ApiError, SignedIn};
use kimochi_blob::BlobError;
use kimochi_domain::{Caller, ExportKey, UniqueId};
use kimochi_store::audit::{self, Subject};
use kimochi_store::{User, export};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::App;
use crate::export_file::{ExportFile, FinishedFile};
use crate::spool::Spool;

/// How long the link to the file works: time enough to save it.
const LINK_LIFETIME: Duration = Duration::from_secs(15 * 60);
/// How long the links inside it work: time enough to fetch the sound of some years with them.
const AUDIO_LIFETIME: Duration = Duration::from_secs(60 * 60);

/// A family's copy of its data.
#[derive(Serialize, ToSchema)]
#[schema(as = Export, examples(json!({
    "url": "https://example-media.s3.ap-northeast-1.amazonaws.com/export/019d4640-9840-7000-8000-0000000000aa/export_20260401_083000_0123456789abcdef0123456789abcdef.json?X-Amz-Signature=00",
    "expires_at": "2026-03-31T23:45:00Z",
    "size_bytes": 18_532,
})))]
pub(crate) struct ExportView {
    /// Where the JSON file can be fetched. Whoever knows the URL can.
    #[schema(format = "uri")]
    url: String,
    /// When that URL stops working.
    expires_at: Timestamp,
    /// The file's size.
    #[schema(minimum = 1)]
    size_bytes: u64,
}

/// Makes a copy of everything that we hold about the family.
///
/// 200 with a link to a JSON file: children, logs, recordings with short-lived links to their sound, and what was done
/// with all of it.
#[utoipa::path(
    get,
    path = "/v1/me/export",
    operation_id = "export_family",
    tag = "account",
    responses((status = 200, body = ExportView)),
)]
pub(crate) async fn handle(
    State(app): State<Arc<App>>,
    SignedIn(caller): SignedIn,
) -> Result<impl IntoResponse, ApiError> {
    let now = (app.clock)();
    let family = app.database.family(&caller, now).await?;
    let user = *family.user();
    let mut spool = Spool::new()?;
    let mut entries = export::read(&family).await?;
    while let Some(entry) = entries.next().await? {
        spool.put(entry)?;
    }
    audit::note_access(family.last(), "family.export", Subject::Family(user.id)).await?;

    let copy = write_copy(&app, &caller, user, spool, now).await?;
    let key = ExportKey::new(user.id, now, &app.time_zone, UniqueId::random());
    app.bucket.put_export(&key, copy.file).await?;
    let link = app.urls.export(&key, LINK_LIFETIME).await?;
    let view = ExportView { url: link.url, expires_at: now + LINK_LIFETIME, size_bytes: copy.size_bytes };
    Ok(([(CACHE_CONTROL, "no-store")], Json(view)))
}

/// Entry by entry, so that memory does not grow with the family's years.
async fn write_copy(
    app: &App,
    caller: &Caller,
    user: User,
    spool: Spool,
    now: Timestamp,
) -> Result<FinishedFile, BlobError> {
    let mut copy = ExportFile::begin(&json!({
        "id": user.id,
        "issuer": caller.identity.issuer,
        "subject": caller.identity.subject,
        "created_at": user.created_at,
        "exported_at": now,
    }))?;
    for entry in spool.take()? {
        let mut entry = entry?;
        if let Some(key) = &entry.audio_key {
            let link = app.urls.download(key, AUDIO_LIFETIME).await?;
            entry.item.insert("audio_url".to_owned(), link.url.into());
            entry.item.insert("audio_url_expires_at".to_owned(), json!(now + AUDIO_LIFETIME));
        }
        copy.write(entry.section, &entry.item)?;
    }
    copy.finish()
}
