"""The whole stack: up, down, and the file that tells others where it is."""

from __future__ import annotations

import fcntl
import secrets
import shlex
from collections.abc import Iterator
from contextlib import contextmanager

from . import cloud, deploy, http_api, inbox, migrate, people, pictures, postgres, reference
from .intrinsics import DeployedStack
from .place import ACCESS_KEY, ENV, LOCAL, REGION, SECRET_KEY, STACK_NAME
from .terminal import say, step


def up() -> dict[str, str]:
    """Starts what is not running, deploys what has changed, signs everybody in. Returns the environment."""
    with _alone():
        _start()
        deploy.stage()
        if deploy.is_current():
            stack = DeployedStack.named(STACK_NAME)
        else:
            stack = _deploy()
        env = _environment(stack)
        ENV.write_text("".join(f"{name}={shlex.quote(value)}\n" for name, value in env.items()))
    return env


def up_and_tell() -> None:
    env = up()
    say(f"\nThe stack is up: {env['API_URL']}/v1/health")
    say(f"What it can be asked, to read and to try out: {env['REFERENCE_URL']}")
    say("Everything else is in .local/env; for your shell:  set -a; . .local/env; set +a")


def down() -> None:
    say(
        "The local stack is down; its data are gone with it."
        if stop()
        else "The local stack was not running."
    )


def stop() -> bool:
    """Ends everything, the functions' processes included. False when nothing was running."""
    with _alone():
        ENV.unlink(missing_ok=True)
        return any([cloud.stop(), inbox.stop(), reference.stop(), postgres.stop()])


def is_up() -> bool:
    return all(part.is_running() for part in (cloud, postgres, inbox, reference))


def _start() -> None:
    if not postgres.is_running():
        # Rows and objects belong together: a new database calls for a new AWS, and the other way round.
        cloud.stop()
    if not cloud.is_running():
        with step("PostgreSQL starts"):
            postgres.start()
        with step("MiniStack starts (AWS on this machine)"):
            cloud.start()
    if not inbox.is_running():
        with step("The inbox starts (Slack and PagerDuty)"):
            inbox.start()
    if not reference.is_running():
        with step("The API reference starts"):
            reference.start()


def _deploy() -> DeployedStack:
    with step("template.yaml is deployed (sam deploy)"):
        deploy.deploy()
        stack = DeployedStack.named(STACK_NAME)
        http_api.create_routes(stack)
    with step("The database is migrated"):
        migrate.local(stack.outputs["MigrateFunction"])
    with step("The feeling cards get their pictures"):
        pictures.upload(cloud.client("s3"), stack.outputs["MediaBucketName"])
    deploy.note_deployed()
    return stack


def _environment(stack: DeployedStack) -> dict[str, str]:
    """What anything that speaks HTTP or AWS needs to drive the stack. The tokens are new each time."""
    outputs = stack.outputs
    [api] = stack.of_type("AWS::ApiGatewayV2::Api")
    functions = (stack.physical_ids[name] for name in stack.of_type("AWS::Lambda::Function"))
    return {
        # By path, since not every resolver knows <api>.execute-api.localhost.
        "API_URL": f"{cloud.url()}/_aws/execute-api/{stack.physical_ids[api]}",
        "AWS_ENDPOINT_URL": cloud.url(),
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "STACK_NAME": STACK_NAME,
        "DATABASE_URL": postgres.url("kimochi", role="postgres"),
        "MEDIA_BUCKET": outputs["MediaBucketName"],
        "ALERT_TOPIC_ARN": outputs["AlertTopicArn"],
        "TRANSCRIBE_QUEUE_URL": outputs["TranscribeQueueUrl"],
        "TRANSCRIBE_DLQ_URL": outputs["TranscribeDlqUrl"],
        "EXPIRED_PARENT_TOKEN": people.short_sign_in_parent(outputs, "parent"),
        "PARENT_TOKEN": people.sign_in_parent(outputs, "parent"),
        "OTHER_PARENT_TOKEN": people.sign_in_parent(outputs, "other-parent"),
        # For the test that leaves the service: nobody who did can come back.
        "LEAVING_PARENT_TOKEN": people.sign_in_parent(outputs, f"leaving-{secrets.token_hex(8)}"),
        "ADMIN_TOKEN": people.sign_in_operator(outputs, "operator"),
        "INBOX_URL": inbox.url(),
        "REFERENCE_URL": reference.url(),
        **{_variable(function): function for function in sorted(functions)},
    }


def _variable(function: str) -> str:
    """kimochi-local-alert-relay → FUNCTION_ALERT_RELAY"""
    return "FUNCTION_" + function.removeprefix(f"{STACK_NAME}-").replace("-", "_").upper()


@contextmanager
def _alone() -> Iterator[None]:
    """One `up` or `down` at a time; a second one waits for the first."""
    LOCAL.mkdir(exist_ok=True)
    with (LOCAL / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
