"""The one database connection of this process, and a transaction in which only one family exists."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

import psycopg
from psycopg.rows import DictRow, dict_row

from problem import Problem

OPEN_FAMILY = """\
SELECT user_id, user_leaving_at
FROM open_family(%s, %s, %s, %s, %s, %s)"""

_connection: psycopg.Connection[DictRow] | None = None


@contextmanager
def family(event: dict, at: datetime) -> Iterator[tuple[psycopg.Connection[DictRow], UUID]]:
    """A transaction of the parent whose token the authorizer has verified, and their family's id."""
    claims, context = signed_in(event), event["requestContext"]
    address = context["http"].get("sourceIp")
    opening = (uuid7(), claims["iss"], claims["sub"], at, context["requestId"], address)
    connection = _connect()
    try:
        try:
            user = connection.execute(OPEN_FAMILY, opening).fetchone()
        except psycopg.OperationalError:
            # While the sandbox slept, the connection may have died. Nothing was done yet, so do it on a new one.
            if not connection.closed:
                raise
            connection = _connect()
            user = connection.execute(OPEN_FAMILY, opening).fetchone()
        if user["user_leaving_at"]:
            raise Problem(410, "You have left the service; nothing of yours can be reached any more.")
        yield connection, user["user_id"]
        connection.commit()
    except BaseException:
        if not connection.closed:
            connection.rollback()
        raise


def uuid7() -> UUID:
    """What `uuid.uuid7` does from Python 3.14 on, less the counter."""
    milliseconds = time.time_ns() // 1_000_000
    random = secrets.randbits(74)
    return UUID(int=milliseconds << 80 | 7 << 76 | random >> 62 << 64 | 2 << 62 | random & (1 << 62) - 1)


def signed_in(event: dict) -> dict[str, str]:
    """The claims of the token; 401 without one."""
    claims = event["requestContext"].get("authorizer", {}).get("jwt", {}).get("claims", {})
    if not (claims.get("iss") and claims.get("sub")):
        raise Problem(401, "Sign in and send the token as a bearer.")
    return claims


def _connect() -> psycopg.Connection[DictRow]:
    global _connection
    if _connection is None or _connection.closed:
        _connection = psycopg.connect(
            os.environ["DATABASE_URL"],
            user=os.environ["DATABASE_ROLE"],
            application_name=os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "peer"),
            options="-c timezone=UTC",
            connect_timeout=4,
            tcp_user_timeout=8000,
            row_factory=dict_row,
        )
    return _connection
