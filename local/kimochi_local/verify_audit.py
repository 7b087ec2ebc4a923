"""Holds the audit log, in the table and in its archives, against its seals, and names every difference."""

from __future__ import annotations

import json

import boto3
from botocore.config import Config

from . import cloud, stack
from .migrate import region
from .place import STACK_NAME
from .terminal import Trouble, say

# As long as the function may take, and one attempt: a second one would find the first at it.
PATIENCE = Config(read_timeout=910, retries={"total_max_attempts": 1}, tcp_keepalive=True)


def local() -> int:
    if not stack.is_up():
        raise Trouble("The local stack is not up: make up")
    return verify(cloud.client("lambda", config=PATIENCE), f"{STACK_NAME}-cleanup")


def on_aws(name: str) -> int:
    """With the credentials of the person who asks."""
    return verify(boto3.client("lambda", region_name=region(), config=PATIENCE), f"{name}-cleanup")


def verify(client, function: str) -> int:
    """From the first seal to the last, in as many invocations as that takes; 1 when something differs."""
    found, rows, day = 0, 0, None
    while True:
        report = _invoke(client, function, day)
        rows += report["rows"]
        for problem in report["problems"]:
            say("  ".join(f"{name}={value}" for name, value in problem.items()))
        found += len(report["problems"]) + report["more_problems"]
        if report["next_day"] is None:
            break
        if report["next_day"] == day:
            raise Trouble(f"{day} alone takes longer than an invocation may")
        day = report["next_day"]
    if report["last_day"] is None and day is None:
        say("There is no seal yet: the first day of the audit log is sealed an hour after its end (UTC).")
        return 0
    say(
        f"{rows} rows were compared up to {report['last_day']}; the digest of that day is {report['last_digest']}."
    )
    say(f"{found} differences." if found else "Everything is as it was written.")
    return 1 if found else 0


def _invoke(client, function: str, day: str | None) -> dict:
    event = {"task": "verify", "dry_run": True, "from": day}
    answer = client.invoke(FunctionName=function, Payload=json.dumps(event).encode())
    payload = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise Trouble(f"{function}: {payload.get('errorMessage', payload)}")
    if payload["outcome"] != "done":
        raise Trouble(f"{function} is at it already; try again when it is done")
    return payload["numbers"]
