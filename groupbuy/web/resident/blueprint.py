"""What the pages of residents share."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from groupbuy.http.identity import current_identity

blueprint = Blueprint("resident", __name__)

View = Callable[..., ResponseReturnValue]


def for_residents(view: View) -> View:
    """Let residents in; send everybody else to sign in, or to choose the role, and back here.

    Whoever was sent away in the middle of a form finds what was typed on the form's page again.
    """

    @wraps(view)
    def guarded(**arguments: Any) -> ResponseReturnValue:
        identity = current_identity()
        if identity is not None and identity.resident_ids:
            return view(**arguments)
        place = "signin.sign_in" if identity is None else "signin.choose_role"
        return redirect(url_for(place, next=_page()), 303)

    return guarded


def _page() -> str:
    return request.full_path.rstrip("?") if request.method == "GET" else request.path
