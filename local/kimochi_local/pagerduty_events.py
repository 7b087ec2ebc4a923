"""What PagerDuty's Events API (v2) makes of events: one incident for each deduplication key."""

from __future__ import annotations

from dataclasses import dataclass, field

EVENTS = {"trigger": "呼び出し", "acknowledge": "確認", "resolve": "解決"}
STATES = {"trigger": "呼び出し中", "acknowledge": "確認済み", "resolve": "解決済み"}


@dataclass
class Incident:
    """`history` holds when each event came, what it asked for, and the event; oldest first."""

    key: str
    history: list[tuple[str, str, dict]] = field(default_factory=list)

    @property
    def action(self) -> str:
        return self.history[-1][1]

    @property
    def is_open(self) -> bool:
        return self.action != "resolve"

    def latest(self, name: str) -> str:
        """A part of the payload, from the last event that has it: one that resolves need not repeat it."""
        for _, _, event in reversed(self.history):
            payload = event.get("payload")
            if isinstance(payload, dict) and isinstance(payload.get(name), str) and payload[name]:
                return payload[name]
        return ""


class PagerDuty:
    """The incidents of one service. It is not safe for threads; who calls it holds a lock."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self.incidents: dict[str, Incident] = {}
        # Requests that were answered with anything but 202.
        self.refusals: list = []

    def take(self, at: str, key: str, event: dict) -> bool:
        """Notes an event that was accepted; `False` when it asks for nothing that PagerDuty knows."""
        action = event.get("event_action")
        if not isinstance(action, str) or action not in STATES:
            return False
        # Taken out and put back, so that the last one is the one that something happened to.
        incident = self.incidents.pop(key, None) or Incident(key)
        incident.history.append((at, action, event))
        self.incidents[key] = incident
        return True
