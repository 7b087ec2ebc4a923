import json
import threading
import unittest
import urllib.error
import urllib.request
from http.server import ThreadingHTTPServer

from kimochi_local.inbox import Handler, Memory


class Inbox(unittest.TestCase):
    def setUp(self):
        handler = type("FreshHandler", (Handler,), {"memory": Memory()})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)

    def call(self, method: str, path: str, body: object = None) -> tuple[int, str]:
        url = f"http://127.0.0.1:{self.server.server_port}{path}"
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        try:
            with urllib.request.urlopen(urllib.request.Request(url, data=data, method=method)) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, answer.read().decode()

    def received(self) -> list[dict]:
        return json.loads(self.call("GET", "/requests")[1])

    def test_it_answers_like_slack_and_remembers(self):
        answer = self.call("POST", "/services/T0/B0/x", {"text": "こんにちは"})

        self.assertEqual(answer, (200, "ok"))
        [request] = self.received()
        self.assertEqual(
            (request["method"], request["path"], request["status"]), ("POST", "/services/T0/B0/x", 200)
        )
        self.assertEqual(json.loads(request["body"]), {"text": "こんにちは"})

    def test_it_answers_like_pagerduty(self):
        status, body = self.call("POST", "/v2/enqueue", {"dedup_key": "abc"})

        self.assertEqual(status, 202)
        self.assertEqual(json.loads(body)["dedup_key"], "abc")

    def test_prepared_answers_come_first_and_as_often_as_asked(self):
        self.call(
            "PUT", "/answers", [{"path": "/hook", "status": 429, "headers": {"retry-after": 1}, "times": 2}]
        )

        statuses = [self.call("POST", "/hook", {})[0] for _ in range(3)]

        self.assertEqual(statuses, [429, 429, 200])

    def test_answers_that_make_no_sense_are_refused(self):
        self.assertEqual(self.call("PUT", "/answers", "many")[0], 400)

    def test_it_forgets_when_asked(self):
        self.call("POST", "/hook", {})

        self.assertEqual(self.call("DELETE", "/requests")[0], 204)
        self.assertEqual(self.received(), [])

    def test_the_page_shows_what_came_and_runs_none_of_it(self):
        self.call("POST", "/hook", {"text": "<script>怒</script>"})

        _, page = self.call("GET", "/")

        self.assertIn("&lt;script&gt;怒", page)
        self.assertNotIn("<script>", page)
