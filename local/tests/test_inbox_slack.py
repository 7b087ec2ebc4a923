import json
import re
from concurrent.futures import ThreadPoolExecutor

from inbox_case import PNG, InboxCase

from kimochi_local.slack_methods import MAX_FILES


class Messages(InboxCase):
    def test_a_message_is_answered_with_its_channel_and_time_stamp(self):
        answer = self.post("やあ")

        self.assertEqual((answer["ok"], answer["channel"]), (True, "C0CRITICAL"))
        self.assertRegex(answer["ts"], r"^[0-9]{10}\.[0-9]{6}$")
        self.assertEqual(answer["message"], {"type": "message", "text": "やあ", "ts": answer["ts"]})

    def test_time_stamps_differ_and_grow_even_in_a_burst(self):
        with ThreadPoolExecutor(16) as threads:
            burst = [answer["ts"] for answer in threads.map(lambda _: self.post(), range(200))]
        after = [self.post()["ts"] for _ in range(20)]

        self.assertEqual(len(set(burst + after)), 220)
        self.assertEqual(after, sorted(after))
        self.assertLess(max(burst), after[0])

    def test_a_reply_names_its_thread(self):
        parent = self.post()["ts"]

        self.assertEqual(self.post("返信", thread_ts=parent)["message"]["thread_ts"], parent)

    def test_a_reply_to_a_reply_joins_its_thread(self):
        parent = self.post()["ts"]
        reply = self.post("返信", thread_ts=parent)["ts"]

        self.assertEqual(self.post("返信の返信", thread_ts=reply)["message"]["thread_ts"], parent)

    def test_a_reply_to_nothing_appears_in_the_channel_on_its_own(self):
        elsewhere = self.post(channel="C0INFO")["ts"]
        for thread_ts in "1712345678.000123", elsewhere:
            answer = self.post("迷子", thread_ts=thread_ts)

            self.assertTrue(answer["ok"])
            self.assertNotIn("thread_ts", answer["message"])
        self.assertEqual(self.page("?channel=C0CRITICAL").count("迷子"), 2)

    def test_what_slack_refuses_is_refused_in_its_words(self):
        for arguments, error in (
            ({"text": "a"}, "channel_not_found"),
            ({"text": "a", "channel": ["C0"]}, "channel_not_found"),
            ({"channel": "C0"}, "no_text"),
            ({"channel": "C0", "text": "", "attachments": []}, "no_text"),
            ({"channel": "C0", "text": "a", "thread_ts": "yesterday"}, "invalid_thread_ts"),
            ({"channel": "C0", "text": "a", "thread_ts": 1712345678.1}, "invalid_thread_ts"),
        ):
            with self.subTest(arguments):
                answer = self.slack("chat.postMessage", **arguments)
                self.assertEqual(answer, {"ok": False, "error": error})
        for broken in b"{", b"[]", b"[" * 100_000, b"\xff{}":
            status, _, body = self.send("POST", "/api/chat.postMessage", broken)
            self.assertEqual((status, json.loads(body)["ok"]), (200, False))

    def test_a_form_is_understood_as_well(self):
        form = b"channel=C0INFO&attachments=%5B%7B%22text%22%3A%22from+a+form%22%7D%5D"
        kind = {"content-type": "application/x-www-form-urlencoded"}

        self.assertTrue(json.loads(self.send("POST", "/api/chat.postMessage", form, kind)[2])["ok"])

        self.assertIn('<div class="text">from a form</div>', self.page())

    def test_an_update_replaces_what_it_gives(self):
        ts = self.post("【緊急】", attachments=[{"text": "鳴っています"}])["ts"]

        answer = self.slack("chat.update", channel="C0CRITICAL", ts=ts, text="【復旧】")

        self.assertEqual((answer["ok"], answer["ts"], answer["text"]), (True, ts, "【復旧】"))
        page = self.page()
        self.assertNotIn("【緊急】", page)
        self.assertIn("鳴っています", page)
        self.assertIn("(編集済み)", page)
        self.slack("chat.update", channel="C0CRITICAL", ts=ts, attachments=[])
        self.assertNotIn("鳴っています", self.page())

    def test_an_update_of_nothing_is_refused(self):
        ts = self.post()["ts"]

        for channel, named in ("C0CRITICAL", "1.000001"), ("C0INFO", ts), ("C0CRITICAL", [ts]):
            answer = self.slack("chat.update", channel=channel, ts=named, text="…")
            self.assertEqual(answer, {"ok": False, "error": "message_not_found"})

    def test_any_other_method_is_ok(self):
        answer = self.slack("conversations.join", channel="C0INFO")

        self.assertEqual((answer["ok"], answer["channel"]), (True, "C0INFO"))


class Files(InboxCase):
    def share(self, *files: object, **arguments: object) -> dict:
        return self.slack("files.completeUploadExternal", files=list(files), **arguments)

    def test_a_file_is_uploaded_to_where_slack_says_and_shown_in_the_thread(self):
        ts = self.post("グラフの前")["ts"]
        place = self.place_for()
        self.assertTrue(place["ok"])
        host = f"http://127.0.0.1:{self.server.server_port}"
        self.assertEqual(place["upload_url"], f"{host}/upload/{place['file_id']}")

        status, _, body = self.send("POST", place["upload_url"].removeprefix(host), PNG)
        answer = self.share(
            {"id": place["file_id"], "title": "5xx"},
            channel_id="C0CRITICAL",
            thread_ts=ts,
            initial_comment="グラフです",
        )

        self.assertEqual((status, body.decode()), (200, f"OK - {len(PNG)}"))
        self.assertEqual(answer, {"ok": True, "files": [{"id": place["file_id"], "title": "5xx"}]})
        thread = self.page().partition('<section class="thread">')[2]
        self.assertIn("グラフです", thread)
        self.assertIn(f'src="/files/{place["file_id"]}" alt="5xx"', thread)

    def test_the_place_can_be_asked_for_in_the_query(self):
        _, body = self.call("GET", "/api/files.getUploadURLExternal?filename=a.png&length=3")

        self.assertTrue(json.loads(body)["ok"])

    def test_the_place_is_not_given_to_json_or_to_half_a_question(self):
        answers = [self.slack("files.getUploadURLExternal", filename="a.png", length=3)]
        for query in "", "?filename=a.png", "?length=3", "?filename=a.png&length=long":
            answers.append(json.loads(self.call("GET", f"/api/files.getUploadURLExternal{query}")[1]))

        self.assertEqual({answer["error"] for answer in answers}, {"invalid_arguments"})

    def test_a_png_is_served_and_nothing_else(self):
        picture, text = self.upload(), self.upload("a.html", b"<script>alert(1)</script>")

        status, headers, body = self.send("GET", f"/files/{picture}")

        self.assertEqual((status, headers["content-type"], body), (200, "image/png", PNG))
        for file_id in text, self.place_for()["file_id"], "F0", "":
            self.assertEqual(self.send("GET", f"/files/{file_id}")[0], 404)
        self.share({"id": text}, channel_id="C0INFO")
        self.assertIn("a.html", self.page())

    def test_a_file_that_is_not_there_cannot_be_shared(self):
        shared, empty = self.upload(), self.place_for()["file_id"]
        self.assertTrue(self.share({"id": shared}, channel_id="C0INFO")["ok"])

        for file in {"id": "F0"}, {"id": empty}, {"id": shared}, {"id": 1}, {}, "F0":
            answer = self.share(file, channel_id="C0INFO")
            self.assertEqual(answer, {"ok": False, "error": "file_not_found"})
        self.assertEqual(self.share()["error"], "invalid_arguments")
        self.assertEqual(self.send("POST", "/upload/F0", PNG)[0], 404)

    def test_old_files_make_room(self):
        first = self.upload()
        self.share({"id": first, "title": "最初"}, channel_id="C0INFO")

        others = [self.upload() for _ in range(MAX_FILES)]

        self.assertEqual(self.send("GET", f"/files/{first}")[0], 404)
        self.assertEqual(self.send("GET", f"/files/{others[0]}")[0], 200)
        self.assertRegex(self.page(), re.compile("最初.*場所を譲りました", re.DOTALL))

    def test_one_that_is_private_is_shown_nowhere(self):
        self.assertTrue(self.share({"id": self.upload()})["ok"])

        self.assertNotIn("<figure", self.page())
