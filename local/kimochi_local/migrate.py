"""Brings a stack's database up to date by invoking its `migrate` function: the last step of every deployment."""

from __future__ import annotations

import json
import os

import boto3
from botocore.config import Config

from . import cloud
from .place import REGION
from .terminal import Trouble, say

# As long as the function may take, and one attempt: a second one would only wait for the first.
PATIENCE = Config(read_timeout=310, retries={"total_max_attempts": 1})


def local(function: str) -> None:
    _invoke(cloud.client("lambda", config=PATIENCE), function)


def on_aws(stack: str) -> None:
    """With the credentials and the region of the person who deploys."""
    done = _invoke(boto3.client("lambda", region_name=region(), config=PATIENCE), f"{stack}-migrate")
    applied = ", ".join(done.get("applied", [])) or "nothing, it was up to date"
    say(f"Migrations applied: {applied}. The schema is at version {done.get('version')}.")


def region() -> str:
    """The region of the person who deploys."""
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or REGION


def _invoke(client, function: str) -> dict:
    answer = client.invoke(FunctionName=function, Payload=b"{}")
    payload = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise Trouble(f"{function}: {payload.get('errorMessage', payload)}")
    return payload
