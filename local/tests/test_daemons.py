import json
import os
import socket
import sys
import tempfile
import time
import unittest
from pathlib import Path
from unittest import mock

import psutil

from kimochi_local import daemons
from kimochi_local.terminal import Trouble

SLEEP = "import time; time.sleep(60)"
# Starts a child that ignores SIGTERM, as a stuck function might, and says its pid.
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"])
print(child.pid, flush=True)
time.sleep(60)
"""


class Daemons(unittest.TestCase):
    def setUp(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.enterContext(mock.patch.object(daemons, "RUN", folder))
        self.enterContext(mock.patch.object(daemons, "LOGS", folder))
        self.folder = folder
        self.addCleanup(daemons.stop, "it")

    def enterContext(self, context):
        # unittest has this from Python 3.11 on.
        value = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        return value

    def start(self, program: str) -> daemons.Daemon:
        return daemons.start(
            "it", [sys.executable, "-c", program], env={}, cwd=self.folder, note={"url": "x"}
        )

    def test_a_started_one_is_found_again(self):
        started = self.start(SLEEP)

        self.assertEqual(daemons.find("it"), started)

    def test_stopping_leaves_no_child_behind(self):
        self.start(PARENT)
        log = daemons.log_file("it")
        while not log.read_text().endswith("\n"):
            time.sleep(0.01)
        child = psutil.Process(int(log.read_text()))

        self.assertTrue(daemons.stop("it"))

        self.assertIn(_state(child), {"gone", psutil.STATUS_ZOMBIE})
        self.assertIsNone(daemons.find("it"))

    def test_a_pid_that_belongs_to_something_else_by_now_is_left_alone(self):
        stranger = {"name": "it", "pid": os.getpid(), "began": 1.0, "note": {}}
        (self.folder / "it.json").write_text(json.dumps(stranger))

        self.assertIsNone(daemons.find("it"))
        self.assertFalse(daemons.stop("it"))

    def test_one_that_dies_at_once_is_reported_with_its_last_words(self):
        daemon = self.start("raise SystemExit('the disk is full')")

        with self.assertRaisesRegex(Trouble, "the disk is full"):
            daemons.wait_until(lambda: False, daemon)

    def test_a_taken_port_is_passed_over(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]

            self.assertNotEqual(daemons.free_port(port), port)


def _state(process: psutil.Process) -> str:
    try:
        return process.status()
    except psutil.NoSuchProcess:
        return "gone"
