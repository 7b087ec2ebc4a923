"""AWS on this machine: MiniStack, with IAM enforced, and clients that talk to it."""

from __future__ import annotations

import os
import shutil
import sys

import boto3

from . import daemons
from .place import ACCESS_KEY, REGION, ROOT, SECRET_KEY, TMP

NAME = "ministack"


def is_running() -> bool:
    return daemons.find(NAME) is not None


def start() -> None:
    stop()
    # Nothing in it is of use to a new instance.
    shutil.rmtree(TMP, ignore_errors=True)
    TMP.mkdir(parents=True)
    port = daemons.free_port(4566)
    daemon = daemons.start(
        NAME,
        [sys.executable, "-m", "hypercorn", "--bind", f"127.0.0.1:{port}", "kimochi_local.gateway:app"],
        env=_environment(port),
        cwd=ROOT / "local",
        note={"url": f"http://127.0.0.1:{port}"},
    )
    daemons.wait_until(lambda: daemons.answers(f"{url()}/_ministack/health"), daemon)


def stop() -> bool:
    return daemons.stop(NAME)


def url() -> str:
    return daemons.url(NAME)


def instance() -> str:
    """Differs from start to start: what was deployed to another instance is gone."""
    daemon = daemons.find(NAME)
    return f"{daemon.pid}-{daemon.began}" if daemon else ""


def client(service: str, **options):
    """A boto3 client with the local root credentials."""
    session = boto3.Session(
        aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET_KEY, region_name=REGION
    )
    return session.client(service, endpoint_url=url(), **options)


def _environment(port: int) -> dict[str, str]:
    """Functions inherit MiniStack's environment, so it is made of what they may see and nothing else."""
    passed_on = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return passed_on | {
        "AUTH": "true",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": REGION,
        "TMPDIR": str(TMP),
        "S3_DATA_DIR": str(TMP / "s3"),
        "STATE_DIR": str(TMP / "state"),
        # No listeners that nobody uses.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
    }
