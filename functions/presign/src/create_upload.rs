//! `POST /v1/uploads`: a recording, and a URL that can store its file once.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::StatusCode;
use http::header::CACHE_CONTROL;
use kimochi_api::{ApiError, FieldError, IdempotencyKey, JsonBody, Problem, RecordingView, SignedIn};
use kimochi_blob::PresignedUpload;
use kimochi_domain::{AudioKey, MAX_UPLOAD_LIFETIME, MediaType, Sha256Digest, UniqueId, UploadSize};
use kimochi_store::recordings::{self, Insertion, NewRecording};
use serde::{Deserialize, Serialize};

use crate::App;

/// What a client says about the file it is going to send.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UploadRequest {
    content_type: String,
    size_bytes: i64,
    sha256: Option<String>,
}

/// The recording, and how to send its file.
#[derive(Serialize)]
struct UploadResponse {
    recording: RecordingView,
    upload: PresignedUpload,
}

/// 201 with a new recording and its URL; with an `Idempotency-Key` seen before, the same recording and a fresh
/// URL, or 410 when that was deleted; 422 when the file would not be taken or the key was used for another file.
pub(crate) async fn handle(
    State(app): State<Arc<App>>,
    SignedIn(caller): SignedIn,
    IdempotencyKey(idempotency_key): IdempotencyKey,
    JsonBody(request): JsonBody<UploadRequest>,
) -> Result<impl IntoResponse, ApiError> {
    let file = File::try_from(request)?;
    let now = (app.clock)();

    let family = app.database.family(&caller, now).await?;
    let audio_key = AudioKey::new(family.user().id, now, &app.time_zone, UniqueId::random(), file.media_type);
    let new = NewRecording {
        audio_key: &audio_key,
        size: file.size,
        sha256: file.sha256,
        idempotency_key: idempotency_key.as_deref(),
    };
    let recording = match recordings::insert(&family, &new, now).await? {
        Insertion::Created(recording) | Insertion::Replayed(recording) => recording,
        Insertion::KeyReused => return Err(key_reused().into()),
        Insertion::Deleted => return Err(deleted().into()),
    };
    family.commit().await?;

    let upload = app
        .bucket
        .presign_upload(&recording.audio_key, file.size, file.sha256, now, MAX_UPLOAD_LIFETIME)
        .await?;
    let body = UploadResponse { recording: recording.into(), upload };
    Ok((StatusCode::CREATED, [(CACHE_CONTROL, "no-store")], Json(body)))
}

/// A file that we would take.
#[derive(Debug, Clone, Copy)]
struct File {
    media_type: MediaType,
    size: UploadSize,
    sha256: Option<Sha256Digest>,
}

impl TryFrom<UploadRequest> for File {
    type Error = Problem;

    fn try_from(request: UploadRequest) -> Result<Self, Problem> {
        let media_type = MediaType::parse(&request.content_type);
        let size = UploadSize::try_from(request.size_bytes);
        let sha256 = request.sha256.as_deref().map(str::parse::<Sha256Digest>).transpose();
        match (media_type, size, sha256) {
            (Ok(media_type), Ok(size), Ok(sha256)) => Ok(Self { media_type, size, sha256 }),
            (media_type, size, sha256) => Err(Problem::of_fields([
                FieldError::of("content_type", media_type),
                FieldError::of("size_bytes", size),
                FieldError::of("sha256", sha256),
            ])),
        }
    }
}

fn deleted() -> Problem {
    let detail = "The recording that was made with this Idempotency-Key has been deleted.";
    Problem::new(StatusCode::GONE, detail)
}

fn key_reused() -> Problem {
    let detail = "was used before, with another body";
    Problem::unprocessable(vec![FieldError::new("Idempotency-Key", detail)])
}
