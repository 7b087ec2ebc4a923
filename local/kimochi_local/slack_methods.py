"""What Slack's methods do and answer, as far as the alert relay calls them, and what was posted by them.

    chat.postMessage               posts; with thread_ts into a thread, with reply_broadcast into the channel as well
    chat.update                    replaces what is given of a message
    files.getUploadURLExternal     names a place for a file; its arguments come as a form or in the query, not as JSON
    files.completeUploadExternal   shares what was uploaded there
    any other method               ok, with the channel it was given and a time stamp

A `thread_ts` that belongs to no message is no error in Slack: the reply appears in the channel, on its own, and only
the missing `thread_ts` in the answer tells. One that is no time stamp at all is `invalid_thread_ts`.
"""

from __future__ import annotations

import json
import re
import time
import urllib.parse
import uuid
from dataclasses import dataclass, replace

# Enough for what a person looks at; graphs are some ten kilobytes each.
MAX_FILES = 20
# The parts of a message that an update replaces.
CONTENT = ("text", "blocks", "attachments")


@dataclass(frozen=True)
class Message:
    """`thread_ts` is its parent's when it is a reply; `files` holds ids and titles."""

    channel: str
    ts: str
    content: dict
    thread_ts: str | None = None
    is_broadcast: bool = False
    is_edited: bool = False
    files: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Refusal:
    """Something that was meant for a channel and that the answer turned away: `answer` is a status or Slack's error."""

    at: str
    channel: str
    what: str
    answer: str
    content: dict


@dataclass
class File:
    name: str
    data: bytes | None = None
    is_shared: bool = False

    def is_png(self) -> bool:
        return self.data is not None and self.data.startswith(b"\x89PNG\r\n\x1a\n")


class Refused(Exception):
    """Slack's answer when it does not do what it was asked."""


class Slack:
    """One workspace. It is not safe for threads; who calls it holds a lock."""

    def __init__(self) -> None:
        self._last_ts = 0
        self.forget()

    def forget(self) -> None:
        self.messages: dict[tuple[str, str], Message] = {}
        self.replies: dict[tuple[str, str], list[str]] = {}
        # What the channels show, in the order in which it came: messages, replies for all to see, refusals.
        self.timeline: list[tuple[str, str] | Refusal] = []
        self.files: dict[str, File] = {}

    def call(self, method: str, arguments: dict | None, host: str, ts: str | None = None) -> dict:
        """Does what the method says and returns its answer. `ts` names the message that this posts."""
        try:
            if arguments is None:
                raise Refused("invalid_json")
            match method:
                case "chat.postMessage":
                    return self._post_message(arguments, ts)
                case "chat.update":
                    return self._update(arguments)
                case "files.getUploadURLExternal":
                    return self._get_upload_url(arguments, host)
                case "files.completeUploadExternal":
                    return self._complete_upload(arguments)
                case _:
                    return {"ok": True, "channel": arguments.get("channel"), "ts": self._next_ts()}
        except Refused as refusal:
            return {"ok": False, "error": str(refusal)}

    def post(self, channel: str, arguments: dict, ts: str | None = None, files: tuple = ()) -> Message:
        """Posts a message, in a thread if it names one."""
        if ts is None or (channel, ts) in self.messages:
            ts = self._next_ts()
        parent = self._parent(channel, arguments.get("thread_ts"))
        is_broadcast = parent is not None and arguments.get("reply_broadcast") in (True, "true")
        content = {part: arguments[part] for part in CONTENT if arguments.get(part) is not None}
        message = Message(channel, ts, content, parent, is_broadcast, files=files)
        self.messages[channel, ts] = message
        if parent is not None:
            self.replies.setdefault((channel, parent), []).append(ts)
        if parent is None or is_broadcast:
            self.timeline.append((channel, ts))
        return message

    def upload(self, file_id: str, data: bytes) -> bool:
        """Keeps a file's bytes; `False` when nobody asked for the place."""
        file = self.files.get(file_id)
        if file is None:
            return False
        file.data = data
        return True

    def _post_message(self, arguments: dict, ts: str | None) -> dict:
        channel = _channel(arguments.get("channel"))
        if not any(arguments.get(part) for part in CONTENT):
            raise Refused("no_text")
        message = self.post(channel, arguments, ts)
        return {"ok": True, "channel": channel, "ts": message.ts, "message": _shown(message)}

    def _update(self, arguments: dict) -> dict:
        channel, ts = _channel(arguments.get("channel")), arguments.get("ts")
        message = self.messages.get((channel, ts)) if isinstance(ts, str) else None
        if message is None:
            raise Refused("message_not_found")
        given = {part: arguments[part] for part in CONTENT if arguments.get(part) is not None}
        if not given:
            raise Refused("no_text")
        # What is not given stays: who means to remove attachments sends an empty list.
        message = replace(message, content=message.content | given, is_edited=True)
        self.messages[channel, ts] = message
        text = message.content.get("text", "")
        return {"ok": True, "channel": channel, "ts": ts, "text": text, "message": _shown(message)}

    def _get_upload_url(self, arguments: dict, host: str) -> dict:
        # In a form a length is text; a number came as JSON.
        name, length = arguments.get("filename"), arguments.get("length")
        if not (isinstance(name, str) and name and isinstance(length, str) and length.isdecimal()):
            raise Refused("invalid_arguments")
        file_id = f"F{uuid.uuid4().hex[:10].upper()}"
        self.files[file_id] = File(name)
        while len(self.files) > MAX_FILES:
            del self.files[next(iter(self.files))]
        return {"ok": True, "upload_url": f"http://{host}/upload/{file_id}", "file_id": file_id}

    def _complete_upload(self, arguments: dict) -> dict:
        wanted = arguments.get("files")
        if not isinstance(wanted, list) or not wanted:
            raise Refused("invalid_arguments")
        shared = tuple(self._uploaded(one) for one in wanted)
        if (channel := arguments.get("channel_id")) is not None:
            comment = {"text": arguments.get("initial_comment"), "thread_ts": arguments.get("thread_ts")}
            self.post(_channel(channel), comment, files=shared)
        for file_id, _ in shared:
            self.files[file_id].is_shared = True
        return {"ok": True, "files": [{"id": file_id, "title": title} for file_id, title in shared]}

    def _uploaded(self, wanted: object) -> tuple[str, str]:
        """Id and title. Without its bytes, or when it was shared before, there is no such file."""
        file_id = wanted.get("id") if isinstance(wanted, dict) else None
        file = self.files.get(file_id) if isinstance(file_id, str) else None
        if file is None or file.data is None or file.is_shared:
            raise Refused("file_not_found")
        return file_id, str(wanted.get("title") or file.name)

    def _parent(self, channel: str, thread_ts: object) -> str | None:
        """The time stamp at the head of the thread, of which a reply's own stands for the same thread."""
        if thread_ts is None:
            return None
        if not isinstance(thread_ts, str) or not re.fullmatch(r"[0-9]+\.[0-9]+", thread_ts):
            raise Refused("invalid_thread_ts")
        named = self.messages.get((channel, thread_ts))
        return named and (named.thread_ts or named.ts)

    def _next_ts(self) -> str:
        """The time in microseconds, and later than the last one however close they come."""
        self._last_ts = max(time.time_ns() // 1000, self._last_ts + 1)
        seconds, fraction = divmod(self._last_ts, 1_000_000)
        return f"{seconds}.{fraction:06}"


def arguments(headers: dict, query: str, body: str) -> dict | None:
    """A method's arguments, from JSON or a form, and from the query; `None` when the JSON is broken."""
    given: dict = dict(urllib.parse.parse_qsl(query))
    if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return given | {name: _from_form(name, value) for name, value in urllib.parse.parse_qsl(body)}
    if not body.strip():
        return given
    parsed = parsed_object(body)
    return None if parsed is None else given | parsed


def parsed_object(body: str) -> dict | None:
    """A JSON object; `None` for anything else, such as brackets deeper than Python reads."""
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def _from_form(name: str, value: str) -> object:
    """A form holds lists as JSON; what is no JSON is left for the page to show."""
    if name not in ("blocks", "attachments", "files"):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _channel(channel: object) -> str:
    if not isinstance(channel, str) or not channel:
        raise Refused("channel_not_found")
    return channel


def _shown(message: Message) -> dict:
    """The message as the answer repeats it. Only a reply has a `thread_ts`."""
    shown = {"type": "message", "text": message.content.get("text", ""), "ts": message.ts}
    return shown | ({"thread_ts": message.thread_ts} if message.thread_ts else {})
