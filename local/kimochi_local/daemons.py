"""Processes that outlive the command that started them: start, find again, stop, leave nothing behind.

A daemon leads its own session, so whatever it starts (MiniStack starts the functions) can be stopped
with it. A pid alone is not trusted: the file also notes when the process began, because a pid is used
again sooner or later.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from .place import LOGS, RUN
from .terminal import Trouble

STOP_SECONDS = 10


@dataclass(frozen=True)
class Daemon:
    """One background process. `note` is what others need to know about it, such as its port."""

    name: str
    pid: int
    began: float
    note: dict = field(default_factory=dict)

    def is_running(self) -> bool:
        try:
            return not self.pid_is_a_strangers() and _is_alive(psutil.Process(self.pid))
        except psutil.NoSuchProcess:
            return False

    def pid_is_a_strangers(self) -> bool:
        """Whether the pid was given to another process since. While our session has members, it is not."""
        try:
            # Start times are told relative to the boot, and that moves a little when the clock is set.
            return abs(psutil.Process(self.pid).create_time() - self.began) > 2
        except psutil.NoSuchProcess:
            return False


def find(name: str) -> Daemon | None:
    """The running daemon of that name. A file left by one that is gone counts as none."""
    daemon = _noted(name)
    return daemon if daemon and daemon.is_running() else None


def start(name: str, command: list[str], *, env: dict[str, str], cwd: Path, note: dict) -> Daemon:
    """Starts a process in its own session, with its output in the log folder."""
    stop(name)
    LOGS.mkdir(parents=True, exist_ok=True)
    with log_file(name).open("wb") as log:
        process = subprocess.Popen(
            command,
            env=env,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    process.returncode = 0  # it is meant to outlive this object, which would complain about that
    daemon = Daemon(name, process.pid, psutil.Process(process.pid).create_time(), note)
    RUN.mkdir(parents=True, exist_ok=True)
    _pid_file(name).write_text(json.dumps(daemon.__dict__))
    return daemon


def wait_until(ready: Callable[[], bool], daemon: Daemon, *, seconds: float = 60) -> None:
    """Asks until the answer is yes; gives up when the process is gone or the time is over."""
    deadline = time.monotonic() + seconds
    while not (daemon.is_running() and ready()):
        if not daemon.is_running() or time.monotonic() > deadline:
            raise Trouble(
                f"{daemon.name} did not start. Its last words:\n{last_words(log_file(daemon.name))}"
            )
        time.sleep(0.05)


def stop(name: str) -> bool:
    """Ends a daemon and everything in its session. False when there was nothing to end."""
    daemon = _noted(name)
    if daemon is None:
        return False
    was_running = daemon.is_running()
    if was_running:
        leader = psutil.Process(daemon.pid)
        leader.terminate()
        _wait_for_end([leader])
    if not daemon.pid_is_a_strangers():
        _end_session(daemon.pid)
    _pid_file(name).unlink(missing_ok=True)
    return was_running


def url(name: str) -> str:
    """Where the daemon of that name serves HTTP."""
    if daemon := find(name):
        return daemon.note["url"]
    raise Trouble(f"{name} is not running; `make up` starts it")


def answers(url: str) -> bool:
    """Whether a GET is answered with success."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return response.status == 200
    except OSError:
        return False


def free_port(preferred: int) -> int:
    """The preferred port of the loopback interface, or any free one when it is taken."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return probe.getsockname()[1]
    raise Trouble("No free port on 127.0.0.1")


def log_file(name: str) -> Path:
    return LOGS / f"{name}.log"


def last_words(log: Path, lines: int = 25) -> str:
    try:
        return "\n".join("  " + line for line in log.read_text(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return "  (nothing)"


def _pid_file(name: str) -> Path:
    return RUN / f"{name}.json"


def _noted(name: str) -> Daemon | None:
    try:
        return Daemon(**json.loads(_pid_file(name).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _end_session(leader: int) -> None:
    """Kills what is left of a session, and waits until it is gone."""
    members = [process for process in psutil.process_iter() if _session_of(process) == leader]
    for process in members:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    _wait_for_end(members)


def _wait_for_end(processes: list[psutil.Process]) -> None:
    deadline = time.monotonic() + STOP_SECONDS
    while any(_is_alive(process) for process in processes) and time.monotonic() < deadline:
        time.sleep(0.02)


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _session_of(process: psutil.Process) -> int | None:
    try:
        return os.getsid(process.pid)
    except (ProcessLookupError, PermissionError):
        return None
