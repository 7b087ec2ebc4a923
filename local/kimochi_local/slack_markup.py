"""Slack's markup (mrkdwn) as HTML.

Whatever a text holds, what comes out is text between tags of ours: everything is escaped on its way, and only
addresses of http and https become links.
"""

from __future__ import annotations

import html
import re

# The longest text of a message that Slack takes.
MAX_TEXT = 40_000

# What is looked for first, since nothing within it is markup.
_TOKEN = re.compile(
    r"```(?P<pre>.+?)```"
    r"|`(?P<code>[^`\n]+)`"
    r"|<(?P<angle>[^<>\n]+)>"
    r"|(?P<bare>https?://(?:(?!&[lg]t;)[!#-)+-;=?-_a-z{}])+)",
    re.DOTALL,
)
# A delimiter touches no word outside and no space inside; Slack knows no other borders, in Japanese neither.
_STYLED = re.compile(
    "|".join(
        rf"(?<![\w{mark}]){mark}(?![\s{mark}])(?P<{tag}>[^{mark}\n]*[^\s{mark}]){mark}(?![\w{mark}])"
        for mark, tag in ((r"\*", "b"), ("_", "i"), ("~", "s"))
    )
)
_QUOTE = re.compile(r"(?:&gt;|>) ?")
_KEPT = re.compile("\0([0-9]+)\0")
_SHORTCODE = re.compile(r":([a-z0-9_+-]+):")
_EMOJI = {
    "white_check_mark": "✅",
    "heavy_check_mark": "✔️",
    "x": "❌",
    "warning": "⚠️",
    "rotating_light": "🚨",
    "fire": "🔥",
    "bell": "🔔",
    "no_bell": "🔕",
    "eyes": "👀",
    "information_source": "ℹ️",
    "hourglass_flowing_sand": "⏳",
    "chart_with_upwards_trend": "📈",
    "red_circle": "🔴",
    "large_yellow_circle": "🟡",
    "large_green_circle": "🟢",
    "large_blue_circle": "🔵",
    "tada": "🎉",
    "rocket": "🚀",
    "memo": "📝",
    "link": "🔗",
}


def mrkdwn(text: str) -> str:
    """A text with markup. Line breaks stay characters; the style sheet keeps them."""
    kept: list[str] = []

    def keep(token: re.Match) -> str:
        kept.append(_token(token))
        return f"\0{len(kept) - 1}\0"

    marked = _TOKEN.sub(keep, _cut(text).replace("\0", ""))
    return _KEPT.sub(lambda place: kept[int(place[1])], _lines(marked))


def plain(text: str) -> str:
    """A text in which Slack reads no markup, but for emoji."""
    return _SHORTCODE.sub(lambda code: _EMOJI.get(code[1], code[0]), html.escape(_cut(text)))


def link(url: str, label: str, css: str = "") -> str:
    """`label`, already HTML, as a link; only the label when the address is none of the web's."""
    if not is_web(url):
        return label
    css = f' class="{css}"' if css else ""
    return f'<a{css} href="{html.escape(url)}" target="_blank" rel="noreferrer">{label}</a>'


def is_web(url: object) -> bool:
    return isinstance(url, str) and re.match(r"https?://[^\s]", url, re.IGNORECASE) is not None


def _token(token: re.Match) -> str:
    match token.lastgroup:
        case "pre":
            return f"<pre>{_decoded(token['pre'].strip(chr(10)))}</pre>"
        case "code":
            return f"<code>{_decoded(token['code'])}</code>"
        case "bare":
            url = token["bare"].rstrip(".,:;!?'")
            return link(_entities(url), _decoded(url)) + _decoded(token["bare"][len(url) :])
        case _:
            return _angle(token["angle"])


def _angle(content: str) -> str:
    """What stands between angle brackets: somebody called, a channel, a date, or a link."""
    target, _, label = content.partition("|")
    match target[0], target[1:]:
        case "@", user if user:
            return _pill(label or user, "@")
        case "#", channel if channel:
            return _pill(label or channel, "#")
        case "!", special if special.startswith("date^"):
            return _decoded(label or special)
        case "!", special if special.startswith("subteam^"):
            return _pill(label or special.removeprefix("subteam^"), "@")
        case "!", special if special in ("here", "channel", "everyone"):
            return _pill(special, "@")
    if is_web(target):
        return link(_entities(target), _decoded(label or target))
    if target.startswith("mailto:"):
        return _decoded(label or target.removeprefix("mailto:"))
    return html.escape(f"<{_entities(content)}>")


def _pill(name: str, sign: str) -> str:
    return f'<span class="pill">{sign}{_decoded(name.removeprefix(sign))}</span>'


def _lines(text: str) -> str:
    """Lines that begin with `>` are quoted, escaped or not: so Slack keeps what people quote themselves."""
    parts: list[tuple[bool, list[str]]] = []
    for line in text.split("\n"):
        mark = _QUOTE.match(line)
        if not parts or parts[-1][0] != bool(mark):
            parts.append((bool(mark), []))
        parts[-1][1].append(_styled(line[mark.end() :] if mark else line))
    lines = [(quoted, "\n".join(lines)) for quoted, lines in parts]
    return "".join(f"<blockquote>{part}</blockquote>" if quoted else part for quoted, part in lines)


def _styled(text: str) -> str:
    """Bold, italic and struck-through text, within one another; no deeper than there are marks."""
    out, at = [], 0
    for found in _STYLED.finditer(text):
        tag = found.lastgroup
        out += [_leaf(text[at : found.start()]), f"<{tag}>{_styled(found[tag])}</{tag}>"]
        at = found.end()
    return "".join([*out, _leaf(text[at:])])


def _leaf(text: str) -> str:
    return _SHORTCODE.sub(lambda code: _EMOJI.get(code[1], code[0]), _decoded(text))


def _decoded(text: str) -> str:
    return html.escape(_entities(text))


def _entities(text: str) -> str:
    """The three entities that Slack knows; `&amp;` last, so that nothing is decoded twice."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + "…（省略）"
