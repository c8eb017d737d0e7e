"""How often one account or address may ask, with the standard headers."""

from flask import Flask, Response, request
from flask_limiter import Limiter

from groupbuy.config import Settings
from groupbuy.http.identity import NotSignedIn, current_identity, remembered_identity

PER_ACCOUNT = "1200 per minute"
PER_ADDRESS = "600 per minute"
SIGN_IN = "120 per minute"
# Endpoints that take a password; each has this limit of its own.
SIGN_IN_ENDPOINTS = {"api_v1.issue_token", "web.sign_in"}
# Who gets one of these may come again later: too many asked, or too much is going on.
COME_AGAIN = (429, 503)
UNCOUNTED = {"static", "monitoring.healthz", "monitoring.readyz", "monitoring.metrics"}


def asker() -> str:
    """Return whose requests are counted together: an account's, else those of an address."""
    try:
        # For counting it is enough whose token it was lately.
        identity = remembered_identity() or current_identity()
    except NotSignedIn:
        identity = None
    if identity is not None:
        return f"account:{identity.account_id}"
    return f"address:{request.remote_addr}"


def init_limits(app: Flask, settings: Settings) -> None:
    """Count requests unless the settings switch it off, as load tests do.

    Counts are per process: they bound what one process is asked for, so with n processes somebody gets n
    times as far. That is enough, because nothing is guarded by them alone: wrong passwords, codes and
    second factors (``accounts.guessing``), sending codes (``accounts.codes``), pickup codes
    (``http.code_limits``), files (``http.quotas``) and orders (``flows.taking``) are counted in the
    database for all processes, what an order takes is bounded by stock and by the buyer's limit, and
    overload by the gate.
    """
    app.after_request(_wait_only_if_refused)
    Limiter(
        app=app,
        key_func=asker,
        application_limits=[lambda: PER_ACCOUNT if asker().startswith("account:") else PER_ADDRESS],
        application_limits_exempt_when=lambda: request.endpoint in UNCOUNTED,
        default_limits=[SIGN_IN],
        default_limits_exempt_when=lambda: request.endpoint not in SIGN_IN_ENDPOINTS,
        headers_enabled=True,
        retry_after="delta-seconds",
        storage_uri="memory://",
        strategy="fixed-window",
        enabled=settings.rate_limits,
    )


def _wait_only_if_refused(response: Response) -> Response:
    """Take Retry-After, which the limiter puts on every answer, from those that need no retry."""
    if response.status_code not in COME_AGAIN:
        response.headers.pop("Retry-After", None)
    return response
