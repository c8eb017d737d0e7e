"""What the pages of suppliers share: who may come in."""

from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from groupbuy.http import rights
from groupbuy.http.identity import current_identity
from groupbuy.kernel.errors import NotAllowed
from groupbuy.web.signin.roles import role_name

blueprint = Blueprint("supplier", __name__, url_prefix="/supplier")


@blueprint.before_request
def only_suppliers() -> ResponseReturnValue | None:
    """Let suppliers in, send strangers to sign in and back here; raise NotAllowed for other roles."""
    identity = current_identity()
    if identity is None:
        return redirect(url_for("signin.sign_in", next=request.full_path.rstrip("?")), 303)
    if not rights.may_open(identity.role, request.endpoint or "", request.method):
        raise NotAllowed("role_not_allowed", "Your role does not cover this page.")
    return None


@blueprint.context_processor
def who() -> dict[str, Any]:
    """Give the templates the name of whoever is signed in."""
    identity = current_identity()
    return {
        "operator_name": identity.name if identity else "",
        "role_label": role_name("supplier"),
        "desk_label": role_name("supplier"),
    }
