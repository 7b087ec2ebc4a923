//! `POST /v1/uploads`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use http::StatusCode;
use http::header::CACHE_CONTROL;
use kimochi_api::{
    ApiError, FieldError, IdempotencyKey, JsonBody, Problem, RecordingView, SignedIn, WholeNumber,
};
use kimochi_blob::PresignedUpload;
use kimochi_domain::{AudioKey, MAX_UPLOAD_LIFETIME, MediaType, Sha256Digest, UniqueId, UploadSize};
use kimochi_store::recordings::{self, Earlier, Insertion, NewRecording};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::App;

/// What a client says about the file it is going to send.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"content_type": "audio/webm;codecs=opus", "size_bytes": 14_664})))]
pub(crate) struct UploadRequest {
    /// As the browser names it; parameters are ignored.
    #[schema(pattern = r"^audio/(wav|x-wav|wave|vnd\.wave|webm|mp4|x-m4a|m4a)\s*(;.*)?$")]
    content_type: String,
    #[schema(value_type = UploadSize)]
    size_bytes: WholeNumber,
    /// If given, only a file with this digest can be stored.
    #[schema(value_type = Option<Sha256Digest>)]
    sha256: Option<String>,
}

/// The recording, and how to send its file.
#[derive(Serialize, ToSchema)]
#[schema(as = Upload, examples(UploadResponse::example))]
struct UploadResponse {
    recording: RecordingView,
    upload: PresignedUpload,
}

/// Makes a recording, and a URL that can store its file once.
///
/// 201 with a new recording and its URL; with an `Idempotency-Key` seen before, the same recording and a fresh
/// URL, or 410 when that was deleted; 422 when the file would not be taken or the key was used for another file.
#[utoipa::path(
    post,
    path = "/v1/uploads",
    operation_id = "create_upload",
    tag = "recordings",
    params(IdempotencyKey),
    request_body = UploadRequest,
    responses((
        status = 201,
        body = UploadResponse,
        links((
            "read" = (operation_id = "read_recording", parameters(("id" = "$response.body#/recording/id")))
        )),
    )),
)]
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
    let recording = match recordings::insert(family.last(), &new, now).await? {
        Insertion::Created(recording) => recording,
        Insertion::KeyTaken => match recordings::earlier(&app.database.reader(&caller, now), &new).await? {
            Earlier::Same(recording) => recording,
            Earlier::OtherRequest => return Err(key_reused().into()),
            Earlier::Deleted => return Err(deleted().into()),
        },
    };

    let upload =
        app.urls.upload(&recording.audio_key, file.size, file.sha256, now, MAX_UPLOAD_LIFETIME).await?;
    let body = UploadResponse { recording: (*recording).into(), upload };
    Ok((StatusCode::CREATED, [(CACHE_CONTROL, "no-store")], Json(body)))
}

impl UploadResponse {
    fn example() -> Value {
        let mut recording = RecordingView::example();
        recording["status"] = json!("requested");
        for unknown in
            ["uploaded_at", "finished_at", "duration_ms", "transcript", "quality", "confidence", "language"]
        {
            recording[unknown] = Value::Null;
        }
        json!({
            "recording": recording,
            "upload": {
                "method": "PUT",
                "url": "https://example-media.s3.ap-northeast-1.amazonaws.com/audio/example.webm?X-Amz-Signature=0123",
                "headers": {"content-type": "audio/webm", "content-length": "14664", "if-none-match": "*"},
                "expires_at": "2026-03-31T23:33:00Z",
            },
        })
    }
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
        let size = UploadSize::try_from(request.size_bytes.0);
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
