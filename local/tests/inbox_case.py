"""An inbox of its own for each test, and the calls that a test makes of it."""

import json
import threading
import unittest
import urllib.error
import urllib.request

from kimochi_local.inbox import Handler, Memory, Server

PNG = b"\x89PNG\r\n\x1a\n\x00\xff picture"


class InboxCase(unittest.TestCase):
    def setUp(self):
        handler = type("FreshHandler", (Handler,), {"memory": Memory()})
        self.server = Server(("127.0.0.1", 0), handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)

    def send(
        self, method: str, path: str, data: bytes | None = None, headers: dict | None = None
    ) -> tuple[int, dict, bytes]:
        url = f"http://127.0.0.1:{self.server.server_port}{path}"
        request = urllib.request.Request(url, data=data, method=method, headers=headers or {})
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, dict(answer.headers), answer.read()
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, dict(answer.headers), answer.read()

    def call(self, method: str, path: str, body: object = None) -> tuple[int, str]:
        data = None if body is None else json.dumps(body).encode()
        status, _, answer = self.send(method, path, data, {"content-type": "application/json"})
        return status, answer.decode()

    def received(self) -> list[dict]:
        return json.loads(self.call("GET", "/requests")[1])

    def page(self, query: str = "") -> str:
        status, answer = self.call("GET", f"/{query}")
        self.assertEqual(status, 200)
        return answer

    def slack(self, name: str, **arguments: object) -> dict:
        return json.loads(self.call("POST", f"/api/{name}", arguments)[1])

    def post(self, text: str = "こんにちは", **arguments: object) -> dict:
        return self.slack("chat.postMessage", **{"channel": "C0CRITICAL", "text": text} | arguments)

    def place_for(self, name: str = "graph.png", data: bytes = PNG) -> dict:
        form = f"filename={name}&length={len(data)}".encode()
        kind = {"content-type": "application/x-www-form-urlencoded"}
        return json.loads(self.send("POST", "/api/files.getUploadURLExternal", form, kind)[2])

    def upload(self, name: str = "graph.png", data: bytes = PNG) -> str:
        """A file that is there, but not shared yet."""
        file_id = self.place_for(name, data)["file_id"]
        self.assertEqual(self.send("POST", f"/upload/{file_id}", data)[0], 200)
        return file_id

    def alert(self, action: str, key: str = "api-5xx", **more: object) -> int:
        """An event to PagerDuty."""
        event = {"routing_key": "local", "event_action": action, "dedup_key": key} | more
        return self.call("POST", "/v2/enqueue", event)[0]
