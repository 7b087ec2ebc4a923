"""One peer in a process of its own, as Lambda would run it: for the tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread

PEERS = Path(__file__).resolve().parent
TIMEOUT_SECONDS = 10
INHERITED = (
    "AWS_ENDPOINT_URL",
    "AWS_REGION",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "DATABASE_URL",
    "MEDIA_BUCKET",
)


class Sandbox:
    def __init__(self, peer: str):
        self.api = ThreadingHTTPServer(("127.0.0.1", 0), RuntimeApi)
        self.api.daemon_threads = True
        # A peer that is stopped hangs up in the middle of `next`.
        self.api.handle_error = lambda *_: None
        self.api.events, self.api.answers = Queue(), Queue()
        Thread(target=self.api.serve_forever, daemon=True).start()
        # By which its database connection is found.
        self.name = f"{peer}-{uuid.uuid4()}"
        environment = {name: os.environ[name] for name in INHERITED} | {
            "AWS_LAMBDA_FUNCTION_NAME": self.name,
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self.api.server_port}",
            "DATABASE_AUTH": "none",
            "DATABASE_ROLE": "kimochi_api",
            "PYTHONPATH": str(PEERS),
        }
        command = [sys.executable, "-m", "awslambdaric", f"{peer}.handler"]
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)

    def invoke(self, event: dict) -> dict:
        self.api.events.put(event)
        kind, answer = self.api.answers.get(timeout=TIMEOUT_SECONDS)
        if kind != "response":
            raise AssertionError(f"{kind}: {answer}")
        return answer

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.api.shutdown()
        self.api.server_close()


class RuntimeApi(BaseHTTPRequestHandler):
    """As much of Lambda's Runtime API as one sandbox needs."""

    protocol_version = "HTTP/1.1"
    wbufsize = (
        -1
    )  # head and body in one packet: the second of two would wait for the first to be acknowledged

    def do_GET(self):
        event = json.dumps(self.server.events.get()).encode()
        self.send_response(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", str(uuid.uuid4()))
        self.send_header("Lambda-Runtime-Deadline-Ms", str(int((time.time() + TIMEOUT_SECONDS) * 1000)))
        self.send_header(
            "Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:ap-northeast-1:0:function:peer"
        )
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(event)))
        self.end_headers()
        self.wfile.write(event)

    def do_POST(self):
        """`…/invocation/{id}/response`, `…/invocation/{id}/error` or `…/init/error`."""
        length = int(self.headers.get("Content-Length", 0))
        self.server.answers.put((self.path.rpartition("/")[2], json.loads(self.rfile.read(length))))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass
