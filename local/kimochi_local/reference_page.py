"""openapi.json as Swagger UI renders it, for people who read, and who try out what they read.

A package brings Swagger UI's files along, so that the page needs no network. This is a module of its own
because importing Flask takes longer than a second `make up` may.
"""

from __future__ import annotations

import json
import shlex

from flask import Flask, Response
from flask_swagger_ui import get_swaggerui_blueprint

from .place import ENV, OPENAPI

app = Flask(__name__)
app.register_blueprint(
    get_swaggerui_blueprint(
        base_url="",
        api_url="/openapi.json",
        config={
            "app_name": "きもちみっけ！ API",
            # No bar that asks for another document, and nobody outside asked whether this one is valid.
            "layout": "BaseLayout",
            "validatorUrl": None,
            "displayRequestDuration": True,
        },
    )
)


@app.get("/openapi.json")
def document() -> Response:
    """The document of the repository. What is tried out goes to the local stack, once that is deployed."""
    document = json.loads(OPENAPI.read_text())
    if api_url := _environment().get("API_URL"):
        document["servers"] = [{"url": api_url, "description": "the local stack"}]
    return Response(json.dumps(document, ensure_ascii=False), mimetype="application/json")


def _environment() -> dict[str, str]:
    """What `make up` wrote last; read each time, because this server is there first."""
    if not ENV.exists():
        return {}
    return dict(assignment.split("=", 1) for assignment in shlex.split(ENV.read_text()))
