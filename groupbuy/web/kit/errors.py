"""Failures as pages: what happened, and what to do next."""

from flask import Flask, Response, current_app, g, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DatabaseError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from groupbuy.db.failures import is_unavailable
from groupbuy.http.setup import for_pages
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.web.kit.i18n import translate_sentence

_OWN_PAGE = (400, 401, 403, 404, 405, 409, 413, 429, 500, 503)
_NEVER_REPEATED = ("csrf_token", "password")


def install(app: Flask) -> None:
    """Answer every failure with a page in the reader's language; programs get the API's shape."""
    app.register_error_handler(GroupbuyError, for_pages(_business_error))
    app.register_error_handler(CSRFError, for_pages(_form_expired))
    app.register_error_handler(HTTPException, for_pages(_http_error))
    for unavailable in (OperationalError, InterfaceError, PoolTimeout):
        app.register_error_handler(unavailable, for_pages(_database_away))
    app.register_error_handler(DatabaseError, for_pages(_database_error))


def error_page(status: int, message: str = "") -> Response:
    """Return the page of a status; ``message`` is one sentence for people, already translated."""
    if "HX-Request" in request.headers and message:
        return make_response(message, status, {"Content-Type": "text/plain; charset=utf-8"})
    name = status if status in _OWN_PAGE else 400 if status < 500 else 500
    page = render_template(
        f"errors/{name}.html", status=status, message=message, reference=g.get("request_id")
    )
    return make_response(page, status)


def _business_error(error: GroupbuyError) -> Response:
    return error_page(error.status, translate_sentence(error.message))


def _http_error(error: HTTPException) -> Response:
    page = error_page(error.code or 500)
    for name, value in error.get_headers(request.environ):
        if name in ("Allow", "Retry-After"):
            page.headers[name] = value
    return page


def _form_expired(_error: CSRFError) -> Response:
    """Offer to send the same form again with a fresh token, so that nothing typed is lost.

    Only when the browser says that the form came from our own page: a forged one gets no second chance.
    """
    own = request.headers.get("Origin") == request.host_url.rstrip("/")
    typed = [pair for pair in request.form.items(multi=True) if pair[0] not in _NEVER_REPEATED]
    page = render_template(
        "errors/form_expired.html", status=403, typed=typed if own and not request.files else []
    )
    return make_response(page, 403)


def _database_error(error: Exception) -> Response:
    """Tell a disk that cannot be read from a fault of ours, which the page of 500 is for."""
    if not is_unavailable(error):
        raise error
    return _database_away(error)


def _database_away(error: Exception) -> Response:
    current_app.logger.error("database unavailable", exc_info=error)
    page = error_page(503)
    page.headers["Retry-After"] = "5"
    return page
