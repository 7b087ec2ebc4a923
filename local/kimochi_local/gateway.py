"""MiniStack as `hypercorn` serves it, with one header more.

The media bucket refuses whatever did not come over TLS. AWS's endpoints speak TLS, the one here speaks
HTTP on the loopback interface: it says so the way a TLS proxy would, and the policy stays in force.
"""

from __future__ import annotations

from ministack.app import app as ministack

FORWARDED = (b"x-forwarded-proto", b"https")


async def app(scope, receive, send):
    if scope["type"] == "http":
        scope = {**scope, "headers": [*scope["headers"], FORWARDED]}
    await ministack(scope, receive, send)
