"""What the pages of operators share: who may come in, and as whom they act."""

from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from groupbuy.flows.ordering import Actor
from groupbuy.http.guards import signed_in
from groupbuy.http.identity import NotSignedIn, current_identity
from groupbuy.kernel.errors import NotAllowed

ROLES = ("operator",)

blueprint = Blueprint("admin", __name__, url_prefix="/admin")


@blueprint.before_request
def only_operators() -> ResponseReturnValue | None:
    """Let operators in, send strangers to sign in and back here; raise NotAllowed for other roles."""
    identity = current_identity()
    if identity is None:
        if "HX-Request" in request.headers:
            raise NotSignedIn("not_signed_in", "Your session has ended; sign in again.")
        page = request.full_path.rstrip("?") if request.method == "GET" else request.path
        return redirect(url_for("signin.sign_in", next=page), 303)
    if identity.role not in ROLES:
        raise NotAllowed("role_not_allowed", "This page is for operators.")
    return None


@blueprint.context_processor
def who() -> dict[str, Any]:
    """Give the templates the name of whoever is signed in."""
    identity = current_identity()
    return {"operator_name": identity.name if identity else ""}


def actor() -> Actor:
    """Return who acts, for the audit log."""
    return signed_in().actor
