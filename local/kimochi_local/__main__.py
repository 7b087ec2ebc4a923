"""The commands behind the Makefile."""

from __future__ import annotations

import argparse
import os
import sys

from . import (
    alert_test,
    artifacts,
    bench,
    contract,
    demo,
    logs,
    migrate,
    pictures,
    stack,
    tests,
    verify_audit,
)
from .terminal import Trouble, complain

COMMANDS = {
    "up": stack.up_and_tell,
    "down": stack.down,
    "logs": logs.follow,
    "demo": demo.run,
    "test": tests.run,
    "contract": contract.run,
    "bench": bench.run,
    "alert-test": alert_test.local,
    "verify-audit": verify_audit.local,
    "images": pictures.render_and_tell,
    "artifacts": artifacts.check,
    "alert-test-on-aws": alert_test.on_aws,
    "verify-audit-on-aws": verify_audit.on_aws,
    "migrate-on-aws": migrate.on_aws,
    "pictures-on-aws": pictures.upload_on_aws,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="kimochi_local", description=__doc__)
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    asked = parser.parse_args()
    if not asked.command.endswith("-on-aws"):
        _forget_aws()
    try:
        return COMMANDS[asked.command](*asked.arguments) or 0
    except Trouble as trouble:
        complain(f"\n{trouble}")
        return 1
    except KeyboardInterrupt:
        return 130


def _forget_aws() -> None:
    """A person's AWS profile or session must not find its way into the local stack, nor lead it to AWS."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "SAM_")):
            del os.environ[name]


if __name__ == "__main__":
    sys.exit(main())
