"""What every application needs for both edges: proxies, sizes, cookies, identity, limits, errors."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.middleware.proxy_fix import ProxyFix

from groupbuy.config import Settings
from groupbuy.http.counting import init_counting
from groupbuy.http.errors import Malformed, problem_of
from groupbuy.http.idempotency import write_json
from groupbuy.http.identity import init_identity
from groupbuy.http.limits import init_limits
from groupbuy.http.naming import init_naming
from groupbuy.http.old_rounds import init_old_rounds
from groupbuy.http.proving import init_proving
from groupbuy.http.row_ids import init_row_ids

API_PREFIX = "/api/"
MAX_UPLOAD = 64 * 1024 * 1024
LONGEST_COOKIE = timedelta(days=60)
ErrorPage = Callable[[Any], Any]


class Cookies(SecureCookieSessionInterface):
    """Cookies as Flask signs them; what signs them is made once, and not for who sends none."""

    def __init__(self) -> None:
        self._signer: Any = None

    def get_signing_serializer(self, app: Flask) -> Any:
        """Return what signs the cookies of the one application that this belongs to."""
        if self._signer is None:
            self._signer = super().get_signing_serializer(app)
        return self._signer

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Return the session of a request."""
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)


def init_http(app: Flask, settings: Settings) -> None:
    """Set up what pages and API share."""
    if hops := settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign] # Flask documents this assignment.
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_UPLOAD,
        SESSION_COOKIE_NAME="groupbuy" if settings.insecure_http else "__Host-groupbuy",
        SESSION_COOKIE_SECURE=not settings.insecure_http,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=LONGEST_COOKIE,
    )
    app.session_interface = Cookies()
    init_row_ids(app)
    init_counting(app)
    init_naming(app, proxied=bool(settings.trusted_proxies))
    app.before_request(_refuse_unstorable)
    init_identity(app)
    init_limits(app, settings)
    init_proving(app, settings)
    init_old_rounds(app)
    # The kit of the pages puts its own handler here.
    app.register_error_handler(HTTPException, for_pages(lambda error: error))


def _refuse_unstorable() -> None:
    """Refuse NUL in the address, which no database takes; raise NotFound or Malformed."""
    if "\0" in request.path:
        raise NotFound
    if any("\0" in name or "\0" in value for name, value in request.args.items(multi=True)):
        raise Malformed("bad_text", "The address holds a character that nothing can be called.")


def for_pages(page: ErrorPage) -> Callable[[Any], Any]:
    """Return a handler of failures that makes a page, but answers programs under /api/ as they expect."""

    def handle(error: Any) -> Any:
        return answer_program(error) if request.path.startswith(API_PREFIX) else page(error)

    return handle


def answer_program(error: Exception) -> Response:
    """Return the API's answer to whatever went wrong."""
    if isinstance(error, HTTPException) and error.code is not None and error.code < 400:
        return Response(error.get_body(), error.code, error.get_headers())
    problem = problem_of(error)
    answer = Response(write_json(problem.as_json()), problem.status, mimetype="application/json")
    if problem.retry_after is not None:
        answer.headers["Retry-After"] = str(problem.retry_after)
    if problem.status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="groupbuy"'
    if allowed := getattr(error, "valid_methods", None):
        answer.headers["Allow"] = ", ".join(sorted(allowed))
    return answer
