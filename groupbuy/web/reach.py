"""What the reader may open, so that menus, links and buttons lead nowhere closed."""

from urllib.parse import urlsplit

from flask import Flask, current_app, request
from werkzeug.exceptions import HTTPException

from groupbuy.http import rights
from groupbuy.http.identity import current_identity


def install(app: Flask) -> None:
    """Give templates ``may_visit``, ``may_take``, ``sees_phones`` and ``reachable``."""
    app.jinja_env.globals.update(
        may_visit=may_visit, may_take=may_take, sees_phones=sees_phones, reachable=reachable
    )


def may_visit(endpoint: str, method: str = "GET") -> bool:
    """Tell whether whoever asks may open a page; a stranger is asked to sign in there."""
    identity = current_identity()
    return identity is None or rights.may_open(identity.role, endpoint, method, limited=identity.limited)


def may_take(document: str) -> bool:
    """Tell whether whoever asks may take a kind of document."""
    identity = current_identity()
    return identity is not None and rights.may_take(identity.role, document)


def sees_phones() -> bool:
    """Tell whether whoever asks may see residents' phones in full."""
    identity = current_identity()
    return identity is not None and identity.role in rights.SEES_PHONES


def reachable(address: str | None) -> str | None:
    """Return an address of ours if whoever asks may open it, else None: the text stands without a link."""
    if not address:
        return None
    path = urlsplit(address).path.removeprefix(request.root_path)
    try:
        endpoint, _ = current_app.create_url_adapter(request).match(path, method="GET")  # type: ignore[union-attr]  # There is one while a request is answered.
    except HTTPException:
        return None
    return address if may_visit(endpoint) else None
