"""What the pages of the staff share: who may come in, and as whom they act."""

from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement

from groupbuy.audit.actor import Actor
from groupbuy.http import rights
from groupbuy.http.guards import signed_in
from groupbuy.http.identity import NotSignedIn, current_identity
from groupbuy.kernel.errors import NotAllowed
from groupbuy.web.signin.roles import role_name

blueprint = Blueprint("admin", __name__, url_prefix="/admin")


@blueprint.before_request
def only_staff() -> ResponseReturnValue | None:
    """Let those in who may, send strangers to sign in and back here; raise NotAllowed for other roles."""
    identity = current_identity()
    if identity is None:
        if "HX-Request" in request.headers:
            raise NotSignedIn("not_signed_in", "Your session has ended; sign in again.")
        page = request.full_path.rstrip("?") if request.method == "GET" else request.path
        return redirect(url_for("signin.sign_in", next=page), 303)
    if not rights.may_open(identity.role, request.endpoint or "", request.method, limited=identity.limited):
        raise NotAllowed("role_not_allowed", "Your role does not cover this page.")
    return None


@blueprint.context_processor
def who() -> dict[str, Any]:
    """Give the templates the name of whoever is signed in, in which role."""
    identity = current_identity()
    return {
        "operator_name": identity.name if identity else "",
        "role_label": role_name(identity.role) if identity else "",
    }


def my_leaders() -> tuple[int, ...] | None:
    """Return the leaders that whoever asks deals with, by id; None is all."""
    return signed_in().limited_to


def within(leader_id: Any) -> list[ColumnElement[bool]]:
    """Return the condition that a column names a leader that whoever asks deals with; none for all."""
    leaders = my_leaders()
    return [] if leaders is None else [leader_id.in_(leaders)]


def actor() -> Actor:
    """Return who acts, for the audit log."""
    return signed_in().actor
