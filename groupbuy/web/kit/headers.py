"""Security headers of every answer, written by hand because they are few."""

from flask import Flask, Response, request, session

POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",
        "style-src 'self'",
        "script-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "object-src 'none'",
    )
)
FIXED = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=(), payment=()",
}
SECURE = FIXED | {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}


def install(app: Flask) -> None:
    """Add the headers to every answer; what was made for one person is never stored."""
    app.after_request(_secure)


def _secure(response: Response) -> Response:
    present = {name.lower() for name, _ in response.headers}
    wanted = SECURE if request.is_secure else FIXED
    response.headers.extend([pair for pair in wanted.items() if pair[0].lower() not in present])
    decided = response.cache_control.public or response.cache_control.no_store
    if request.endpoint != "static" and not decided:
        response.headers["Cache-Control"] = "no-store" if _is_personal() else "no-cache"
    return response


def _is_personal() -> bool:
    """Tell whether a session or a token was read or written for this answer."""
    return bool(session) or session.modified or "Authorization" in request.headers
