"""`cargo test` with the stack beneath it: the environment of `make up`, and a PostgreSQL to make databases in."""

from __future__ import annotations

import os
import subprocess

from . import postgres, stack
from .place import ROOT


def run() -> int:
    """Returns the test runner's exit code. A stack that was up stays up; one started for the tests goes again."""
    was_up = stack.is_up()
    try:
        env = stack.up() | {"TEST_DATABASE_URL": postgres.url("postgres", role="postgres")}
        command = ["cargo", "test", "--workspace", "--no-fail-fast"]
        return subprocess.run(command, check=False, cwd=ROOT, env=os.environ | env).returncode
    finally:
        if not was_up:
            # Quietly: the last thing to read are the tests' closing lines.
            stack.stop()
