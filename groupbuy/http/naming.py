"""Each request has an id, which stands in every line that is logged for it and in its answer."""

import re
from secrets import token_hex

import structlog
from flask import Flask, Response, g, request

HEADER = "X-Request-Id"
_GIVEN = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)


def init_naming(app: Flask, *, proxied: bool) -> None:
    """Name requests; the id that a proxy of ours sends is kept, so that its log and ours can be joined."""

    def begin() -> None:
        given = request.headers.get(HEADER, "") if proxied else ""
        g.request_id = given if _GIVEN.fullmatch(given) else token_hex(8)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=g.request_id)

    app.before_request(begin)
    app.after_request(_tell)


def _tell(response: Response) -> Response:
    # An answer given before the request had a name has none either.
    if "request_id" in g:
        response.headers[HEADER] = g.request_id
    return response
