"""Follows what the functions write to CloudWatch Logs, all of them in one stream."""

from __future__ import annotations

import time

from . import cloud
from .place import STACK_NAME
from .terminal import say

PREFIX = f"/aws/lambda/{STACK_NAME}-"


def follow() -> None:
    """Prints from the last minute on, until interrupted."""
    logs = cloud.client("logs")
    groups = [
        group["logGroupName"] for group in logs.describe_log_groups(logGroupNamePrefix=PREFIX)["logGroups"]
    ]
    since = dict.fromkeys(groups, int(time.time() - 60) * 1000)
    seen: set[tuple] = set()
    while cloud.is_running():
        for event, group in sorted(_new_events(logs, since, seen), key=lambda found: found[0]["timestamp"]):
            say(f"{group.removeprefix(PREFIX):<12} {event['message'].rstrip()}")
        time.sleep(0.5)
    say("The stack has stopped.")


def _new_events(logs, since: dict[str, int], seen: set[tuple]) -> list[tuple[dict, str]]:
    found = []
    for group, start in since.items():
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group, startTime=start):
            for event in page["events"]:
                identity = (group, event["logStreamName"], event["timestamp"], event["message"])
                if identity not in seen:
                    seen.add(identity)
                    since[group] = max(since[group], event["timestamp"])
                    found.append((event, group))
    return found
