"""Sends one recorded voice note through the whole system and tells what happened to it."""

from __future__ import annotations

import json
import os
import time
import unicodedata
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from . import stack
from .place import ROOT
from .terminal import Trouble, say

T = TypeVar("T")

SAMPLE = ROOT / "models" / "samples" / "kimochi_1.webm"
CONTENT_TYPES = {".webm": "audio/webm;codecs=opus", ".wav": "audio/wav", ".m4a": "audio/mp4"}
FINAL = {"transcribed", "no_speech", "partial", "failed", "expired"}
PATIENCE_SECONDS = 180


def run() -> int:
    """Returns 1 when the note could not be transcribed. VOICE=<file> in the environment sends another one."""
    voice = Path(os.environ.get("VOICE") or SAMPLE)
    if voice.suffix not in CONTENT_TYPES or not voice.is_file():
        raise Trouble(f"{voice}: not a .webm, .wav or .m4a file")

    env, starting = timed(stack.up)
    rows = [("make up", "PostgreSQL and AWS run on this machine", starting)]

    say(f"\nA child says something into the microphone: {_shown(voice)}")
    note = VoiceNote(Client(env["API_URL"], env["PARENT_TOKEN"]), voice)
    steps = {
        "POST /v1/uploads": note.announce,
        "PUT to S3": note.upload,
        "S3 → SQS → Whisper → PostgreSQL": note.wait,
        "GET …/audio": note.play,
    }
    rows += [(name, *timed(step)) for name, step in steps.items()]

    say()
    say(table(rows))
    say(_what_next(note.id))
    return 1 if note.status == "failed" else 0


class VoiceNote:
    """One recording on its way; each method takes it one step further and tells what happened."""

    def __init__(self, client: Client, file: Path) -> None:
        self._client = client
        self._voice = file.read_bytes()
        self._content_type = CONTENT_TYPES[file.suffix]
        self._upload: dict = {}
        self.id = ""
        self.status = ""

    def announce(self) -> str:
        wish = {"content_type": self._content_type, "size_bytes": len(self._voice)}
        answer = self._client.call("POST", "/v1/uploads", wish)
        self.id = answer["recording"]["id"]
        self._upload = answer["upload"]
        return "a recording, and a URL that stores this one file once"

    def upload(self) -> str:
        upload = self._upload
        send(urllib.request.Request(upload["url"], self._voice, upload["headers"], method=upload["method"]))
        return f"{len(self._voice):,} bytes, straight into the bucket"

    def wait(self) -> str:
        """All a client sees of the queue and the function is the status."""
        started = time.monotonic()
        while (elapsed := time.monotonic() - started) < PATIENCE_SECONDS:
            recording = self._client.call("GET", f"/v1/recordings/{self.id}")
            if recording["status"] != self.status:
                self.status = recording["status"]
                say(f"  {elapsed:5.1f} s  {self.status}")
            if self.status in FINAL:
                return _outcome(recording)
            time.sleep(0.1)
        raise Trouble(f"Still {self.status} after {PATIENCE_SECONDS} s. `make logs` may tell why.")

    def play(self) -> str:
        url = self._client.location(f"/v1/recordings/{self.id}/audio")
        heard = send(urllib.request.Request(url))
        same = "the same bytes" if heard == self._voice else "OTHER BYTES"
        return f"302 to a short-lived URL; {same} come back"


class Client:
    """A parent's client."""

    def __init__(self, api_url: str, token: str) -> None:
        self._api_url = api_url
        self._headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}

    def call(self, method: str, path: str, body: dict | None = None) -> dict:
        data = json.dumps(body).encode() if body is not None else None
        return json.loads(send(self._request(method, path, data)))

    def location(self, path: str) -> str:
        """Where a redirect leads. Not followed with the parent's token in hand."""
        try:
            with _OPENER.open(self._request("GET", path), timeout=30) as response:
                raise Trouble(f"GET {path}: {response.status} where a redirect was expected")
        except urllib.error.HTTPError as answer:
            if answer.code != 302:
                raise _refused(answer) from answer
            return answer.headers["location"]

    def _request(self, method: str, path: str, data: bytes | None = None) -> urllib.request.Request:
        return urllib.request.Request(
            f"{self._api_url}{path}", data=data, method=method, headers=self._headers
        )


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args, **kwargs) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect)


def send(request: urllib.request.Request) -> bytes:
    try:
        with _OPENER.open(request, timeout=30) as response:
            return response.read()
    except urllib.error.HTTPError as answer:
        raise _refused(answer) from answer


def timed(step: Callable[[], T]) -> tuple[T, float]:
    """What a step returned, and how many seconds it took."""
    started = time.monotonic()
    return step(), time.monotonic() - started


def table(rows: list[tuple[str, str, float]]) -> str:
    """Columns that line up although Japanese characters are two cells wide."""
    cells = [("step", "what happened", "time")]
    cells += [(step, what_happened, f"{seconds:.1f} s") for step, what_happened, seconds in rows]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    cells.insert(1, tuple("─" * width for width in widths))
    return "\n".join(_line(row, widths) for row in cells)


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    padded = (cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
    return "  ".join(padded).rstrip()


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _outcome(recording: dict) -> str:
    if recording.get("transcript"):
        return f"{recording['status']}: 「{recording['transcript']}」"
    return f"{recording['status']} ({recording.get('failure') or recording.get('quality') or 'no text'})"


def _refused(answer: urllib.error.HTTPError) -> Trouble:
    return Trouble(f"{answer.code} from {answer.url.split('?')[0]}: {answer.read().decode(errors='replace')}")


def _shown(file: Path) -> str:
    return str(file.resolve().relative_to(ROOT)) if file.resolve().is_relative_to(ROOT) else str(file)


def _what_next(recording: str) -> str:
    return f"""
The stack is still up. Ask it yourself:

  set -a; . .local/env; set +a
  curl -s -H "authorization: Bearer $PARENT_TOKEN" "$API_URL/v1/recordings/{recording}"

  make demo VOICE=models/samples/kimochi_2.wav    another voice note
  make logs                                       what the functions say
  make test                                       every test
  make down                                       stop everything"""
