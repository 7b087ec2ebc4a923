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
    """Measures every function, or those that `--function NAME` names; 1 when a budget is missed."""
    _install_peers()
    return _with_stack([str(ROOT / "target" / "release" / "bench"), *arguments])


def run_at_size() -> int:
    """What a million audit rows and 200,000 objects cost: memory that does not grow with them."""
    examples = ROOT / "target" / "release" / "examples"
    walk = _with_stack([str(examples / "walk_at_size"), "200000"])
    return _with_stack([str(examples / "logs_at_size"), "1000000"]) or walk


def _with_stack(command: list[str]) -> int:
    was_up = stack.is_up()
    try:
        env = stack.up() | {"TEST_DATABASE_URL": postgres.url("postgres", role="postgres")}
        return subprocess.run(command, check=False, cwd=ROOT, env=os.environ | env).returncode
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
