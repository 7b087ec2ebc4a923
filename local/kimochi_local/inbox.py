"""A stand-in for Slack and PagerDuty: answers like them, remembers what came, shows it on a page.

    GET /requests      what came, oldest first: [{at, method, path, headers, body, status}]; a body that is no UTF-8
                       is "", and its size is in size_bytes
    DELETE /requests   forgets it, and with it messages, files and incidents
    PUT /answers       [{path, status, headers, body, times, every}]: used, as often as `times` says, before the
                       default, and only for every N-th request to that path when `every` is N
    GET /              the page; /?channel=… is one channel
    GET /files/…       an uploaded file, if it is a PNG

Everything else is taken for Slack or PagerDuty. Slack's methods are below /api/ and answer as `slack_methods` says;
what is uploaded to /upload/… becomes a file. PagerDuty's Events API (v2) answers 202 with the deduplication key it
was given. Any other path is a webhook, which answers `ok`.

Something is posted only if its answer said so: a prepared 429 posts nothing, a prepared `{"ok": true}` does.
"""

from __future__ import annotations

import json
import sys
import threading
import urllib.parse
import uuid
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from . import daemons, inbox_page
from .pagerduty_events import PagerDuty
from .place import ROOT
from .slack_methods import CONTENT, Refusal, Slack, arguments, parsed_object

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
        self._answers: list[dict] = []
        self._slack = Slack()
        self._pagerduty = PagerDuty()
        self._requests: list[dict] = []
        # What the page shows as neither Slack's nor PagerDuty's, by place in the list of requests.
        self._others: list[int] = []
        # Another one for another process, so that a page left open notices that this one knows less.
        self._run = uuid.uuid4().hex[:8]
        self._changes = 0

    def requests(self) -> list[dict]:
        with self._lock:
            return list(self._requests)

    def forget(self) -> None:
        with self._lock:
            self._changes += 1
            for kept in (self._requests, self._others):
                kept.clear()
            self._slack.forget()
            self._pagerduty.forget()

    def prepare(self, answers: object) -> None:
        """Takes answers, or raises an error, and then keeps the ones it had."""
        if not isinstance(answers, list):
            raise TypeError("not a list")
        checked = [_checked(answer) for answer in answers]
        with self._lock:
            self._answers = checked

    def version(self) -> str:
        with self._lock:
            return f"{self._run}-{self._changes}"

    def view(self, channel: str | None) -> inbox_page.View:
        with self._lock:
            others = [(number, self._requests[number]) for number in self._others]
            version = f"{self._run}-{self._changes}"
            return inbox_page.view(self._slack, self._pagerduty, others, channel, version)

    def picture(self, file_id: str) -> bytes | None:
        """A file's bytes, if they are a PNG's."""
        with self._lock:
            file = self._slack.files.get(file_id)
            return file.data if file and file.is_png() else None

    def receive(self, request: dict, data: bytes) -> dict:
        """Remembers the request and returns its answer. `data` is the body as it came."""
        with self._lock:
            self._changes += 1
            address = urllib.parse.urlsplit(request["path"])
            prepared = self._prepared_for(request["path"], address.path)
            if address.path.startswith("/v2/enqueue"):
                answer, is_shown = self._enqueue(request, prepared)
            elif address.path.startswith("/api/"):
                answer, is_shown = self._call(request, address, prepared)
            elif address.path.startswith("/upload/"):
                answer, is_shown = prepared or self._upload(address.path, data), False
            else:
                answer, is_shown = self._hook(request, prepared)
            if not is_shown:
                self._others.append(len(self._requests))
            self._requests.append(request | {"status": answer["status"]})
            return answer

    def _prepared_for(self, *paths: str) -> dict | None:
        """The first answer whose turn it is. Every answer for the path counts the request, used or not."""
        chosen = None
        for answer in self._answers:
            if answer["path"] in paths:
                answer["seen"] += 1
                if chosen is None and answer["times"] > 0 and answer["seen"] % answer["every"] == 0:
                    answer["times"] -= 1
                    chosen = answer
        return chosen

    def _enqueue(self, request: dict, prepared: dict | None) -> tuple[dict, bool]:
        event = parsed_object(request["body"]) or {}
        key = event.get("dedup_key") or uuid.uuid4().hex
        answer = prepared or {
            "status": 202,
            "headers": _JSON,
            "body": {"status": "success", "message": "Event processed", "dedup_key": key},
        }
        if answer["status"] != 202:
            self._pagerduty.refusals.append(_refusal(request, "", answer["status"], event))
            return answer, True
        return answer, isinstance(key, str) and self._pagerduty.take(request["at"], key, event)

    def _call(
        self, request: dict, address: urllib.parse.SplitResult, prepared: dict | None
    ) -> tuple[dict, bool]:
        """One of Slack's methods. A prepared answer that is ok has it done all the same, under the `ts` it names."""
        method = address.path.removeprefix("/api/")
        given = arguments(request["headers"], address.query, request["body"])
        host = request["headers"].get("host", "")
        if prepared is None:
            said = done = self._slack.call(method, given, host)
            answer = {"status": 200, "headers": _JSON, "body": said}
        else:
            answer, said = prepared, (_said(prepared) if prepared["status"] == 200 else None) or {}
            ts = said.get("ts") if isinstance(said.get("ts"), str) else None
            done = self._slack.call(method, given, host, ts) if said.get("ok") is True else {"ok": False}
        is_message = method in ("chat.postMessage", "chat.update")
        if said.get("ok") is True:
            return answer, is_message and done["ok"]
        channel = (given or {}).get("channel")
        if not (is_message and isinstance(channel, str) and channel):
            return answer, False
        error = said.get("error")
        reason = error if isinstance(error, str) else answer["status"]
        self._slack.timeline.append(_refusal(request, channel, reason, given))
        return answer, True

    def _upload(self, path: str, data: bytes) -> dict:
        if self._slack.upload(path.removeprefix("/upload/"), data):
            return {"status": 200, "headers": _TEXT, "body": f"OK - {len(data)}"}
        return {"status": 404, "headers": _TEXT, "body": "file_not_found"}

    def _hook(self, request: dict, prepared: dict | None) -> tuple[dict, bool]:
        answer = prepared or {"status": 200, "headers": {"content-type": "text/html"}, "body": "ok"}
        message = parsed_object(request["body"]) if request["method"] == "POST" else None
        if message is None or not any(message.get(part) for part in CONTENT):
            return answer, False
        if answer["status"] == 200 and answer["body"] == "ok":
            content = {part: message.get(part) for part in CONTENT}
            self._slack.post(inbox_page.WEBHOOK, content)
        else:
            self._slack.timeline.append(_refusal(request, inbox_page.WEBHOOK, answer["status"], message))
        return answer, True


def _checked(answer: object) -> dict:
    """A prepared answer with its defaults. What is misspelt is refused rather than ignored."""
    if not isinstance(answer, dict) or not answer.keys() <= _ANSWER.keys() | {"path"}:
        raise ValueError("an answer has a path, and may have a status, headers, a body, times and every")
    answer = _ANSWER | answer
    path, headers = answer.get("path"), answer["headers"]
    fits = (
        isinstance(path, str)
        and path.startswith("/")
        and _is_number(answer["status"], 200, 599)
        and _is_number(answer["times"], 0)
        and _is_number(answer["every"], 1)
        and isinstance(answer["body"], str | dict | list)
        and isinstance(headers, dict)
        and all(_is_header(name) and _is_header(str(value)) for name, value in headers.items())
    )
    if not fits:
        raise ValueError("something of the answer is of another type, or out of range")
    return answer | {"seen": 0}


_ANSWER = {"status": 200, "headers": {}, "body": "", "times": 1, "every": 1}


def _is_number(value: object, least: int, most: int | None = None) -> bool:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return is_number and least <= value and (most is None or value <= most)


def _is_header(text: str) -> bool:
    """Without a line break, which would begin another header."""
    return text.isascii() and text.isprintable()


def _said(answer: dict) -> dict | None:
    return answer["body"] if isinstance(answer["body"], dict) else parsed_object(str(answer["body"]))


def _refusal(request: dict, channel: str, answer: object, content: dict | None) -> Refusal:
    what = request["path"].split("?")[0].removeprefix("/api/")
    return Refusal(request["at"], channel, what, str(answer), content or {})


class Handler(BaseHTTPRequestHandler):
    """A few routes for us; everything else is Slack's or PagerDuty's."""

    memory = Memory()
    protocol_version = "HTTP/1.1"

    def handle_any(self) -> None:
        data = self.rfile.read(int(self.headers.get("content-length") or 0))
        address = urllib.parse.urlsplit(self.path)
        match self.command, address.path:
            case "GET", "/":
                self._show(dict(urllib.parse.parse_qsl(address.query)).get("channel"))
            case "GET", "/requests":
                self._reply(200, json.dumps(self.memory.requests(), ensure_ascii=False), _JSON)
            case "DELETE", "/requests":
                self.memory.forget()
                self._reply(204)
            case "PUT", "/answers":
                self._prepare(data)
            case "GET", path if path.startswith("/files/"):
                self._picture(path.removeprefix("/files/"))
            case _:
                answer = self.memory.receive(self._request(data), data)
                self._reply(answer["status"], answer["body"], answer["headers"])

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = handle_any

    def _request(self, data: bytes) -> dict:
        try:
            body = {"body": data.decode()}
        except UnicodeDecodeError:
            body = {"body": "", "size_bytes": len(data)}
        return {
            "at": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
            "method": self.command,
            "path": self.path,
            "headers": {name.lower(): value for name, value in self.headers.items()},
        } | body

    def _show(self, channel: str | None) -> None:
        """The page, or only that it is still the same."""
        if self.headers.get("if-none-match") == f'"{self.memory.version()}"':
            self._reply(304)
            return
        view = self.memory.view(channel)
        headers = {"etag": f'"{view.version}"', "content-security-policy": inbox_page.POLICY}
        self._reply(200, inbox_page.render(view), _HTML | headers)

    def _prepare(self, data: bytes) -> None:
        try:
            self.memory.prepare(json.loads(data))
        except (ValueError, TypeError, RecursionError) as error:
            self._reply(400, {"error": f"a JSON array of {{path, {', '.join(_ANSWER)}}}: {error}"}, _JSON)
        else:
            self._reply(204)

    def _picture(self, file_id: str) -> None:
        picture = self.memory.picture(file_id)
        if picture is None:
            self._reply(404)
        else:
            # An id never names anything else, not even in the next run.
            self._reply(200, picture, _PNG)

    def _reply(self, status: int, body: str | bytes | dict | list = "", headers: dict | None = None) -> None:
        if not isinstance(body, bytes):
            # JSON can hold halves of characters, which have no bytes.
            body = (body if isinstance(body, str) else json.dumps(body)).encode(errors="replace")
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, str(value))
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args) -> None:
        """Requests are on the page; they need not be in the log as well."""


_JSON = {"content-type": "application/json; charset=utf-8"}
_TEXT = {"content-type": "text/plain; charset=utf-8"}
_HTML = {"content-type": "text/html; charset=utf-8", "cache-control": "no-cache"}
_PNG = {
    "content-type": "image/png",
    "cache-control": "max-age=3600, immutable",
    "x-content-type-options": "nosniff",
}


class Server(ThreadingHTTPServer):
    """Tests send bursts, and the five connections that may wait by default are soon waiting."""

    request_queue_size = 256


if __name__ == "__main__":
    Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
