"""The inbox's page: channels at the left, their messages in the middle, PagerDuty and the rest at the right.

The newest message is at the top, unlike in Slack: one opens this page after an alert, and a browser opens a page at
its top. Within a thread the oldest is first, since replies continue a story that begins above them.

The style sheet and the script are in the page itself, which needs no network. The script is the only one that may
run: the policy names its digest.
"""

from __future__ import annotations

import base64
import hashlib
import html
import urllib.parse
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from .pagerduty_events import EVENTS, STATES, Incident, PagerDuty
from .slack_message import as_json, message_html, pretty, summary
from .slack_methods import File, Message, Refusal, Slack

# What is shown of a kind; tests send thousands.
MAX_ENTRIES = 200
MAX_REPLIES = 30
MAX_INCIDENTS = 50
MAX_EVENTS = 20
MAX_OTHERS = 100

WEBHOOK = "webhook"
_JAPAN = timezone(timedelta(hours=9))
_STYLE = Path(__file__).with_suffix(".css").read_text()
_SCRIPT = Path(__file__).with_suffix(".js").read_text()
_DIGEST = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()
# A message's bar is coloured by a style attribute; images may come from wherever a message names.
POLICY = (
    f"default-src 'none'; script-src 'sha256-{_DIGEST}'; style-src 'unsafe-inline'; img-src 'self' data: http: https:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True)
class Shown:
    """A message with its thread, or, when it is a reply for all to see, with the message that it replies to."""

    message: Message
    replies: list[Message]
    older_replies: int
    parent: Message | None


@dataclass(frozen=True)
class View:
    """All that the page shows, taken at one moment: newest first, but for replies."""

    channel: str | None
    counts: dict[str, int]
    entries: list[Shown | list[Refusal]]
    older: int
    files: dict[str, File]
    incidents: list[Incident]
    open_incidents: int
    older_incidents: int
    refused_events: list[Refusal]
    others: list[tuple[int, dict]]
    older_others: int
    version: str


def view(
    slack: Slack,
    pagerduty: PagerDuty,
    others: list[tuple[int, dict]],
    channel: str | None,
    version: str,
) -> View:
    """Takes what is shown out of what there is, so that it is rendered without holding anybody up."""
    counts: Counter[str] = Counter()
    for entry in slack.timeline:
        # A channel that turned everything away is one as well.
        is_refused = isinstance(entry, Refusal)
        counts[entry.channel if is_refused else entry[0]] += 0 if is_refused else 1
    entries, shown, older = [], 0, 0
    for entry in reversed(slack.timeline):
        if channel not in (None, entry.channel if isinstance(entry, Refusal) else entry[0]):
            continue
        if shown == MAX_ENTRIES:
            older += 1
        elif not isinstance(entry, Refusal):
            entries.append(_shown(slack, slack.messages[entry]))
            shown += 1
        elif entries and isinstance(entries[-1], list) and entries[-1][0].channel == entry.channel:
            # Many at once are one line.
            entries[-1].append(entry)
        else:
            entries.append([entry])
            shown += 1
    incidents = [Incident(each.key, list(each.history)) for each in reversed(pagerduty.incidents.values())]
    incidents.sort(key=lambda incident: not incident.is_open)
    return View(
        channel=channel,
        counts=dict(sorted(counts.items())),
        entries=entries,
        older=older,
        files=dict(slack.files),
        incidents=incidents[:MAX_INCIDENTS],
        open_incidents=sum(incident.is_open for incident in incidents),
        older_incidents=max(0, len(incidents) - MAX_INCIDENTS),
        refused_events=pagerduty.refusals[: -MAX_EVENTS - 1 : -1],
        others=others[-MAX_OTHERS:][::-1],
        older_others=max(0, len(others) - MAX_OTHERS),
        version=version,
    )


def render(view: View) -> str:
    title = f"{_title(view.channel)}・通知の受け皿"
    if view.open_incidents:
        title = f"（呼び出し中 {view.open_incidents}）{title}"
    return f"""<!doctype html>
<html lang="ja"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{_text(title)}</title><link rel="icon" href="data:,">
<style>{_STYLE}</style></head><body>
<p id="silence" role="status" hidden>受け皿から応答がありません。表示は最後に届いた時点のものです。</p>
<div id="page" data-version="{_text(view.version)}">
{_channels(view)}
<main>{_messages(view)}</main>
<aside>{_pagerduty(view)}{_others(view)}</aside>
</div>
<script type="module">{_SCRIPT}</script></body></html>"""


def _channels(view: View) -> str:
    everything = _channel_link(view, None, "すべて", sum(view.counts.values()))
    channels = "".join(_channel_link(view, name, f"# {name}", count) for name, count in view.counts.items())
    calls = f'<span class="count calling">{view.open_incidents}</span>' if view.open_incidents else ""
    return f"""<nav aria-label="チャンネル"><h1>通知の受け皿</h1>
<p class="note">Slack・PagerDuty の代役</p>
<ul>{everything}{channels}</ul>
<ul class="jumps"><li><a href="#pagerduty">PagerDuty {calls}</a></li><li><a href="#others">その他の要求</a></li></ul></nav>"""


def _channel_link(view: View, channel: str | None, label: str, count: int) -> str:
    address = (
        "/" if channel is None else f"/?{urllib.parse.urlencode({'channel': channel}, errors='replace')}"
    )
    current = ' aria-current="page"' if channel == view.channel else ""
    label = f'<span class="name">{_text(label)}</span>'
    return f'<li><a href="{_text(address)}"{current}>{label}<span class="count">{count:,}</span></a></li>'


def _messages(view: View) -> str:
    entries = "".join(
        _refusals(entry) if isinstance(entry, list) else _entry(entry, view) for entry in view.entries
    )
    note = "新しい順・時刻は日本時間"
    if view.older:
        note = f"新しい{MAX_ENTRIES}件を表示（古い{view.older:,}件は省略）・{note}"
    empty = '<p class="empty">まだ何も届いていません。</p>'
    return f'<h2>{_text(_title(view.channel))}<span class="note">{note}</span></h2>{entries or empty}'


def _title(channel: str | None) -> str:
    return "すべてのメッセージ" if channel is None else f"# {channel}"


def _entry(shown: Shown, view: View) -> str:
    message = shown.message
    place = ""
    if view.channel is None:
        place = f'<span class="place"># {_text(message.channel)}</span>'
    replied = ""
    if shown.parent:
        words = summary(shown.parent.content) or "元のメッセージ"
        target = _text(_anchor(shown.parent))
        replied = f'<p class="replied">スレッドに返信しました: <a href="#{target}">{_text(words)}</a></p>'
    prefix = "channel-" if shown.parent else ""
    thread = _thread(shown, view.files) if shown.replies else ""
    return _article(message, view.files, place=place, above=replied, below=thread, prefix=prefix)


def _thread(shown: Shown, files: dict[str, File]) -> str:
    count = len(shown.replies) + shown.older_replies
    older = f"（古い{shown.older_replies:,}件は省略）" if shown.older_replies else ""
    replies = "".join(_article(reply, files, place=_broadcast(reply)) for reply in shown.replies)
    return f'<section class="thread"><p class="replies">返信 {count:,}件{older}</p>{replies}</section>'


def _broadcast(reply: Message) -> str:
    return '<span class="place">チャンネルにも投稿</span>' if reply.is_broadcast else ""


def _article(
    message: Message,
    files: dict[str, File],
    place: str = "",
    above: str = "",
    below: str = "",
    prefix: str = "",
) -> str:
    is_webhook = message.channel == WEBHOOK
    sender, badge = ("Webhook", "W") if is_webhook else ("きもちみっけ！", "み")
    edited = '<span class="edited">(編集済み)</span>' if message.is_edited else ""
    return f"""<article id="{prefix}{_text(_anchor(message))}"><div class="avatar" aria-hidden="true">{badge}</div>
<div class="message"><p class="sender"><b>{sender}</b>{_time_of(message.ts)}{place}{edited}</p>
{above}<div class="content">{message_html(message, files)}</div>{below}</div></article>"""


def _refusals(refusals: list[Refusal]) -> str:
    """A line for what was turned away, unfolded into what it would have been."""
    newest, oldest = refusals[0], refusals[-1]
    answers = "・".join(sorted({refusal.answer for refusal in refusals}))
    if len(refusals) == 1:
        when, many = _time(newest.at), ""
    else:
        when, many = f"{_time(oldest.at)} 〜 {_time(newest.at)}", f" {len(refusals):,}件"
    items = "".join(
        f"<li>{_time(one.at)} {_text(one.what)} → {_text(one.answer)} {_text(_words(one))}</li>"
        for one in refusals[:MAX_REPLIES]
    )
    more = f"<li>ほか{len(refusals) - MAX_REPLIES:,}件</li>" if len(refusals) > MAX_REPLIES else ""
    return (
        f'<details class="refused" id="refused-{_text(oldest.channel)}-{_text(oldest.at)}">'
        f"<summary>投稿されず（{_text(answers)}）{many} {when}"
        f' <span class="place"># {_text(newest.channel)}</span></summary><ul>{items}{more}</ul></details>'
    )


def _words(refusal: Refusal) -> str:
    payload = refusal.content.get("payload")
    return summary(refusal.content) or (
        summary({"text": payload.get("summary")}) if isinstance(payload, dict) else ""
    )


def _pagerduty(view: View) -> str:
    cards = "".join(map(_incident, view.incidents))
    older = _note(f"ほか{view.older_incidents:,}件は省略しました") if view.older_incidents else ""
    refused = "".join(
        f'<p class="refused">受け付けられず（{_text(one.answer)}） {_time(one.at)} {_text(_words(one))}</p>'
        for one in view.refused_events
    )
    count = f'<span class="note">呼び出し中 {view.open_incidents:,}件</span>'
    empty = "" if cards or refused else _note("呼び出しはありません")
    return f'<section id="pagerduty"><h2>PagerDuty{count}</h2>{refused}{cards}{older}{empty}</section>'


def _incident(incident: Incident) -> str:
    severity = incident.latest("severity")
    label = f'<span class="severity">{_text(severity)}</span>' if severity else ""
    events = "".join(
        f"<li>{_time(at)} {EVENTS[action]}</li>" for at, action, _ in incident.history[-MAX_EVENTS:]
    )
    state = f'<span class="state">{STATES[incident.action]}</span>'
    return f"""<article class="incident {_text(incident.action)}" id="incident-{_text(incident.key)}">
<p>{state}{label}</p><h3>{_text(incident.latest("summary") or "（概要なし）")}</h3>
<p class="note key">{_text(incident.key)}</p><ol>{events}</ol>
{as_json(incident.history[-1][2], "最後のイベント")}</article>"""


def _others(view: View) -> str:
    requests = "".join(_other(number, request) for number, request in view.others)
    older = _note(f"古い{view.older_others:,}件は省略しました") if view.older_others else ""
    empty = "" if requests else _note("ありません")
    return f'<section id="others"><h2>その他の要求</h2>{requests}{older}{empty}</section>'


def _other(number: int, request: dict) -> str:
    body = request["body"]
    if size := request.get("size_bytes"):
        body = f"（バイナリ {size:,} バイト）"
    return (
        f'<details class="other" id="request-{number}"><summary><code>{_text(request["method"])} '
        f"{_text(request['path'])}</code> → {request['status']} {_time(request['at'])}</summary>"
        f"<pre>{_text(pretty(body)) or '（本文なし）'}</pre></details>"
    )


def _note(text: str) -> str:
    return f'<p class="note">{text}</p>'


def _shown(slack: Slack, message: Message) -> Shown:
    if message.thread_ts:
        return Shown(message, [], 0, slack.messages[message.channel, message.thread_ts])
    replies = slack.replies.get((message.channel, message.ts), [])
    newest = [slack.messages[message.channel, ts] for ts in replies[-MAX_REPLIES:]]
    return Shown(message, newest, len(replies) - len(newest), None)


def _anchor(message: Message) -> str:
    return f"{message.channel}-{message.ts}"


def _time_of(ts: str) -> str:
    try:
        return _time(datetime.fromtimestamp(float(ts), timezone.utc).isoformat())
    except (ValueError, OverflowError, OSError):
        return f"<time>{_text(ts)}</time>"


def _time(at: str) -> str:
    """A moment as the clocks in Japan show it; in full when one points at it."""
    local = datetime.fromisoformat(at).astimezone(_JAPAN)
    return (
        f'<time datetime="{at}" title="{local.isoformat(" ", "milliseconds")}">'
        f"{local.strftime('%m/%d %H:%M:%S')}</time>"
    )


def _text(text: str) -> str:
    return html.escape(text)
