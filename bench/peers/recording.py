"""Recordings as both peers read and show them."""

from __future__ import annotations

# Named as in the answer, and in its order.
COLUMNS = (
    "id",
    "status",
    "content_type",
    "size_bytes",
    "created_at",
    "uploaded_at",
    "finished_at",
    "duration_ms",
    "transcript",
    "partial_reason",
    "quality",
    "confidence",
    "language",
    "failure",
)

# What a client shows to the parent.
_FAILURES = {
    "empty_file": "録音が空でした。もう一度録音してください。",
    "unknown_container": "この形式の音声は読み取れません。アプリからもう一度録音してください。",
    "unsupported_codec": "この形式の音声は読み取れません。アプリからもう一度録音してください。",
    "no_audio_track": "ファイルに音声が入っていませんでした。もう一度録音してください。",
    "file_too_large": "音声ファイルが大きすぎます。短く録音してください。",
    "damaged_file": "音声ファイルが壊れていました。もう一度録音してください。",
    "file_missing": "音声ファイルが見つかりませんでした。もう一度録音してください。",
    "attempts_exhausted": "文字にできませんでした。録音は残っています。しばらくしてからご確認ください。",
}


def failure(code: str | None) -> dict[str, str] | None:
    """Why there is no transcript, for programs and for the parent."""
    return {"code": code, "message": _FAILURES[code]} if code else None
