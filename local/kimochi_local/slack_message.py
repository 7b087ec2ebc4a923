"""What a message holds, as HTML: text, blocks, attachments and files.

Nothing that comes as a message may break the page. Each part is rendered on its own, and one that is not what
Slack documents is shown as JSON in its place.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterable

from .slack_markup import is_web, link, mrkdwn, plain
from .slack_methods import File, Message

# Beyond this, nobody reads on.
MAX_JSON = 20_000

_NAMED_COLORS = {"good": "#2eb67d", "warning": "#ecb22e", "danger": "#d7263d"}
_FILE_OF_SLACK = re.compile(r"F[A-Z0-9]+")


def message_html(message: Message, files: dict[str, File]) -> str:
    """What people see of it. As in Slack, blocks stand in for the text, and attachments come below it."""
    content = message.content
    blocks = content.get("blocks")
    parts = []
    if isinstance(blocks, list) and blocks:
        parts.append(_each(_block, blocks, "ブロック"))
    else:
        parts.append(_tried(_text, content.get("text"), "text"))
        if blocks:
            parts.append(as_json(blocks, "blocks"))
    attachments = content.get("attachments")
    if isinstance(attachments, list):
        parts.append(_each(_attachment, attachments, "添付"))
    elif attachments:
        parts.append(as_json(attachments, "attachments"))
    parts += [_file(file_id, title, files.get(file_id)) for file_id, title in message.files]
    return "".join(parts)


def summary(content: dict, limit: int = 80) -> str:
    """The message's first words, as plain text."""
    text = content.get("text")
    # What is left of the HTML without its tags: a text that is not ours has none in it.
    words = html.unescape(re.sub(r"<[^>]*>", "", mrkdwn(text))) if isinstance(text, str) else ""
    words = " ".join(words.split())
    return words if len(words) <= limit else words[:limit] + "…"


def as_json(value: object, label: str) -> str:
    """What cannot be shown as Slack would, to be unfolded."""
    return (
        f'<details class="raw"><summary>{html.escape(label)}（JSON で表示）</summary>'
        f"<pre>{html.escape(pretty(value))}</pre></details>"
    )


def pretty(value: object) -> str:
    """JSON, or what should be JSON, over several lines."""
    try:
        parsed = json.loads(value) if isinstance(value, str) else value
        text = json.dumps(parsed, ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        text = value if isinstance(value, str) else "（深すぎて表示できません）"
    over = len(text) - MAX_JSON
    return text if over <= 0 else f"{text[:MAX_JSON]}\n…（あと {over:,} 文字）"


def _each(render: Callable[[dict], str], items: list, label: str) -> str:
    return "".join(_tried(render, item, label) for item in items)


def _tried(render: Callable, item: object, label: str) -> str:
    """Rendered, or as JSON: what is missing or of another type shows itself as one of these errors."""
    try:
        return render(item)
    except (KeyError, TypeError, AttributeError, ValueError, IndexError, RecursionError):
        return as_json(item, label)


def _text(text: str | None) -> str:
    return f'<div class="text">{mrkdwn(text)}</div>' if text else ""


def _block(block: dict) -> str:
    match block["type"]:
        case "header":
            return f'<h3 class="header">{plain(block["text"]["text"])}</h3>'
        case "section":
            return _section(block)
        case "context":
            return f'<div class="context">{"".join(map(_context_element, block["elements"]))}</div>'
        case "actions":
            return f'<div class="actions">{"".join(map(_element, block["elements"]))}</div>'
        case "divider":
            return "<hr>"
        case "image":
            return _image_block(block)
        case "rich_text":
            return f'<div class="text">{"".join(map(_rich, block["elements"]))}</div>'
        case "markdown":
            return f'<div class="text">{plain(block["text"])}</div>'
        case kind:
            return as_json(block, f"{kind} ブロック")


def _section(block: dict) -> str:
    text = f'<div class="text">{_object(block["text"])}</div>' if block.get("text") else ""
    accessory = f'<div class="accessory">{_element(block["accessory"])}</div>' if "accessory" in block else ""
    fields = _fields(_object(field) for field in block.get("fields") or [])
    if not (text or accessory or fields):
        raise ValueError("a section holds something")
    return f'<div class="section">{text}{accessory}</div>{fields}'


def _fields(fields: Iterable[str]) -> str:
    cells = "".join(f'<div class="field">{field}</div>' for field in fields)
    return f'<div class="fields">{cells}</div>' if cells else ""


def _object(text: dict) -> str:
    """A text object."""
    return mrkdwn(text["text"]) if text["type"] == "mrkdwn" else plain(text["text"])


def _context_element(element: dict) -> str:
    if element["type"] == "image":
        return _image(_source(element), element.get("alt_text"), "icon")
    return f"<span>{_object(element)}</span>"


def _element(element: dict) -> str:
    """A button is a link when it leads somewhere; nobody here hears it otherwise."""
    if element["type"] == "image":
        return _image(_source(element), element.get("alt_text"), "thumb")
    if element["type"] != "button":
        return as_json(element, f"{element['type']}")
    css = {"primary": "button primary", "danger": "button danger"}.get(element.get("style"), "button")
    label = plain(element["text"]["text"])
    if is_web(element.get("url")):
        return link(element["url"], label, css)
    return f'<span class="{css} idle">{label}</span>'


def _image_block(block: dict) -> str:
    title = f'<div class="title">{plain(block["title"]["text"])}</div>' if block.get("title") else ""
    return f"<figure>{title}{_image(_source(block), block.get('alt_text'))}</figure>"


def _source(image: dict) -> str:
    """Where an image is: on the web, or among the files that were uploaded here."""
    if file := image.get("slack_file"):
        if _FILE_OF_SLACK.fullmatch(str(file.get("id"))):
            return f"/files/{file['id']}"
        return file["url"]
    return image["image_url"]


def _image(source: str, alternative: object, css: str = "picture") -> str:
    if not (is_web(source) or re.fullmatch(r"/files/F[A-Z0-9]+", source)):
        raise ValueError("an image comes from the web or from here")
    alternative = alternative if isinstance(alternative, str) else ""
    return (
        f'<img class="{css}" src="{html.escape(source)}" alt="{html.escape(alternative)}"'
        ' loading="lazy" referrerpolicy="no-referrer">'
    )


def _rich(element: dict) -> str:
    """Rich text: its words with their styles, its lists as lists."""
    match element["type"]:
        case "rich_text_section":
            return "".join(map(_rich, element["elements"]))
        case "rich_text_list":
            tag = "ol" if element.get("style") == "ordered" else "ul"
            items = "".join(f"<li>{_rich(item)}</li>" for item in element["elements"])
            return f"<{tag}>{items}</{tag}>"
        case "rich_text_preformatted":
            return f"<pre>{''.join(map(_rich, element['elements']))}</pre>"
        case "rich_text_quote":
            return f"<blockquote>{''.join(map(_rich, element['elements']))}</blockquote>"
        case "text":
            return _rich_text(html.escape(element["text"]), element.get("style") or {})
        case "link":
            return link(element["url"], html.escape(element.get("text") or element["url"]))
        case "emoji":
            return plain(f":{element['name']}:")
        case "user" | "usergroup" | "broadcast" | "channel" as kind:
            name = element.get("range") or element.get(f"{kind}_id") or kind
            sign = "#" if kind == "channel" else "@"
            return f'<span class="pill">{sign}{html.escape(name)}</span>'
        case kind:
            return as_json(element, f"{kind}")


def _rich_text(text: str, style: dict) -> str:
    for name, tag in ("code", "code"), ("strike", "s"), ("italic", "i"), ("bold", "b"):
        if style.get(name):
            text = f"<{tag}>{text}</{tag}>"
    return text


def _attachment(attachment: dict) -> str:
    """A card with a coloured bar. One without blocks is of the older kind, with a title and fields of its own."""
    blocks = attachment.get("blocks")
    inside = _each(_block, blocks, "ブロック") if isinstance(blocks, list) and blocks else ""
    older = "" if inside else _older(attachment)
    if not (inside or older):
        raise ValueError("an attachment holds something")
    before = _text(attachment.get("pretext"))
    return f'{before}<div class="attachment" style="--bar: {_color(attachment)}">{inside}{older}</div>'


def _older(attachment: dict) -> str:
    parts = []
    if author := attachment.get("author_name"):
        parts.append(f'<div class="context"><span>{plain(author)}</span></div>')
    if title := attachment.get("title"):
        parts.append(f'<div class="title">{link(attachment.get("title_link"), mrkdwn(title))}</div>')
    parts.append(_text(attachment.get("text")))
    parts.append(_fields(_older_field(field) for field in attachment.get("fields") or []))
    for source in ("image_url", "thumb_url"):
        if attachment.get(source):
            parts.append(_image(attachment[source], attachment.get("fallback")))
    if not any(parts):
        parts.append(_text(attachment.get("fallback")))
    if footer := attachment.get("footer"):
        parts.append(f'<div class="context"><span>{plain(footer)}</span></div>')
    return "".join(parts)


def _older_field(field: dict) -> str:
    return f"<b>{mrkdwn(field.get('title') or '')}</b>\n{mrkdwn(field.get('value') or '')}"


def _color(attachment: dict) -> str:
    """Its colour, if it is one: it ends up in a style."""
    color = str(attachment.get("color"))
    color = _NAMED_COLORS.get(color, color)
    if re.fullmatch(r"#?[0-9A-Fa-f]{6}", color):
        return f"#{color.removeprefix('#')}"
    return "#dddddd"


def _file(file_id: str, title: str, file: File | None) -> str:
    label = f'<div class="title">{plain(title)}</div>'
    if file is None:
        return f'<figure class="file">{label}<p class="note">新しいファイルに場所を譲りました</p></figure>'
    if file.is_png():
        return f"<figure>{label}{_image(f'/files/{file_id}', title)}</figure>"
    size = f"{len(file.data or b''):,} バイト"
    return f'<figure class="file">{label}<p class="note">{plain(file.name)}・{size}</p></figure>'
