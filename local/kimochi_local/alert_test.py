"""One alert of each severity through the whole path, so that people can see for themselves that alerts arrive."""

from __future__ import annotations

import json
import secrets

import boto3

from . import cloud, inbox, stack
from .intrinsics import DeployedStack
from .migrate import region
from .place import STACK_NAME
from .terminal import Trouble, say

SEVERITIES = {"critical": "緊急", "warning": "重要", "info": "情報"}


def local() -> None:
    if not stack.is_up():
        raise Trouble("The local stack is not up: make up")
    _send(cloud.client("sns"), DeployedStack.named(STACK_NAME).outputs["AlertTopicArn"], STACK_NAME)
    say(f"They are on their way; what arrives is shown at {inbox.url()}")


def on_aws(name: str) -> None:
    """With the credentials of the person who asks. The critical one calls whoever is on call."""
    answer = boto3.client("cloudformation", region_name=region()).describe_stacks(StackName=name)
    outputs = {output["OutputKey"]: output["OutputValue"] for output in answer["Stacks"][0]["Outputs"]}
    _send(boto3.client("sns", region_name=region()), outputs["AlertTopicArn"], name)
    say("They are on their way: one in each channel, and one incident in PagerDuty, which you close by hand.")


def notice(severity: str, name: str, run: str) -> dict:
    """As `kimochi-notify` makes them."""
    label = SEVERITIES[severity]
    return {
        "version": "1.0",
        "source": "custom",
        "content": {
            "textType": "client-markdown",
            "title": f"【試験】{label}の通知が届くことの確認",
            "description": "make alert-test による試験です。障害ではありません。",
            "nextSteps": ["届いたことを確認する", "PagerDuty に届いたものは解決済みにする"]
            if severity == "critical"
            else ["届いたことを確認する"],
            "keywords": [label, "alert_test"],
        },
        "metadata": {
            "threadId": f"alert-test-{severity}-{run}",
            "summary": f"【試験】{label}",
            "eventType": "alert_test",
            "additionalContext": {"severity": severity, "stack": name},
        },
    }


def _send(sns, topic: str, name: str) -> None:
    run = secrets.token_hex(4)
    for severity, label in SEVERITIES.items():
        sns.publish(TopicArn=topic, Message=json.dumps(notice(severity, name, run), ensure_ascii=False))
        say(f"Sent: {label} ({severity})")
