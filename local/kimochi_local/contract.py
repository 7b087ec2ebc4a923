"""Schemathesis holds the deployed API against openapi.json: whatever the document allows, the API does.

It signs in with a family of its own, made for this run: no other test's children are in its way, nor are its
own in theirs.
"""

from __future__ import annotations

import os
import secrets
import subprocess

from . import demo, people, stack
from .intrinsics import DeployedStack
from .place import BIN, OPENAPI, ROOT, STACK_NAME
from .terminal import say

CONFIGURATION = ROOT / "local" / "schemathesis.toml"


def run() -> int:
    """Brings the stack up and returns Schemathesis's exit code: 0 when document and API agree."""
    return check(stack.up())


def check(env: dict[str, str]) -> int:
    """Checks the stack that `env` leads to."""
    say("==> The API is held against openapi.json (Schemathesis)")
    name = f"contract-{secrets.token_hex(4)}"
    token = people.sign_in_parent(DeployedStack.named(STACK_NAME).outputs, name)
    told = {
        "API_URL": env["API_URL"],
        "PARENT_TOKEN": token,
        "OPERATOR_TOKEN": env["ADMIN_TOKEN"],
        "RECORDING_ID": _recording(demo.Client(env["API_URL"], token)),
    }
    command = [str(BIN / "schemathesis"), "--config-file", str(CONFIGURATION), "run", str(OPENAPI)]
    return subprocess.run(command, check=False, cwd=ROOT / "local", env=os.environ | told).returncode


def _recording(client: demo.Client) -> str:
    """One that can be listened to, which takes more than the API."""
    note = demo.VoiceNote(client, demo.SAMPLE)
    note.announce()
    note.upload()
    note.wait()
    return note.id
