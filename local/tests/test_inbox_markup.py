import time
import unittest

from kimochi_local.slack_markup import mrkdwn, plain


def link(url: str, label: str) -> str:
    return f'<a href="{url}" target="_blank" rel="noreferrer">{label}</a>'


class Markup(unittest.TestCase):
    def assert_shown(self, *pairs: tuple[str, str]) -> None:
        for text, shown in pairs:
            with self.subTest(text):
                self.assertEqual(mrkdwn(text), shown)

    def test_styles_are_shown_within_one_another(self):
        self.assert_shown(
            ("*太字* _斜体_ ~取消~", "<b>太字</b> <i>斜体</i> <s>取消</s>"),
            ("~*a _b_ c*~", "<s><b>a <i>b</i> c</b></s>"),
            ("*2 つの 語*", "<b>2 つの 語</b>"),
        )

    def test_marks_inside_words_beside_spaces_or_across_lines_are_characters(self):
        for text in "snake_case_name", "2 * 3 * 4", "* a*", "件*太字*です", "*a\nb*", "**a**", "~", "__":
            self.assert_shown((text, text))

    def test_nothing_within_code_is_markup(self):
        self.assert_shown(
            ("`*a* <b>`", "<code>*a* &lt;b&gt;</code>"),
            ("```\n*a*\n<b> &lt;c&gt;\n```", "<pre>*a*\n&lt;b&gt; &lt;c&gt;</pre>"),
            ("*`a`*", "<b><code>a</code></b>"),
        )

    def test_links_have_their_words(self):
        self.assert_shown(
            ("<https://a.example/?b=1&amp;c=2|ここ>", link("https://a.example/?b=1&amp;c=2", "ここ")),
            ("<http://a.example>", link("http://a.example", "http://a.example")),
            (
                "見よ https://a.example/_b_/c.",
                f"見よ {link('https://a.example/_b_/c', 'https://a.example/_b_/c')}.",
            ),
            ("*<https://a.example|a>*", f"<b>{link('https://a.example', 'a')}</b>"),
            ("&lt;https://a.example&gt;", f"&lt;{link('https://a.example', 'https://a.example')}&gt;"),
        )

    def test_only_addresses_of_the_web_are_links(self):
        for url in "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", " https://a", "ftp://a":
            self.assertNotIn("href", mrkdwn(f"<{url}|x>"))

    def test_a_link_cannot_leave_its_attribute(self):
        shown = mrkdwn('<https://a.example/"onmouseover="alert(1)|x>')

        self.assertEqual(shown, link("https://a.example/&quot;onmouseover=&quot;alert(1)", "x"))

    def test_those_who_are_called_are_seen(self):
        pill = '<span class="pill">{}</span>'.format
        self.assert_shown(
            ("<!here>", pill("@here")),
            ("<!subteam^S0123>", pill("@S0123")),
            ("<!subteam^S0123|@oncall>", pill("@oncall")),
            ("<@U1>", pill("@U1")),
            ("<#C1|info>", pill("#info")),
            ("<!date^1712345678^{date}|2024年4月5日>", "2024年4月5日"),
        )

    def test_entities_are_characters_once(self):
        self.assert_shown(
            ("&lt;!here&gt; A &amp; B", "&lt;!here&gt; A &amp; B"),
            ("&amp;lt;b&amp;gt;", "&amp;lt;b&amp;gt;"),
            ('" &copy;', "&quot; &amp;copy;"),
        )

    def test_html_stays_text(self):
        self.assert_shown(
            ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
            ("*<img src=x onerror=alert(1)>*", "<b>&lt;img src=x onerror=alert(1)&gt;</b>"),
            ("\x000\x00", "0"),
        )
        self.assertEqual(plain("*a* <b>"), "*a* &lt;b&gt;")

    def test_lines_are_quoted_whether_their_mark_is_escaped_or_not(self):
        self.assert_shown(("a\n> *b*\n&gt; c\nd", "a<blockquote><b>b</b>\nc</blockquote>d"))

    def test_known_emoji_are_shown(self):
        self.assert_shown((":warning: 12:30:00 :nobody_knows_it:", "⚠️ 12:30:00 :nobody_knows_it:"))

    def test_no_text_takes_long(self):
        for piece in "*", "_", "~", "`", "```", "<", "<a|", "https://", "*a ", "&lt;", "*_~", "> \n", "\0":
            begun = time.monotonic()
            mrkdwn(piece * 500_000)
            self.assertLess(time.monotonic() - begun, 2, piece)
