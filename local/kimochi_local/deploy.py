"""Deploys template.yaml with the SAM CLI, as it goes to AWS, beside natively built functions.

The template says `CodeUri: target/lambda/<name>/`. A copy of it is staged next to another `target` folder,
so the relative paths lead to native builds here and to arm64 builds in the repository: one template, and no
way to deploy the wrong binaries to AWS.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

from . import alerts, cloud, inbox, postgres, reference
from .daemons import last_words, log_file
from .place import ACCESS_KEY, BIN, REGION, ROOT, RUN, SECRET_KEY, STACK_NAME, STAGE
from .terminal import Trouble

TEMPLATE = ROOT / "template.yaml"
BUILD = ROOT / "target" / "debug"
ARTIFACTS_BUCKET = "kimochi-local-artifacts"
DEPLOYED = RUN / "deployed.json"


def function_names() -> list[str]:
    """The functions that the template deploys; package, folder and Lambda share the name."""
    return re.findall(r"^\s+CodeUri: target/lambda/([\w-]+)/$", TEMPLATE.read_text(), re.MULTILINE)


def parameters() -> dict[str, str]:
    """What differs from AWS. A short timeout, so that the queue delivers again within a minute."""
    return {
        "Stage": "local",
        "Architecture": {"aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), "x86_64"),
        "DatabaseUrl": postgres.url("kimochi"),
        "DatabaseAuth": "none",
        # A web client's, as by default, and the page that tries out what it describes.
        "AllowedOrigins": f"http://localhost:3000,{reference.url()}",
        "TranscribeTimeout": "10",
        "AlertSecret": alerts.secret(),
        "SlackApiUrl": f"{inbox.url()}/api",
        "PagerDutyUrl": inbox.url(),
        "SlackChannelCritical": "C0CRITICAL",
        "SlackChannelWarning": "C0WARNING",
        "SlackChannelInfo": "C0INFO",
        "RunbookUrl": "https://example.com/docs/RUNBOOK.md",
        "LogRetentionDays": "1",
    }


def stage() -> None:
    """Puts the template and stripped copies of the binaries side by side; skips what has not changed."""
    STAGE.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(TEMPLATE, STAGE / "template.yaml")
    for name in function_names():
        source = BUILD / name
        if not source.exists():
            raise Trouble(f"{source.relative_to(ROOT)} is missing; `make build` makes it")
        target = STAGE / "target" / "lambda" / name / "bootstrap"
        if target.exists() and target.stat().st_mtime_ns == source.stat().st_mtime_ns:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        # Symbols only fill the upload; backtraces with lines are for tests.
        subprocess.run(["strip", "-o", str(target), str(source)], check=True)
        os.utime(target, ns=(source.stat().st_atime_ns, source.stat().st_mtime_ns))


def is_current() -> bool:
    """Whether exactly what is staged, with these parameters, is deployed to the MiniStack that runs now."""
    try:
        return json.loads(DEPLOYED.read_text()) == _fingerprint()
    except (FileNotFoundError, ValueError):
        return False


def note_deployed() -> None:
    """Called when nothing is left to do, so that a deployment cut short is done again."""
    DEPLOYED.write_text(json.dumps(_fingerprint(), indent=1))


def deploy() -> None:
    DEPLOYED.unlink(missing_ok=True)
    _ensure_artifacts_bucket()
    command = [
        str(BIN / "sam"), "deploy",
        "--template-file", "template.yaml",
        "--stack-name", STACK_NAME,
        "--s3-bucket", ARTIFACTS_BUCKET,
        "--capabilities", "CAPABILITY_IAM",
        "--no-confirm-changeset",
        "--no-fail-on-empty-changeset",
        "--parameter-overrides", *(f"{name}={value}" for name, value in parameters().items()),
    ]  # fmt: skip
    log = log_file("deploy")
    with log.open("wb") as output:
        done = subprocess.run(
            command, check=False, cwd=STAGE, env=_environment(), stdout=output, stderr=output
        )
    if done.returncode:
        raise Trouble(
            f"The deployment failed. Its last words:\n{last_words(log)}\n\n"
            f"All of it: {log.relative_to(ROOT)}. From nothing: make down up"
        )


def _ensure_artifacts_bucket() -> None:
    s3 = cloud.client("s3")
    try:
        s3.create_bucket(Bucket=ARTIFACTS_BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    except s3.exceptions.BucketAlreadyOwnedByYou:
        pass


def _environment() -> dict[str, str]:
    """Local credentials, and no way to others."""
    return os.environ | {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": cloud.url(),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "SAM_CLI_TELEMETRY": "0",
    }


def _fingerprint() -> dict:
    staged = [STAGE / "template.yaml", *sorted((STAGE / "target").rglob("bootstrap"))]
    return {
        "instance": cloud.instance(),
        "parameters": parameters(),
        "files": {str(path.relative_to(STAGE)): _sha256(path) for path in staged},
    }


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
