"""A stand-in for Slack and PagerDuty: answers like them, remembers what came, shows it on a page.

    GET /requests      what came, oldest first: [{at, method, path, headers, body, status}]
    DELETE /requests   forgets it
    PUT /answers       [{path, status, headers, body, times}]: used, as often as `times` says, before the default
    GET /              the page

Everything else is taken for a webhook. A Slack webhook answers `ok`, a method of Slack's API below /api/ answers
with the channel and a time stamp; PagerDuty's Events API (v2) answers 202 with the deduplication key it was
given.
"""

from __future__ import annotations

import html
import json
import sys
import threading
import time
import uuid
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from . import daemons
from .place import ROOT

NAME = "inbox"


def start() -> None:
    port = daemons.free_port(4580)
    daemon = daemons.start(
        NAME,
        [sys.executable, "-m", "kimochi_local.inbox", str(port)],
        env={},
        cwd=ROOT / "local",
        note={"url": f"http://127.0.0.1:{port}"},
    )
    daemons.wait_until(lambda: daemons.answers(f"{url()}/requests"), daemon)


def stop() -> bool:
    return daemons.stop(NAME)


def is_running() -> bool:
    return daemons.find(NAME) is not None


def url() -> str:
    return daemons.url(NAME)


class Memory:
    """What came and what is to be answered. Requests arrive in threads, so everything happens under a lock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: list[dict] = []
        self._answers: list[dict] = []

    def requests(self) -> list[dict]:
        with self._lock:
            return list(self._requests)

    def forget(self) -> None:
        with self._lock:
            self._requests.clear()

    def prepare(self, answers: list[dict]) -> None:
        with self._lock:
            self._answers = [
                {"status": 200, "headers": {}, "body": "", "times": 1} | answer for answer in answers
            ]

    def receive(self, request: dict) -> dict:
        """Remembers the request and returns its answer."""
        with self._lock:
            answer = self._prepared_for(request["path"]) or default_answer(request)
            self._requests.append(request | {"status": answer["status"]})
            return answer

    def _prepared_for(self, path: str) -> dict | None:
        for answer in self._answers:
            if answer["path"] == path and answer["times"] > 0:
                answer["times"] -= 1
                return answer
        return None


def default_answer(request: dict) -> dict:
    """What Slack and PagerDuty say when all is well."""
    if request["path"].startswith("/v2/enqueue"):
        key = _field(request["body"], "dedup_key") or uuid.uuid4().hex
        return {
            "status": 202,
            "headers": {"content-type": "application/json"},
            "body": json.dumps({"status": "success", "message": "Event processed", "dedup_key": key}),
        }
    if request["path"].startswith("/api/"):
        channel = _field(request["body"], "channel")
        answer = {"ok": True, "channel": channel, "ts": f"{time.time():.6f}"}
        return {"status": 200, "headers": _JSON, "body": json.dumps(answer)}
    return {"status": 200, "headers": {"content-type": "text/html"}, "body": "ok"}


def page(requests: list[dict]) -> str:
    """The page for people, newest first."""
    cards = "\n".join(
        f"<article><h2>{html.escape(r['method'])} {html.escape(r['path'])} → {r['status']}</h2>"
        f"<time>{html.escape(r['at'])}</time><pre>{html.escape(_pretty(r['body']))}</pre></article>"
        for r in reversed(requests)
    )
    return f"""<!doctype html>
<html lang="ja"><head><meta charset="utf-8"><meta http-equiv="refresh" content="3">
<title>きもちみっけ！ 通知の受け皿</title><style>
body {{ font-family: system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; background: #fbf7f0; }}
article {{ background: #fff; border-radius: .6rem; padding: 1rem; margin: 1rem 0; box-shadow: 0 1px 3px #0002; }}
h2 {{ font-size: 1rem; margin: 0; }} time {{ color: #777; }} pre {{ white-space: pre-wrap; overflow-wrap: anywhere; }}
</style></head><body><h1>通知の受け皿</h1>
<p>Slack と PagerDuty の代わりです。届いた通知: {len(requests)} 件（新しい順）</p>
{cards or "<p>まだ何も届いていません。</p>"}</body></html>"""


def _field(body: str, name: str) -> str | None:
    try:
        return json.loads(body).get(name)
    except (ValueError, AttributeError):
        return None


def _pretty(body: str) -> str:
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, indent=2)
    except ValueError:
        return body


class Handler(BaseHTTPRequestHandler):
    """Four routes for us; everything else is a webhook."""

    memory = Memory()
    protocol_version = "HTTP/1.1"

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode(errors="replace")
        match self.command, self.path:
            case "GET", "/":
                self._reply(200, page(self.memory.requests()), {"content-type": "text/html; charset=utf-8"})
            case "GET", "/requests":
                self._reply(200, json.dumps(self.memory.requests(), ensure_ascii=False), _JSON)
            case "DELETE", "/requests":
                self.memory.forget()
                self._reply(204)
            case "PUT", "/answers":
                self._prepare(body)
            case _:
                answer = self.memory.receive(
                    {
                        "at": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
                        "method": self.command,
                        "path": self.path,
                        "headers": {name.lower(): value for name, value in self.headers.items()},
                        "body": body,
                    }
                )
                self._reply(answer["status"], answer["body"], answer["headers"])

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = handle_any

    def _prepare(self, body: str) -> None:
        try:
            self.memory.prepare(json.loads(body))
        except (ValueError, TypeError):
            self._reply(400, '{"error": "a JSON array of {path, status, headers, body, times}"}', _JSON)
        else:
            self._reply(204)

    def _reply(self, status: int, body: str | dict | list = "", headers: dict | None = None) -> None:
        payload = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, str(value))
        self.send_header("content-length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, format: str, *args) -> None:
        """Requests are on the page; they need not be in the log as well."""


_JSON = {"content-type": "application/json; charset=utf-8"}


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
