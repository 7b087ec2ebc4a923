import json
import re
import time
from html.parser import HTMLParser

from inbox_case import PNG, InboxCase

from kimochi_local.inbox_page import MAX_ENTRIES


class Tags(HTMLParser):
    """The tags of a page, as a browser reads them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict]] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def card(*blocks: object, color: str = "#d7263d") -> dict:
    return {"attachments": [{"color": color, "blocks": list(blocks)}]}


def section(text: str) -> dict:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


class Page(InboxCase):
    def test_an_alert_is_a_card_with_a_bar_a_header_fields_and_links(self):
        self.post(
            "<!here> 【緊急】",
            **card(
                {"type": "header", "text": {"type": "plain_text", "text": "API <5xx>"}},
                {"type": "context", "elements": [{"type": "mrkdwn", "text": "30分以内"}]},
                section("*太字* &amp; _斜体_"),
                {"type": "section", "fields": [{"type": "mrkdwn", "text": "*状態*\nOK → ALARM"}]},
                {"type": "divider"},
                {
                    "type": "actions",
                    "elements": [
                        {
                            "type": "button",
                            "text": {"type": "plain_text", "text": "開く"},
                            "url": "https://a.example",
                        },
                        {"type": "button", "text": {"type": "plain_text", "text": "了解"}},
                    ],
                },
            ),
        )

        page = self.page()

        for part in (
            '<div class="attachment" style="--bar: #d7263d">',
            '<h3 class="header">API &lt;5xx&gt;</h3>',
            '<div class="context"><span>30分以内</span></div>',
            '<div class="text"><b>太字</b> &amp; <i>斜体</i></div>',
            '<div class="field"><b>状態</b>\nOK → ALARM</div>',
            "<hr>",
            '<a class="button" href="https://a.example" target="_blank" rel="noreferrer">開く</a>',
            '<span class="button idle">了解</span>',
        ):
            self.assertIn(part, page)

    def test_blocks_stand_in_for_the_text(self):
        self.post("通知の文", blocks=[section("本文")])

        self.assertIn("本文", self.page())
        self.assertNotIn("通知の文", self.page())

    def test_images_come_from_the_web_or_from_here(self):
        file_id = self.upload()
        self.post(
            blocks=[
                {"type": "image", "image_url": "https://a.example/a.png", "alt_text": "a"},
                {"type": "image", "slack_file": {"id": file_id}, "alt_text": "b"},
                {"type": "image", "image_url": "javascript:alert(1)", "alt_text": "c"},
            ]
        )

        sources = [tag[1]["src"] for tag in Tags(self.page()).found if tag[0] == "img"]

        self.assertEqual(sources, ["https://a.example/a.png", f"/files/{file_id}"])

    def test_older_attachments_and_rich_text_are_shown(self):
        self.post(
            attachments=[
                {
                    "color": "warning",
                    "pretext": "前置き",
                    "title": "題",
                    "title_link": "https://a.example",
                    "fields": [{"title": "件数", "value": "2"}],
                    "footer": "脚注",
                },
                {"fallback": "代わりの文"},
            ]
        )
        text = {"type": "text", "text": "豊か", "style": {"bold": True}}
        rich = {"type": "rich_text_section", "elements": [text, {"type": "user", "user_id": "U1"}]}
        self.post(blocks=[{"type": "rich_text", "elements": [rich]}])

        page = self.page()

        for part in (
            "--bar: #ecb22e",
            "前置き",
            ">題</a>",
            "<b>件数</b>\n2",
            "脚注",
            "代わりの文",
            "<b>豊か</b>",
            "@U1",
        ):
            self.assertIn(part, page)

    def test_replies_are_beneath_their_message_oldest_first(self):
        parent = self.post("親")["ts"]
        for text in "返信その一", "返信その二":
            self.post(text, thread_ts=parent)
        self.post("後の話題")

        page = self.page()

        self.assertIn("返信 2件", page)
        places = [page.index(text) for text in ("後の話題", ">親<", "返信その一", "返信その二")]
        self.assertEqual(places, sorted(places))

    def test_a_reply_for_all_to_see_is_in_the_channel_too(self):
        parent = self.post("~親~ の話")["ts"]
        self.post("皆さんへ", thread_ts=parent, reply_broadcast=True)

        page = self.page()

        self.assertEqual(page.count("皆さんへ"), 2)
        self.assertIn(f'スレッドに返信しました: <a href="#C0CRITICAL-{parent}">親 の話</a>', page)

    def test_a_channel_can_be_looked_at_alone(self):
        self.post("重い話", channel="C0CRITICAL")
        self.post("軽い話", channel="C0INFO")
        self.call("POST", "/services/T0/B0/x", {"text": "外の話"})

        self.assertRegex(self.page(), r'href="/\?channel=C0INFO"><span class="name"># C0INFO')
        for channel, text in ("C0CRITICAL", "重い話"), ("C0INFO", "軽い話"), ("webhook", "外の話"):
            page = self.page(f"?channel={channel}")
            seen = [one for one in ("重い話", "軽い話", "外の話") if one in page]
            self.assertEqual(seen, [text])

    def test_an_incident_has_one_card_with_its_state_and_history(self):
        payload = {"summary": "【緊急】API", "severity": "critical"}
        self.alert("trigger", payload=payload)
        self.assertIn("（呼び出し中 1）", self.page())
        self.alert("trigger", payload=payload)
        self.alert("resolve")
        self.alert("trigger", key="another", payload={"summary": "次の障害"})

        page = self.page()

        self.assertEqual(page.count('<article class="incident'), 2)
        self.assertLess(page.index("次の障害"), page.index("【緊急】API"))
        resolved = page[page.index('<article class="incident resolve"') :]
        self.assertIn("解決済み", resolved)
        self.assertIn("critical", resolved)
        self.assertEqual(
            re.findall("</time> (呼び出し|解決)</li>", resolved), ["呼び出し", "呼び出し", "解決"]
        )

    def test_what_is_neither_is_listed_with_its_body(self):
        self.call("POST", "/elsewhere", {"a": "あ"})
        self.send("POST", "/binary", PNG)
        self.send("POST", "/broken", b"{no json")

        page = self.page().partition('id="others"')[2]

        self.assertIn("POST /elsewhere", page)
        self.assertIn("{\n  &quot;a&quot;: &quot;あ&quot;\n}", page)
        self.assertIn(f"バイナリ {len(PNG)} バイト", page)
        self.assertIn("{no json", page)

    def test_refusals_one_after_another_are_one_line(self):
        answer = {"path": "/api/chat.postMessage", "status": 429, "times": 1000, "every": 2}
        self.call("PUT", "/answers", [answer])
        for number in range(4):
            self.call("POST", "/api/chat.postMessage", {"channel": "C0INFO", "text": f"{number}"})
        self.assertEqual(self.page().count("投稿されず"), 2)
        self.call("PUT", "/answers", [answer | {"every": 1}])
        for number in range(50):
            self.call("POST", "/api/chat.postMessage", {"channel": "C0INFO", "text": f"{number}"})

        self.assertEqual(self.page().count("投稿されず"), 2)
        self.assertIn("投稿されず（429） 51件", self.page())

    def test_a_channel_that_turned_everything_away_is_listed(self):
        self.call("PUT", "/answers", [{"path": "/api/chat.postMessage", "status": 429}])
        self.call("POST", "/api/chat.postMessage", {"channel": "C0INFO", "text": "…"})

        self.assertIn('# C0INFO</span><span class="count">0</span>', self.page())

    def test_it_shows_the_newest_and_says_so_and_stays_quick(self):
        with_fields = card(*[section("*値* `x`\n" * 20)] * 5)
        for number in range(MAX_ENTRIES + 50):
            self.post(f"第{number}報", **with_fields)

        begun = time.monotonic()
        page = self.page()

        self.assertLess(time.monotonic() - begun, 3)
        self.assertEqual(page.count("<article"), MAX_ENTRIES)
        self.assertIn(f"新しい{MAX_ENTRIES}件を表示（古い50件は省略）", page)
        self.assertIn("第249報", page)
        self.assertNotIn("第49報", page)

    def test_it_is_only_sent_again_when_something_came(self):
        _, headers, _ = self.send("GET", "/")
        same = {"if-none-match": headers["etag"]}

        self.assertEqual(self.send("GET", "/", headers=same)[0], 304)
        self.post()
        self.assertEqual(self.send("GET", "/", headers=same)[0], 200)

    def test_it_needs_no_network(self):
        self.post()

        tags = Tags(self.page()).found

        self.assertEqual([attrs for tag, attrs in tags if "src" in attrs], [])
        self.assertEqual([attrs["href"] for tag, attrs in tags if tag == "link"], ["data:,"])
        self.assertNotRegex(self.page(), r"@import|url\(")


class HostileInput(InboxCase):
    HOSTILE = (
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "</pre></details></article><script>",
        "<javascript:alert(1)|x>",
        "\ud800 \x00 \u202e",
        "&lt;script&gt;",
    )

    def test_it_shows_what_came_and_runs_none_of_it(self):
        for text in self.HOSTILE:
            self.post(text)
            self.post(text, channel=text, **card(section(text), {"type": text}, color=f"red;{text}"))
            self.post(
                text, attachments=[{"title": text, "title_link": text, "image_url": text, "color": text}]
            )
            self.call("POST", "/services/x", {"text": text})
            payload = {"summary": text, "severity": text}
            self.call(
                "POST", "/v2/enqueue", {"event_action": "trigger", "dedup_key": text, "payload": payload}
            )
            self.upload(name="a", data=text.encode(errors="replace"))
            self.call("PUT", "/answers", [{"path": "/api/chat.postMessage", "status": 429}])
            self.call("POST", "/api/chat.postMessage", {"channel": text, "text": text})
            self.call("POST", "/else", [text])

        page = self.page()

        self.assertIn("&lt;script&gt;alert(1)", page)
        for tag, attributes in Tags(page).found:
            self.assertNotIn("onerror", attributes)
            self.assertRegex(attributes.get("href", "/"), "^(/|#|https?:|data:,$)")
            if tag == "script":
                self.assertEqual(attributes, {"type": "module"})
            if tag == "img":
                self.assertRegex(attributes["src"], "^(/files/|https?:)")
            self.assertRegex(attributes.get("style", ""), r"^(--bar: #[0-9A-Fa-f]{6})?$")
        self.assertEqual(page.count("<script"), 1)

    def test_the_policy_lets_only_the_pages_own_script_run(self):
        _, headers, _ = self.send("GET", "/")

        policy = headers["content-security-policy"]

        self.assertIn("default-src 'none'", policy)
        self.assertRegex(policy, r"script-src 'sha256-[A-Za-z0-9+/]{43}=';")

    def test_what_cannot_be_shown_as_slack_is_shown_as_json(self):
        nonsense = [None, True, 7, "text", [], {}, [[]], [None], [{"type": None}], {"type": "header"}]
        types = ("header", "section", "context", "actions", "image", "rich_text", "markdown", "nobody_knows")
        for part in "text", "blocks", "attachments":
            for value in nonsense:
                self.post(**{"text": "あ", part: value})
        for kind in types:
            for value in nonsense:
                block = {"type": kind, "text": value, "fields": value, "elements": value, "image_url": value}
                self.post(blocks=[block])
                self.post(attachments=[{"blocks": [block], "color": value, "title": value}])

        page = self.page()

        self.assertIn("（JSON で表示）", page)
        self.assertIn("nobody_knows ブロック", page)

    def test_one_broken_block_spoils_no_other(self):
        self.post(**card({"type": "header"}, section("これは読める")))

        self.assertIn("これは読める", self.page())
        self.assertIn("ブロック（JSON で表示）", self.page())

    def test_events_of_any_shape_are_survived(self):
        for event in (
            {},
            [],
            "x",
            None,
            {"event_action": "trigger", "dedup_key": ["x"]},
            {"event_action": ["trigger"], "dedup_key": "a"},
            {"event_action": "trigger", "dedup_key": "b", "payload": "x"},
            {"event_action": "trigger", "dedup_key": "c", "payload": {"summary": 1, "severity": []}},
        ):
            self.assertEqual(self.call("POST", "/v2/enqueue", event)[0], 202)

        self.assertIn("（概要なし）", self.page())

    def test_huge_and_deep_bodies_are_survived(self):
        self.post("長" * 1_000_000, attachments="長" * 1_000_000)
        deep = b'{"channel":"C0","text":"a","blocks":' + b"[" * 900 + b"]" * 900 + b"}"
        self.send("POST", "/api/chat.postMessage", deep)
        self.send("POST", "/api/chat.postMessage", b"[" * 100_000)
        self.send("POST", "/v2/enqueue", b'{"a":' * 100_000)
        self.call("POST", "/else", {"a": "長" * 1_000_000})

        page = self.page()

        self.assertIn("…（省略）", page)
        self.assertLess(len(page), 300_000)
        self.assertEqual(len(self.received()), 5)

    def test_strange_time_stamps_and_queries_are_survived(self):
        for ts in "yesterday", "1e400", "99999999999999.0", "nan":
            answer = {"path": "/api/chat.postMessage", "body": json.dumps({"ok": True, "ts": ts})}
            self.call("PUT", "/answers", [answer])
            self.post()

        for query in "", "?channel=", "?channel=%FF&channel=%00", "?nothing", "?channel=<script>":
            self.assertNotIn("<script>", self.page(query))
