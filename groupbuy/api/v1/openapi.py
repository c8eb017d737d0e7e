"""The OpenAPI 3.1 document, made from the operations as they are declared."""

import copy
from functools import cache
from typing import Any

from flask import Response, current_app

from groupbuy.api.v1.describing import spec
from groupbuy.api.v1.endpoint import OPERATIONS, Operation, blueprint
from groupbuy.http.idempotency import HEADER, MAX_KEY, write_json

_FILE = {"schema": {"type": "string", "format": "binary"}}
_FILES = {
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": _FILE,
    "application/pdf": _FILE,
}
_KEY = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "The same key again gives the first answer and has no second effect.",
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY, "pattern": "^[!-~]+$"},
}


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """Serve the document."""
    response = Response(write_json(_document()), mimetype="application/json")
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


@cache
def _document() -> dict[str, Any]:
    spec.app = current_app._get_current_object()  # type: ignore[attr-defined] # The proxy's own method.
    document: dict[str, Any] = copy.deepcopy(spec.spec)
    document["info"] = {
        "title": "Groupbuy",
        "version": "1",
        "description": "Community group-buys: rounds, orders, pickup, reports. Money is integer fen,"
        " times are ISO 8601 UTC with Z.",
    }
    document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    for path in document["paths"].values():
        for operation in path.values():
            _complete(operation, OPERATIONS[operation["operationId"]])
    return document


def _complete(shown: dict[str, Any], operation: Operation) -> None:
    """Add what the generator does not know: rights, the idempotency key, conditional answers, files."""
    if operation.roles is None:
        shown["security"] = []
        return
    shown["security"] = [{"token": []}]
    if operation.uploads:
        shown["requestBody"] = {"required": True, "content": dict.fromkeys(operation.uploads, _FILE)}
    rights = f"For {', '.join(sorted(operation.roles))}."
    if operation.scope:
        rights += f" Needs the scope {operation.scope}."
    shown["description"] = f"{shown.get('description') or ''}\n\n{rights}".strip()
    if operation.writes:
        shown["parameters"].append(_KEY)
    elif operation.reads:
        return
    elif "content" in shown["responses"].get("200", {}):
        shown["responses"]["304"] = {"description": "What If-None-Match names is still true."}
    else:
        shown["responses"]["200"]["content"] = _FILES
