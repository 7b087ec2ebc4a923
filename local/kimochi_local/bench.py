"""The benchmark, with the stack beneath it, and Python's peers beside it in an environment of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import venv

from . import postgres, stack
from .place import LOCAL, ROOT
from .terminal import step

PEERS = LOCAL / "peers"
REQUIREMENTS = ROOT / "bench" / "peers" / "requirements.lock"
# What was installed: the lock of that time.
INSTALLED = PEERS / "requirements.lock"


def run(*arguments: str) -> int:
    """Measures what is asked for, or everything, and then the jobs at their size; 1 when a budget is missed."""
    commands = [[ROOT / "target" / "release" / "bench", *arguments]]
    if not arguments:
        examples = ROOT / "target" / "debug" / "examples"
        commands += [[examples / "walk_at_size", "200000"], [examples / "logs_at_size", "1000000"]]
    _install_peers()
    was_up = stack.is_up()
    try:
        env = os.environ | stack.up() | {"TEST_DATABASE_URL": postgres.url("postgres", role="postgres")}
        # One that a signal ended has a negative one.
        codes = [subprocess.run(command, check=False, cwd=ROOT, env=env).returncode for command in commands]
        return int(any(codes))
    finally:
        if not was_up:
            stack.stop()


def _install_peers() -> None:
    wanted = REQUIREMENTS.read_bytes()
    if INSTALLED.exists() and INSTALLED.read_bytes() == wanted:
        return
    with step("Python's peers are installed"):
        venv.create(PEERS, clear=True, with_pip=True)
        command = [PEERS / "bin" / "python", "-m", "pip", "install", "--quiet", "--requirement", REQUIREMENTS]
        subprocess.run(command, check=True, stdout=sys.stderr)
        INSTALLED.write_bytes(wanted)
