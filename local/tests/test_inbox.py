import json

from inbox_case import PNG, InboxCase


class Inbox(InboxCase):
    def test_it_answers_like_slack_and_remembers(self):
        answer = self.call("POST", "/services/T0/B0/x", {"text": "こんにちは"})

        self.assertEqual(answer, (200, "ok"))
        [request] = self.received()
        self.assertEqual(
            (request["method"], request["path"], request["status"]), ("POST", "/services/T0/B0/x", 200)
        )
        self.assertEqual(json.loads(request["body"]), {"text": "こんにちは"})
        self.assertEqual(list(request), ["at", "method", "path", "headers", "body", "status"])

    def test_it_answers_like_pagerduty(self):
        status, body = self.call("POST", "/v2/enqueue", {"dedup_key": "abc"})

        self.assertEqual(status, 202)
        self.assertEqual(json.loads(body)["dedup_key"], "abc")

    def test_an_event_without_a_key_is_given_one(self):
        _, body = self.call("POST", "/v2/enqueue", {"event_action": "trigger"})

        self.assertTrue(json.loads(body)["dedup_key"])

    def test_a_body_that_is_no_text_is_recorded_by_its_size(self):
        self.send("POST", "/hook", PNG)

        [request] = self.received()

        self.assertEqual((request["body"], request["size_bytes"]), ("", len(PNG)))

    def test_it_forgets_when_asked(self):
        self.call("POST", "/hook", {})
        ts = self.post("忘れること")["ts"]
        self.alert("trigger")

        self.assertEqual(self.call("DELETE", "/requests")[0], 204)

        self.assertEqual(self.received(), [])
        self.assertIn("まだ何も届いていません", self.page())
        self.assertIn("呼び出しはありません", self.page())
        answer = self.slack("chat.update", channel="C0CRITICAL", ts=ts, text="…")
        self.assertEqual(answer["error"], "message_not_found")


class PreparedAnswers(InboxCase):
    def prepare(self, *answers: object) -> int:
        return self.call("PUT", "/answers", list(answers))[0]

    def statuses(self, count: int, path: str = "/hook") -> list[int]:
        return [self.call("POST", path, {})[0] for _ in range(count)]

    def test_they_come_first_and_as_often_as_asked(self):
        self.prepare({"path": "/hook", "status": 429, "headers": {"retry-after": 1}, "times": 2})

        self.assertEqual(self.statuses(3), [429, 429, 200])

    def test_every_second_request_can_be_turned_away(self):
        self.prepare({"path": "/hook", "status": 429, "times": 1000, "every": 2})

        self.assertEqual(self.statuses(5), [200, 429, 200, 429, 200])

    def test_requests_to_other_paths_do_not_count(self):
        self.prepare({"path": "/hook", "status": 429, "times": 2, "every": 2})

        self.assertEqual(self.statuses(1), [200])
        self.assertEqual(self.statuses(3, "/elsewhere"), [200, 200, 200])
        self.assertEqual(self.statuses(4), [429, 200, 429, 200])

    def test_the_first_one_whose_turn_it_is_is_used(self):
        self.prepare(
            {"path": "/hook", "status": 503, "times": 9, "every": 3},
            {"path": "/hook", "status": 429, "times": 9, "every": 2},
        )

        self.assertEqual(self.statuses(6), [200, 429, 503, 429, 200, 503])

    def test_the_query_is_no_part_of_the_path(self):
        self.prepare({"path": "/api/files.getUploadURLExternal", "status": 500})

        self.assertEqual(self.call("GET", "/api/files.getUploadURLExternal?filename=a&length=1")[0], 500)

    def test_those_that_make_no_sense_are_refused_and_the_others_kept(self):
        self.prepare({"path": "/hook", "status": 429})

        for nonsense in (
            "many",
            {"path": "/hook"},
            [1],
            [{}],
            [{"path": 1}],
            [{"path": "hook"}],
            [{"path": "/hook", "status": "429"}],
            [{"path": "/hook", "status": 99}],
            [{"path": "/hook", "status": True}],
            [{"path": "/hook", "times": -1}],
            [{"path": "/hook", "every": 0}],
            [{"path": "/hook", "every": 1.5}],
            [{"path": "/hook", "evry": 2}],
            [{"path": "/hook", "body": 5}],
            [{"path": "/hook", "headers": ["retry-after"]}],
            [{"path": "/hook", "headers": {"retry-after": "1\r\nset-cookie: a=b"}}],
        ):
            with self.subTest(nonsense):
                self.assertEqual(self.call("PUT", "/answers", nonsense)[0], 400)
        for broken in b"{", b"\xff", b"[" * 100_000:
            self.assertEqual(self.send("PUT", "/answers", broken)[0], 400)
        self.assertEqual(self.statuses(2), [429, 200])

    def test_what_they_turn_away_is_not_posted(self):
        self.prepare(
            {"path": "/api/chat.postMessage", "status": 429, "headers": {"retry-after": "1"}},
            {"path": "/api/chat.postMessage", "body": {"ok": False, "error": "ratelimited"}},
            {"path": "/services/x", "status": 500},
            {"path": "/v2/enqueue", "status": 429},
        )
        self.call("POST", "/api/chat.postMessage", {"channel": "C0INFO", "text": "一通目"})
        self.post("二通目", channel="C0INFO")
        self.call("POST", "/services/x", {"text": "三通目"})
        self.alert("trigger")

        page = self.page()

        self.assertNotIn('class="message"', page)
        self.assertNotIn('class="incident', page)
        for reason in "投稿されず（429・ratelimited）", "投稿されず（500）", "受け付けられず（429）":
            self.assertIn(reason, page)

    def test_one_that_is_ok_posts_under_its_own_time_stamp(self):
        self.prepare({"path": "/api/chat.postMessage", "body": '{"ok": true, "ts": "1712345678.000123"}'})
        self.post("最初の文")

        answer = self.slack("chat.update", channel="C0CRITICAL", ts="1712345678.000123", text="次の文")

        self.assertTrue(answer["ok"])
        self.assertIn("次の文", self.page())
