"""What Schemathesis cannot read from openapi.json about our service, in its own hooks.

Every check stays switched on, and what is sent to be refused is sent as it is. Requests that are meant to be
accepted are kept acceptable where JSON Schema has no words for what makes them so: days in the past, a
card that exists, characters as people count them. One answer is named that is API Gateway's, not ours.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import urllib.error
import urllib.request
from contextlib import suppress
from datetime import date, datetime, timedelta, timezone

import schemathesis
from hypothesis import strategies
from schemathesis import Case, HookContext, Response
from schemathesis.core.failures import Failure
from schemathesis.generation.meta import TestPhase
from schemathesis.openapi.checks import EnsureResourceAvailability, UnsupportedMethodResponse

from . import people
from .intrinsics import DeployedStack
from .place import STACK_NAME

MAX_CHILDREN = 20
# Lists whose pages follow one another.
PAGED = ("GET /v1/emotion-logs", "GET /v1/admin/job-runs", "GET /v1/admin/audit-logs")
REASON = "The API is held against its document"
MAX_DAYS = 366
# In characters as people count them, of which none has less than one code point.
MAX_CHARACTERS = {"nickname": 30, "gender": 30, "note": 2_000, "label": 20}

# Birthdays and feelings lie in the past; of days the document says itself that they begin in 1900.
_LATEST = datetime.now(timezone.utc).replace(tzinfo=None) - timedelta(days=2)
_ZONES = strategies.sampled_from(
    [timezone.utc, timezone(timedelta(hours=9)), timezone(timedelta(hours=-3.5))]
)
_TIMES = strategies.datetimes(datetime(1900, 1, 2), _LATEST, timezones=_ZONES)
schemathesis.openapi.format("date-time", _TIMES.map(datetime.isoformat))

_ENTITY_TAGS = re.compile(r'\*|(W/)?"')

_child_of: dict[str, str] = {}


@schemathesis.hook
def filter_failure(context: HookContext, failure: Failure, case: Case, response: Response) -> bool:
    """Whether a failure is one; two kinds are not."""
    match failure:
        case UnsupportedMethodResponse():
            # To API Gateway a method that a path does not have is a route that does not exist: 404 and these bytes.
            return (response.status_code, response.content) != (404, b'{"message":"Not Found"}')
        case EnsureResourceAvailability() if (log := case.path_parameters.get("id")) in _child_of:
            # A log goes with its child; Schemathesis knows only of what is removed by its own path.
            return _child_of[log] in _ids("/v1/children")
        case _:
            return True


@schemathesis.hook
def after_call(context: HookContext, case: Case, response: Response) -> None:
    if case.operation.label == "POST /v1/emotion-logs" and response.status_code == 201:
        log = response.json()
        _child_of[log["id"]] = log["child_id"]


@schemathesis.hook
def before_call(context: HookContext, case: Case, kwargs: dict) -> None:
    if case.operation.label == "DELETE /v1/me":
        _let_another_family_leave(case)
    if case.operation.label == "POST /v1/children":
        _make_room_for_a_child()
    if case.operation.path == "/v1/admin/emotions/{name}":
        _leave_real_cards_alone(case)
    if case.meta.generation.mode.is_positive:
        _keep_acceptable(case)


def _let_another_family_leave(case: Case) -> None:
    """Who has left is answered 410 for good: whoever leaves does so with a family made for it."""
    if case.headers.get("Authorization") == _parent():
        name = f"leaving-{secrets.token_hex(4)}"
        token = people.sign_in_parent(DeployedStack.named(STACK_NAME).outputs, name)
        case.headers["Authorization"] = f"Bearer {token}"
        _call("GET", "/v1/me", authorization=f"Bearer {token}")


def _leave_real_cards_alone(case: Case) -> None:
    """Only the card of this run is made, changed and removed; another one has no picture, so it cannot be made."""
    if case.meta.generation.mode.is_positive or case.path_parameters.get("name") in _cards():
        case.path_parameters["name"] = os.environ["CARD"]
    if case.meta.generation.mode.is_positive and case.method.upper() == "POST":
        # There is one of each name.
        with suppress(urllib.error.HTTPError):
            _call("DELETE", f"/v1/admin/emotions/{os.environ['CARD']}", authorization=_operator())


def _make_room_for_a_child() -> None:
    """A family has 20 children at most; the first goes before one more comes."""
    children = _items("/v1/children")
    if len(children) >= MAX_CHILDREN:
        _call("DELETE", f"/v1/children/{children[0]['id']}")


def _keep_acceptable(case: Case) -> None:
    if "Idempotency-Key" in case.headers:
        # A key is refused for another request than its first.
        case.headers["Idempotency-Key"] = case.headers["Idempotency-Key"][:-16] + secrets.token_hex(8)
    if not _ENTITY_TAGS.match(case.headers.get("If-Match", "*")):
        # Schemathesis finds no text with quotes for a header, and takes 0 for a valid one then.
        case.headers["If-Match"] = "*"
    for fields in case.query, case.body:
        if isinstance(fields, dict):
            _keep_days_in_the_past(fields)
    if isinstance(case.body, dict):
        _keep_body_acceptable(case.body)
    if case.operation.label in PAGED:
        # Nobody can make up a place in a list.
        case.query.pop("cursor", None)
    if case.operation.path.startswith("/v1/admin/"):
        _say_why_a_family_is_looked_at(case)
    if case.operation.label == "GET /v1/emotion-logs/summary":
        _put_days_in_order(case.query)
    if case.meta.phase.name != TestPhase.STATEFUL:
        _name_what_there_is(case)


def _say_why_a_family_is_looked_at(case: Case) -> None:
    """A list needs a reason only where it names a family, and a header may hold what is no text once it is decoded."""
    if "user_id" in case.query:
        case.query["user_id"] = os.environ["FAMILY_ID"]
    if "user_id" in case.query or "x-support-reason" in case.headers:
        case.headers["x-support-reason"] = REASON


def _name_what_there_is(case: Case) -> None:
    """Without a link that leads to them, nobody finds what has an id."""
    if case.operation.path.startswith("/v1/recordings/{id}"):
        case.path_parameters["id"] = os.environ["RECORDING_ID"]
    if case.operation.path == "/v1/emotion-logs/{id}":
        for log in _ids("/v1/emotion-logs?limit=1"):
            case.path_parameters["id"] = log
    if case.operation.path.startswith("/v1/admin/job-runs/{id}"):
        case.path_parameters["id"] = os.environ["JOB_RUN_ID"]
    if case.operation.path == "/v1/admin/users/{id}":
        case.path_parameters["id"] = os.environ["FAMILY_ID"]


def _keep_days_in_the_past(fields: dict) -> None:
    for name in "birth_date", "from", "to":
        # Times are in the past from the start.
        if name in fields and "T" not in fields[name]:
            fields[name] = min(fields[name], _LATEST.date().isoformat())


def _keep_body_acceptable(body: dict) -> None:
    for name, limit in MAX_CHARACTERS.items():
        if isinstance(body.get(name), str):
            body[name] = body[name].strip()[:limit]
    if "emotion" in body:
        cards = _cards()
        if body["emotion"] not in cards:
            body["emotion"] = cards[len(body["emotion"]) % len(cards)]
    if "child_id" in body:
        children = _ids("/v1/children")
        if children and body["child_id"] not in children:
            body["child_id"] = children[-1]
    if body.get("recording_id") is not None:
        # A recording belongs to one log.
        wish = {"content_type": "audio/webm", "size_bytes": 1}
        body["recording_id"] = json.loads(_call("POST", "/v1/uploads", wish))["recording"]["id"]


def _put_days_in_order(query: dict) -> None:
    first, last = sorted(date.fromisoformat(query[name]) for name in ("from", "to"))
    query["from"] = max(first, last - timedelta(days=MAX_DAYS - 1)).isoformat()
    query["to"] = last.isoformat()


def _parent() -> str:
    return f"Bearer {os.environ['PARENT_TOKEN']}"


def _operator() -> str:
    return f"Bearer {os.environ['OPERATOR_TOKEN']}"


def _cards() -> list[str]:
    """Those that other tests and children have, too."""
    return [card["name"] for card in _items("/v1/emotions") if card["name"] != os.environ["CARD"]]


def _ids(path: str) -> list[str]:
    return [item["id"] for item in _items(path)]


def _items(path: str) -> list[dict]:
    return json.loads(_call("GET", path))["items"]


def _call(method: str, path: str, body: dict | None = None, *, authorization: str | None = None) -> bytes:
    headers = {"authorization": authorization or _parent(), "content-type": "application/json"}
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request(f"{os.environ['API_URL']}{path}", data, headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read()
