"""`POST /v1/uploads`: makes a recording, and a URL that can store its file once."""

from __future__ import annotations

import base64
import json
import logging
import os
import re
import time
from datetime import datetime, timedelta, timezone
from functools import cache
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import boto3
from botocore.config import Config

import problem
import recording
from database import family, signed_in, uuid7
from problem import Problem

MAX_BODY_BYTES = 64 * 1024
MAX_UPLOAD_BYTES = 10 * 1024 * 1024
LIFETIME = timedelta(minutes=3)

FIELDS = ("content_type", "size_bytes", "sha256")
MEDIA_TYPES = {
    "audio/wav": "audio/wav",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "audio/webm": "audio/webm",
    "audio/mp4": "audio/mp4",
    "audio/x-m4a": "audio/mp4",
    "audio/m4a": "audio/mp4",
}
EXTENSIONS = {"audio/wav": "wav", "audio/webm": "webm", "audio/mp4": "m4a"}
VISIBLE_ASCII = re.compile(r"[!-~]{1,200}")
SHA256 = re.compile(r"[0-9A-Fa-f]{64}")

COLUMNS = ", ".join(recording.COLUMNS)

INSERT = f"""\
INSERT INTO recordings
    (id, user_id, audio_key, content_type, size_bytes, sha256, idempotency_key, created_at, updated_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT ON CONSTRAINT recordings_idempotency DO NOTHING
RETURNING audio_key, {COLUMNS}"""

FIND_BY_IDEMPOTENCY_KEY = f"""\
SELECT audio_key, sha256, {COLUMNS}
FROM recordings
WHERE user_id = %s AND idempotency_key = %s AND deleted_at IS NULL"""

TIME_ZONE = ZoneInfo(os.environ.get("APP_TIME_ZONE", "Asia/Tokyo"))

logger = logging.getLogger("presign")
logger.setLevel(os.environ.get("LOG_LEVEL", "info").upper())


def handler(event: dict, context) -> dict:
    started = time.perf_counter()
    try:
        answer = respond(event, 201, create_upload(event), "application/json", {"cache-control": "no-store"})
    except Problem as refused:
        answer = respond(event, refused.status, refused.body(), problem.CONTENT_TYPE)
    except Exception as error:
        logger.exception("request failed")
        failed = Problem.of_failure(error)
        answer = respond(event, failed.status, failed.body(), problem.CONTENT_TYPE)
    duration_ms = int((time.perf_counter() - started) * 1000)
    logger.info("%s: %d", event["routeKey"], answer["statusCode"], extra={"duration_ms": duration_ms})
    return answer


def respond(event: dict, status: int, body: dict, content_type: str, headers: dict | None = None) -> dict:
    always = {"content-type": content_type, "x-request-id": event["requestContext"]["requestId"]}
    body = json.dumps(body, default=to_json, ensure_ascii=False, separators=(",", ":"))
    return {"statusCode": status, "headers": always | (headers or {}), "body": body}


def create_upload(event: dict) -> dict:
    signed_in(event)
    idempotency_key = read_idempotency_key(event["headers"])
    media_type, size_bytes, sha256 = read_file(read_body(event))
    now = datetime.now(timezone.utc)

    with family(event, now) as (connection, user_id):
        stamp = now.astimezone(TIME_ZONE).strftime("%Y%m%d_%H%M%S")
        audio_key = f"audio/{user_id}/audio_{stamp}_{uuid4().hex}.{EXTENSIONS[media_type]}"
        values = (uuid7(), user_id, audio_key, media_type, size_bytes, sha256, idempotency_key, now, now)
        row = connection.execute(INSERT, values).fetchone()
        if row is None:
            row = connection.execute(FIND_BY_IDEMPOTENCY_KEY, (user_id, idempotency_key)).fetchone()
            if row is None:
                raise Problem(410, "The recording that was made with this Idempotency-Key has been deleted.")
            earlier = (row["content_type"], row["size_bytes"], row.pop("sha256"))
            if earlier != (media_type, size_bytes, sha256):
                raise Problem.unprocessable({"Idempotency-Key": "was used before, with another body"})

    upload = presign(row.pop("audio_key"), media_type, size_bytes, sha256)
    upload["expires_at"] = now + LIFETIME
    row["failure"] = recording.failure(row["failure"])
    return {"recording": row, "upload": upload}


def presign(key: str, media_type: str, size_bytes: int, sha256: str | None) -> dict:
    parameters = {
        "Bucket": os.environ["MEDIA_BUCKET"],
        "Key": key,
        "ContentType": media_type,
        "ContentLength": size_bytes,
        "IfNoneMatch": "*",
    }
    headers = {"content-length": str(size_bytes), "content-type": media_type, "if-none-match": "*"}
    if sha256:
        checksum = base64.b64encode(bytes.fromhex(sha256)).decode()
        parameters["ChecksumSHA256"] = headers["x-amz-checksum-sha256"] = checksum
    url = s3().generate_presigned_url("put_object", parameters, int(LIFETIME.total_seconds()))
    return {"method": "PUT", "url": url, "headers": headers}


@cache
def s3():
    # On AWS the bucket is part of the host name; the emulator wants it in the path.
    style = "path" if "AWS_ENDPOINT_URL" in os.environ else "virtual"
    config = Config(
        signature_version="s3v4",
        s3={"addressing_style": style},
        # Otherwise the URL asks for a checksum of its own, of a file that is not there yet.
        request_checksum_calculation="when_required",
    )
    return boto3.client("s3", region_name=os.environ["AWS_REGION"], config=config)


def read_idempotency_key(headers: dict[str, str]) -> str | None:
    key = headers.get("idempotency-key")
    if key is not None and not VISIBLE_ASCII.fullmatch(key := key.strip()):
        raise Problem.unprocessable({"Idempotency-Key": "must be 1 to 200 visible ASCII characters"})
    return key


def read_body(event: dict) -> dict:
    content_type = event["headers"].get("content-type", "").partition(";")[0]
    if content_type.strip().lower() != "application/json":
        raise Problem(415, "Send the body as application/json.")
    body = event.get("body", "")
    text = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
    if len(text) > MAX_BODY_BYTES:
        raise Problem(413, f"A body may have {MAX_BODY_BYTES} bytes.")
    try:
        request = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Problem(400, f"The body is no JSON: {error}.") from error
    if not isinstance(request, dict):
        raise Problem.unprocessable({"body": "must be an object"})
    if unknown := request.keys() - FIELDS:
        raise Problem.unprocessable(dict.fromkeys(sorted(unknown), "is unknown"))
    return request


def read_file(request: dict) -> tuple[str, int, str | None]:
    content_type, size_bytes, sha256 = map(request.get, FIELDS)
    errors = {}
    essence = content_type.partition(";")[0].strip().lower() if isinstance(content_type, str) else None
    if essence not in MEDIA_TYPES:
        errors["content_type"] = "is not supported; use audio/wav, audio/webm or audio/mp4"
    if not (is_whole(size_bytes) and 1 <= size_bytes <= MAX_UPLOAD_BYTES):
        errors["size_bytes"] = f"must be from 1 to {MAX_UPLOAD_BYTES} bytes"
    if sha256 is not None and not (isinstance(sha256, str) and SHA256.fullmatch(sha256)):
        errors["sha256"] = "must be a SHA-256 digest as 64 hexadecimal digits"
    if errors:
        raise Problem.unprocessable(errors)
    return MEDIA_TYPES[essence], int(size_bytes), sha256 and sha256.lower()


def is_whole(number: object) -> bool:
    if isinstance(number, float):
        return number.is_integer()
    return isinstance(number, int) and not isinstance(number, bool)


def to_json(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} is no JSON")
