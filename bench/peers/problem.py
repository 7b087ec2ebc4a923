"""Errors as RFC 9457 Problem documents."""

from __future__ import annotations

from http import HTTPStatus

import psycopg

CONTENT_TYPE = "application/problem+json"


class Problem(Exception):
    """What went wrong, for the client and the person before it."""

    def __init__(self, status: int, detail: str, errors: dict[str, str] | None = None):
        super().__init__(detail)
        self.status, self.detail, self.errors = status, detail, errors or {}

    @classmethod
    def unprocessable(cls, errors: dict[str, str]) -> Problem:
        """422 with what is wrong, field by field."""
        return cls(422, "The request is understood, but cannot be carried out; see errors.", errors)

    @classmethod
    def of_failure(cls, error: Exception) -> Problem:
        """503 when trying again may help, otherwise 500. The log gets the cause, the client does not."""
        status = 503 if isinstance(error, psycopg.OperationalError) else 500
        return cls(status, "Something went wrong on our side. Please try again in a moment.")

    def body(self) -> dict:
        title = HTTPStatus(self.status).phrase
        body = {"type": "about:blank", "title": title, "status": self.status, "detail": self.detail}
        if self.errors:
            body["errors"] = [{"field": field, "detail": detail} for field, detail in self.errors.items()]
        return body
