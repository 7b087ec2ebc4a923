"""`GET /v1/emotion-logs`: what was felt, the latest first, each with its recording."""

from __future__ import annotations

import base64
import logging
import os
from datetime import date, datetime, time, timedelta, timezone
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from mangum import Mangum
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

import problem
import recording
from database import family
from problem import Problem

EARLIEST = datetime(1900, 1, 1, tzinfo=timezone.utc)
END = datetime(9999, 1, 1, tzinfo=timezone.utc)
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
NIL = UUID(int=0)
TIME_ZONE = ZoneInfo(os.environ.get("APP_TIME_ZONE", "Asia/Tokyo"))

LIST = """\
WITH page AS MATERIALIZED (
    SELECT *
    FROM emotion_logs
    WHERE user_id = %(user_id)s AND deleted_at IS NULL{of_child}
        AND (felt_at, id) < (%(felt_at)s, %(id)s)
        AND felt_at >= %(from)s
        AND emotion = COALESCE(%(emotion)s, emotion)
    ORDER BY felt_at DESC, id DESC
    LIMIT %(limit)s
)
SELECT l.id AS log_id, l.child_id, l.emotion, l.intensity, l.note, l.felt_at, l.created_at AS log_created_at,
    l.updated_at AS log_updated_at, {recording}
FROM page l LEFT JOIN recordings r ON r.id = l.recording_id AND r.user_id = %(user_id)s
ORDER BY l.felt_at DESC, l.id DESC"""

_OF_RECORDING = ", ".join(f"r.{column}" for column in recording.COLUMNS)
LIST_OF_FAMILY = LIST.replace("{of_child}", "").replace("{recording}", _OF_RECORDING)
LIST_OF_CHILD = LIST.replace("{of_child}", " AND child_id = %(child_id)s").replace(
    "{recording}", _OF_RECORDING
)

# If another family has the child, the attempt is noted.
IS_CHILD_THERE = """\
WITH child AS (
    SELECT EXISTS (
        SELECT FROM children WHERE id = %(child_id)s AND user_id = %(user_id)s AND deleted_at IS NULL
    ) AS is_there
)
SELECT is_there, CASE WHEN NOT is_there THEN audit_refusal('child', %(child_id)s)::text END
FROM child"""

# Mangum writes one line a request, and what went wrong.
logging.getLogger("mangum.http").setLevel(os.environ.get("LOG_LEVEL", "info").upper())

app = FastAPI(openapi_url=None)


def read_day(text: str) -> date:
    day = date.fromisoformat(text)
    if len(text) != len("YYYY-MM-DD") or not 1900 <= day.year <= 9998:
        raise ValueError("must be a day from 1900 to 9998, as YYYY-MM-DD")
    return day


class ListQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    child_id: UUID | None = None
    emotion: Annotated[str | None, Field(pattern="^[a-z]{1,32}$")] = None
    first: Annotated[date | None, BeforeValidator(read_day), Field(alias="from")] = None
    last: Annotated[date | None, BeforeValidator(read_day), Field(alias="to")] = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str | None, Field(pattern="^[A-Za-z0-9_-]{32}$")] = None


class Failure(BaseModel):
    code: str
    message: str


class Recording(BaseModel):
    id: UUID
    status: str
    content_type: str
    size_bytes: int
    created_at: datetime
    uploaded_at: datetime | None
    finished_at: datetime | None
    duration_ms: int | None
    transcript: str | None
    partial_reason: str | None
    quality: str | None
    confidence: float | None
    language: str | None
    failure: Failure | None


class EmotionLog(BaseModel):
    id: UUID
    child_id: UUID
    emotion: str
    intensity: int
    note: str | None
    felt_at: datetime
    created_at: datetime
    updated_at: datetime
    recording: Recording | None


class Page(BaseModel):
    items: list[EmotionLog]
    next_cursor: str | None


# Without `async` it would run in a thread. A sandbox works on one request at a time, so nobody waits while the database
# is asked, and the way there and back costs a quarter more.
@app.get("/v1/emotion-logs")
async def list_emotion_logs(
    query: Annotated[ListQuery, Query()], request: Request, response: Response
) -> Page:
    event = request.scope["aws.event"]
    end = (midnight(query.last + timedelta(days=1)) if query.last else END, NIL)
    felt_at, after_id = min(read_cursor(query.cursor), end) if query.cursor else end
    with family(event, datetime.now(timezone.utc)) as (connection, user_id):
        parameters = {
            "user_id": user_id,
            "child_id": query.child_id,
            "felt_at": felt_at,
            "id": after_id,
            "from": midnight(query.first) if query.first else EARLIEST,
            "emotion": query.emotion,
            # One more than wanted tells whether there are more.
            "limit": query.limit + 1,
        }
        sql = LIST_OF_CHILD if query.child_id else LIST_OF_FAMILY
        rows = connection.execute(sql, parameters).fetchall()
        is_nobodys = (
            query.child_id
            and not rows
            and not connection.execute(IS_CHILD_THERE, parameters).fetchone()["is_there"]
        )
    if is_nobodys:
        raise Problem(404, "There is no such child.")

    response.headers["cache-control"] = "no-store"
    response.headers["x-request-id"] = event["requestContext"]["requestId"]
    items = [emotion_log(row) for row in rows[: query.limit]]
    has_more = len(rows) > query.limit
    return Page(items=items, next_cursor=cursor(items[-1]) if has_more else None)


def emotion_log(row: dict) -> EmotionLog:
    row["failure"] = recording.failure(row["failure"])
    return EmotionLog(
        id=row["log_id"],
        child_id=row["child_id"],
        emotion=row["emotion"],
        intensity=row["intensity"],
        note=row["note"],
        felt_at=row["felt_at"],
        created_at=row["log_created_at"],
        updated_at=row["log_updated_at"],
        recording=Recording.model_validate(row) if row["id"] else None,
    )


def cursor(log: EmotionLog) -> str:
    microseconds = (log.felt_at - EPOCH) // timedelta(microseconds=1)
    place = microseconds.to_bytes(8, "big", signed=True) + log.id.bytes
    return base64.urlsafe_b64encode(place).decode()


def read_cursor(text: str) -> tuple[datetime, UUID]:
    place = base64.urlsafe_b64decode(text)
    try:
        at = EPOCH + timedelta(microseconds=int.from_bytes(place[:8], "big", signed=True))
    except OverflowError:
        raise Problem.unprocessable({"cursor": "must be the next_cursor of a page of this list"}) from None
    return at, UUID(bytes=place[8:])


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), TIME_ZONE)


@app.exception_handler(Problem)
async def refuse(request: Request, refused: Problem) -> JSONResponse:
    headers = {"x-request-id": request.scope["aws.event"]["requestContext"]["requestId"]}
    return JSONResponse(refused.body(), refused.status, headers, problem.CONTENT_TYPE)


@app.exception_handler(RequestValidationError)
async def refuse_parameters(request: Request, invalid: RequestValidationError) -> JSONResponse:
    errors = {}
    for error in invalid.errors():
        field = "query" if error["type"] == "extra_forbidden" else error["loc"][-1]
        errors[field] = error["msg"]
    return await refuse(request, Problem.unprocessable(errors))


@app.exception_handler(Exception)
async def fail(request: Request, error: Exception) -> JSONResponse:
    return await refuse(request, Problem.of_failure(error))


# Other types than these would be sent as base64.
handler = Mangum(app, lifespan="off", text_mime_types=["application/json", problem.CONTENT_TYPE])
