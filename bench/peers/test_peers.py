"""The peers do the work of our functions: both get the same events and answer alike.

On the local stack (`make up`, and what is in `.local/env`). Each run has a family of its own, which leaves at the end.
"""

from __future__ import annotations

import json
import os
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request
import uuid
from datetime import datetime, timezone
from pathlib import Path

import boto3
import psycopg

from sandbox import Sandbox

ROOT = Path(__file__).resolve().parents[2]
SOUND = (ROOT / "models/samples/kimochi_1.webm").read_bytes()
WEBM = {"content_type": "audio/webm;codecs=opus", "size_bytes": len(SOUND)}
OF_EACH_UPLOAD = ("id", "created_at", "url", "expires_at")
PATIENCE_SECONDS = 60


class Family:
    """A parent nobody has seen before, and their events."""

    def __init__(self):
        self.subject = str(uuid.uuid4())

    def event(self, name: str, body=None, headers=None, path=None, **query) -> dict:
        event = json.loads((ROOT / f"events/{name}.json").read_text())
        event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"] = self.subject
        event["headers"] |= headers or {}
        event["rawPath"] = event["requestContext"]["http"]["path"] = path or event["rawPath"]
        if body is not None:
            event["body"] = body if isinstance(body, str) else json.dumps(body)
            event["headers"].setdefault("content-type", "application/json")
        if query:
            event["queryStringParameters"] = {name: str(value) for name, value in query.items()}
            event["rawQueryString"] = urllib.parse.urlencode(query)
        return event


class Ours:
    """Our function, deployed on the local stack."""

    client = boto3.client("lambda", region_name=os.environ["AWS_REGION"])

    def __init__(self, name: str):
        self.name = os.environ[f"FUNCTION_{name.upper()}"]

    def invoke(self, event: dict) -> dict:
        answer = self.client.invoke(FunctionName=self.name, Payload=json.dumps(event).encode())
        return json.loads(answer["Payload"].read())


class Peers(unittest.TestCase):
    def start(self, peer: str) -> Sandbox:
        sandbox = Sandbox(peer)
        self.addCleanup(sandbox.stop)
        return sandbox

    def family(self) -> Family:
        family = Family()
        self.addCleanup(Ours("account").invoke, family.event("account/withdraw"))
        return family

    def refuse_alike(self, ours: Ours, peer: Sandbox, event: dict):
        expected, found = ours.invoke(event), peer.invoke(event)
        self.assertGreaterEqual(expected["statusCode"], 400)
        self.assertEqual(problem(found), problem(expected))


class Presign(Peers):
    def setUp(self):
        self.ours, self.peer, self.parent = Ours("presign"), self.start("presign"), self.family()

    def upload(self, body=WEBM, **headers) -> dict:
        return self.parent.event(
            "presign/create_upload", body, {k.replace("_", "-"): v for k, v in headers.items()}
        )

    def test_the_same_answer_as_ours(self):
        for body in [WEBM, WEBM | {"sha256": "AB" * 32}, {"content_type": "Audio/X-WAV", "size_bytes": 3.0}]:
            with self.subTest(body):
                expected, found = self.ours.invoke(self.upload(body)), self.peer.invoke(self.upload(body))

                self.assertEqual(meta(found), meta(expected))
                expected, found = json.loads(expected["body"]), json.loads(found["body"])
                self.assertEqual(comparable(found, OF_EACH_UPLOAD), comparable(expected, OF_EACH_UPLOAD))
                for answer in (expected, found):
                    upload = answer["upload"]
                    self.assertEqual(signed_headers(upload["url"]), {"host", *upload["headers"]})
                    lifetime = microseconds(upload["expires_at"]) - microseconds(
                        answer["recording"]["created_at"]
                    )
                    self.assertEqual(lifetime, 180_000_000)

    def test_the_url_stores_the_file_once(self):
        upload = json.loads(self.peer.invoke(self.upload())["body"])["upload"]

        self.assertEqual([put(upload, SOUND), put(upload, SOUND)], [200, 412])

    def test_the_url_stores_only_the_file_of_the_digest(self):
        body = {"content_type": "audio/wav", "size_bytes": 4, "sha256": "0" * 64}
        upload = json.loads(self.peer.invoke(self.upload(body))["body"])["upload"]

        self.assertEqual(put(upload, b"RIFF"), 400)

    def test_a_repeated_request_gets_its_recording_whoever_answers(self):
        event = self.upload(idempotency_key="again")
        first = json.loads(self.ours.invoke(event)["body"])["recording"]
        again = json.loads(self.peer.invoke(event)["body"])["recording"]

        self.assertEqual(comparable(again), comparable(first))
        self.refuse_alike(
            self.ours, self.peer, self.upload(WEBM | {"size_bytes": 1}, idempotency_key="again")
        )

    def test_what_ours_refuses_is_refused(self):
        without_token = self.upload()
        del without_token["requestContext"]["authorizer"]
        for event in [
            self.upload(WEBM | {"content_type": "audio/mpeg", "size_bytes": 0, "sha256": "x"}),
            self.upload(WEBM | {"size_bytes": 10 * 1024 * 1024 + 1}),
            self.upload(WEBM | {"size_bytes": "1"}),
            self.upload(WEBM | {"size_bytes": 1.5}),
            self.upload(WEBM | {"size_bytes": True}),
            self.upload(WEBM | {"colour": 1}),
            self.upload([]),
            self.upload("{"),
            self.upload(" " * 70_000),
            self.upload(content_type="text/plain"),
            self.upload(idempotency_key="with a blank"),
            without_token,
        ]:
            with self.subTest(event["body"][:80]):
                self.refuse_alike(self.ours, self.peer, event)


class Emotions(Peers):
    def setUp(self):
        self.ours, self.peer, self.parent = Ours("emotions"), self.start("emotions"), self.family()

    def list(self, **query) -> dict:
        return self.parent.event("emotions/list_emotion_logs", **query)

    def create(self, path: str, body: dict) -> dict:
        event = self.parent.event("emotions/create_child", body, path=path)
        event["routeKey"] = event["requestContext"]["routeKey"] = f"POST {path}"
        return json.loads(self.ours.invoke(event)["body"])

    def family_with_logs(self) -> str:
        """Four logs of one child, two of them felt at the same time, one with a note that became text."""
        child = self.create("/v1/children", {"nickname": "みか", "birth_date": "2021-05-05"})["id"]
        answer = json.loads(Ours("presign").invoke(self.parent.event("presign/create_upload", WEBM))["body"])
        self.assertEqual(put(answer["upload"], SOUND), 200)
        for more in [
            {"felt_at": "2026-03-31T23:30:00.25Z", "note": "こうえんで"},
            {"felt_at": "2026-03-31T23:30:00.25Z"},
            {"felt_at": "2026-04-01T15:00:00Z", "recording_id": answer["recording"]["id"]},
            {"felt_at": "2026-03-01T00:00:00Z", "emotion": "kowai"},
        ]:
            self.create("/v1/emotion-logs", {"child_id": child, "emotion": "ureshii", "intensity": 3} | more)
        self.wait_for(answer["recording"]["id"])
        return child

    def wait_for(self, recording: str):
        read = self.parent.event("presign/read_recording", path=f"/v1/recordings/{recording}")
        read["pathParameters"] = {"id": recording}
        deadline = time.monotonic() + PATIENCE_SECONDS
        while json.loads(Ours("presign").invoke(read)["body"])["finished_at"] is None:
            self.assertLess(time.monotonic(), deadline, "the voice note does not become text")
            time.sleep(0.1)

    def test_the_same_answer_as_ours_page_by_page(self):
        child = self.family_with_logs()

        self.assertEqual(len(self.pages(limit=20)), 1)
        self.assertEqual(len(self.pages(limit=2)), 2)
        self.assertEqual(len(self.pages(limit=1, child_id=child)), 4)
        for query in [
            {"child_id": child},
            {"emotion": "kowai"},
            {"from": "2026-04-01", "to": "2026-04-01"},
            {"to": "2026-03-31"},
        ]:
            self.pages(**query)

    def pages(self, **query) -> list[dict]:
        """Follows the cursors of the peer, and looks at each page of both."""
        pages = []
        while not pages or pages[-1]["next_cursor"]:
            event = self.list(**query, **({"cursor": pages[-1]["next_cursor"]} if pages else {}))
            expected, found = self.ours.invoke(event), self.peer.invoke(event)
            self.assertEqual(meta(found), meta(expected))
            expected, found = json.loads(expected["body"]), json.loads(found["body"])
            self.assertEqual(comparable(found), comparable(expected))
            pages.append(found)
        self.assertTrue(all(page["items"] for page in pages))
        return pages

    def test_what_ours_refuses_is_refused(self):
        for query in [
            {"limit": 0},
            {"limit": 201},
            {
                "limit": "x",
                "child_id": "x",
                "emotion": "X",
                "from": "1.4.",
                "to": "2026-02-30",
                "cursor": "x",
            },
            {"colour": 1},
            {"child_id": uuid.uuid4()},
        ]:
            with self.subTest(query):
                self.refuse_alike(self.ours, self.peer, self.list(**query))

    def test_a_connection_that_died_meanwhile_is_replaced(self):
        self.peer.invoke(self.list())
        with psycopg.connect(os.environ["DATABASE_URL"]) as administrator:
            sql = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = %s"
            self.assertEqual(administrator.execute(sql, (self.peer.name,)).fetchall(), [(True,)])

        self.assertEqual(self.peer.invoke(self.list())["statusCode"], 200)

    def test_a_family_that_has_left_is_refused(self):
        self.peer.invoke(self.list())
        Ours("account").invoke(self.parent.event("account/withdraw"))

        self.refuse_alike(self.ours, self.peer, self.list())


class Empty(Peers):
    def test_it_answers_nothing(self):
        self.assertEqual(self.start("empty").invoke({"some": "event"}), {})


def meta(answer: dict) -> tuple:
    """Status and headers, less what HTTP adds by itself."""
    headers = {
        name.lower(): value for name, value in answer["headers"].items() if name.lower() != "content-length"
    }
    return answer["statusCode"], headers


def problem(answer: dict) -> tuple:
    """All but the wording."""
    body = json.loads(answer["body"])
    fields = sorted(error["field"] for error in body.get("errors", []))
    return meta(answer), body.keys(), body["type"], body["status"], fields


def comparable(value, chance: tuple[str, ...] = (), name: str = ""):
    """Objects as pairs, since fields come in the same order, too; times as numbers, which can be written in many ways;
    the values of fields in `chance` left out."""
    if name in chance:
        return type(value)
    if isinstance(value, dict):
        return [(name, comparable(field, chance, name)) for name, field in value.items()]
    if isinstance(value, list):
        return [comparable(item, chance) for item in value]
    return microseconds(value) if name.endswith("_at") and value else value


def microseconds(moment: str) -> int:
    seconds, _, fraction = moment.removesuffix("Z").partition(".")
    whole = datetime.fromisoformat(seconds).replace(tzinfo=timezone.utc).timestamp()
    return int(whole) * 1_000_000 + int(fraction[:6].ljust(6, "0"))


def signed_headers(url: str) -> set[str]:
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)
    return set(query["X-Amz-SignedHeaders"][0].split(";"))


def put(upload: dict, body: bytes) -> int:
    request = urllib.request.Request(upload["url"], body, upload["headers"], method=upload["method"])
    try:
        with urllib.request.urlopen(request) as response:
            return response.status
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code


if __name__ == "__main__":
    unittest.main()
