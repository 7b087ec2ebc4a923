"""What a person sees while the stack works: one line per step, with its time."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Trouble(Exception):
    """Something a person can put right; shown without a traceback."""


@contextmanager
def step(what: str) -> Iterator[None]:
    """Prints what is being done, and how long it took once it is done."""
    started = time.monotonic()
    shown = f"==> {what} "
    print(shown, end="", flush=True)
    try:
        yield
    except BaseException:
        print("failed", flush=True)
        raise
    print(f"{'.' * max(3, 58 - len(shown))} {time.monotonic() - started:.1f} s", flush=True)


def say(text: str = "") -> None:
    print(text, flush=True)


def complain(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
