"""What an identity must be and may do before a view runs."""

from collections.abc import Collection

from flask import request
from flask_wtf.csrf import validate_csrf
from wtforms import ValidationError

from groupbuy.http.identity import Identity, NotSignedIn, current_identity
from groupbuy.kernel.errors import NotAllowed

SAFE = ("GET", "HEAD", "OPTIONS")
CSRF_HEADER = "X-CSRFToken"


def signed_in() -> Identity:
    """Return who asks; raise NotSignedIn when nobody does."""
    identity = current_identity()
    if identity is None:
        raise NotSignedIn("not_signed_in", "Sign in, or send a bearer token.")
    return identity


def require(
    roles: Collection[str], *, scope: str | None = None, identity: Identity | None = None
) -> Identity:
    """Return who asks when the role is among those given and the token is good for the scope.

    ``identity`` is who asks where that is known.

    Raise NotSignedIn, or NotAllowed ``role_not_allowed`` or ``scope_missing``.
    """
    identity = identity or signed_in()
    if identity.role not in roles:
        raise NotAllowed("role_not_allowed", f"A {identity.role} may not do this.")
    if scope is not None and scope not in identity.scopes:
        raise NotAllowed("scope_missing", f"This token is not good for {scope}.")
    return identity


def refuse_forgery(identity: Identity) -> None:
    """Raise NotAllowed ``csrf`` for a browser's write without the session's token in the header.

    Programs send their bearer token knowingly; a browser sends its cookie wherever it is led.
    """
    if identity.by_token or request.method in SAFE:
        return
    try:
        validate_csrf(request.headers.get(CSRF_HEADER))
    except ValidationError as error:
        raise NotAllowed("csrf", f"Send the page's token in the header {CSRF_HEADER}.") from error
