"""The API reference in a browser: a small server beside the stack, started and stopped with it."""

from __future__ import annotations

import sys

from . import daemons
from .place import ROOT

NAME = "reference"


def start() -> None:
    port = daemons.free_port(4590)
    daemon = daemons.start(
        NAME,
        [
            sys.executable,
            "-m",
            "hypercorn",
            "--bind",
            f"127.0.0.1:{port}",
            "kimochi_local.reference_page:app",
        ],
        env={},
        cwd=ROOT / "local",
        note={"url": f"http://127.0.0.1:{port}"},
    )
    daemons.wait_until(lambda: daemons.answers(url()), daemon)


def stop() -> bool:
    return daemons.stop(NAME)


def is_running() -> bool:
    return daemons.find(NAME) is not None


def url() -> str:
    return daemons.url(NAME)
