"""Schemathesis holds the deployed API against openapi.json: whatever the document allows, the API does.

It signs in with a family of its own, made for this run: no other test's children are in its way, nor are its
own in theirs. As an operator it keeps a feeling card of its own, so that children and other tests find the real
ones as they were.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from . import cloud, demo, people, stack
from .intrinsics import DeployedStack
from .place import BIN, OPENAPI, ROOT, STACK_NAME
from .terminal import say

CONFIGURATION = ROOT / "local" / "schemathesis.toml"

# ためし, a trial.
CARD = "tameshi"


def run() -> int:
    """Brings the stack up and returns Schemathesis's exit code: 0 when document and API agree."""
    return check(stack.up())


def check(env: dict[str, str]) -> int:
    """Checks the stack that `env` leads to."""
    say("==> The API is held against openapi.json (Schemathesis)")
    name = f"contract-{secrets.token_hex(4)}"
    token = people.sign_in_parent(DeployedStack.named(STACK_NAME).outputs, name)
    parent, operator = (demo.Client(env["API_URL"], who) for who in (token, env["ADMIN_TOKEN"]))
    recording = _recording(parent)
    told = {
        "API_URL": env["API_URL"],
        "PARENT_TOKEN": token,
        "OPERATOR_TOKEN": env["ADMIN_TOKEN"],
        "FAMILY_ID": parent.call("GET", "/v1/me")["id"],
        "RECORDING_ID": recording,
        "JOB_RUN_ID": _job_run(operator, recording),
        "CARD": CARD,
    }
    command = [str(BIN / "schemathesis"), "--config-file", str(CONFIGURATION), "run", str(OPENAPI)]
    with _card_to_keep(env):
        return subprocess.run(command, check=False, cwd=ROOT / "local", env=os.environ | told).returncode


def _recording(client: demo.Client) -> str:
    """One that can be listened to, which takes more than the API."""
    note = demo.VoiceNote(client, demo.SAMPLE)
    note.announce()
    note.upload()
    note.wait()
    return note.id


def _job_run(operator: demo.Client, recording: str) -> str:
    """The one that made text of it."""
    return operator.call("GET", f"/v1/admin/job-runs?recording_id={recording}")["items"][0]["id"]


@contextmanager
def _card_to_keep(env: dict[str, str]) -> Iterator[None]:
    """What a card needs before it can be made is a picture; afterwards neither is there any more."""
    s3 = cloud.client("s3")
    key = f"images/emotions/{CARD}.webp"
    source = {"Bucket": env["MEDIA_BUCKET"], "Key": "images/emotions/wakaranai.webp"}
    s3.copy_object(Bucket=env["MEDIA_BUCKET"], Key=key, CopySource=source)
    try:
        yield
    finally:
        _remove_card(env)
        s3.delete_object(Bucket=env["MEDIA_BUCKET"], Key=key)


def _remove_card(env: dict[str, str]) -> None:
    url = f"{env['API_URL']}/v1/admin/emotions/{CARD}"
    headers = {"authorization": f"Bearer {env['ADMIN_TOKEN']}"}
    try:
        urllib.request.urlopen(urllib.request.Request(url, headers=headers, method="DELETE"), timeout=30)
    except urllib.error.HTTPError as answer:
        if answer.code != 404:
            raise
