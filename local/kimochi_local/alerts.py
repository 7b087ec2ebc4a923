"""What opens Slack and PagerDuty: here the inbox, which looks at none of it."""

from __future__ import annotations

import json

from . import cloud

NAME = "kimochi-local-alerts"
KEYS = {"slack_bot_token": "xoxb-local", "pagerduty_routing_key": "local"}


def secret() -> str:
    """The secret's ARN; it is made when there is none."""
    secrets = cloud.client("secretsmanager")
    try:
        return secrets.describe_secret(SecretId=NAME)["ARN"]
    except secrets.exceptions.ResourceNotFoundException:
        return secrets.create_secret(Name=NAME, SecretString=json.dumps(KEYS))["ARN"]
