"""The API against its document, then `cargo test`, both with the stack beneath them.

`cargo test` gets the environment of `make up`, and a PostgreSQL to make databases in.
"""

from __future__ import annotations

import os
import subprocess

from . import contract, postgres, stack
from .place import ROOT


def run() -> int:
    """Returns 0 when both are content. A stack that was up stays up; one started for the tests goes again."""
    was_up = stack.is_up()
    try:
        env = stack.up() | {"TEST_DATABASE_URL": postgres.url("postgres", role="postgres")}
        contract_is_broken = contract.check(env)
        # Last, because its closing lines are.
        command = ["cargo", "test", "--workspace", "--no-fail-fast"]
        tests = subprocess.run(command, check=False, cwd=ROOT, env=os.environ | env).returncode
        return tests or contract_is_broken
    finally:
        if not was_up:
            # Quietly: the last thing to read are the tests' closing lines.
            stack.stop()
