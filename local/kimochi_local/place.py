"""Where the local stack keeps things, and what they are called."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OPENAPI = ROOT / "openapi.json"

# Everything the local stack writes is below this folder; deleting it starts from nothing.
LOCAL = ROOT / ".local"
ENV = LOCAL / "env"
LOGS = LOCAL / "log"
RUN = LOCAL / "run"
STAGE = LOCAL / "stage"
TMP = LOCAL / "tmp"
POSTGRES = LOCAL / "postgres"
PICTURES = LOCAL / "images" / "emotions"
BIN = LOCAL / "venv" / "bin"

STACK_NAME = "kimochi-local"
REGION = "ap-northeast-1"
# MiniStack enforces IAM. These are its root credentials; they open nothing elsewhere.
ACCESS_KEY = "test"
SECRET_KEY = "test"
