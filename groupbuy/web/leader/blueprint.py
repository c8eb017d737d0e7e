"""What the pages of leaders share: who may come in, and which leader the page is about."""

from collections.abc import Callable, Collection
from functools import wraps
from typing import Any

from flask import Blueprint, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from groupbuy.campaigns.listing import Viewer, find_visible
from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.http.guards import signed_in
from groupbuy.http.identity import current_identity
from groupbuy.kernel.errors import NotFound
from groupbuy.leaders.models import Leader

blueprint = Blueprint("leader", __name__, url_prefix="/leader")

View = Callable[..., ResponseReturnValue]
CHOSEN = "desk_of"


def _guard(view: View, roles: Collection[str], *, former: bool = False) -> View:
    """Let some roles in; send everybody else to sign in, or to choose the role, and back here.

    ``former`` lets those in as well who stand for no leader any more.
    """

    @wraps(view)
    def guarded(**arguments: Any) -> ResponseReturnValue:
        identity = current_identity()
        if identity is not None and identity.role in roles and (identity.leader_ids or former):
            return view(**arguments)
        if identity is not None and identity.role == "pickup_verifier" in roles:
            # Whoever helps nobody any more has perhaps a share still to be paid.
            return redirect(url_for("leader.shares"), 303)
        place = "signin.sign_in" if identity is None else "signin.choose_role"
        page = request.full_path.rstrip("?") if request.method == "GET" else request.path
        return redirect(url_for(place, next=page), 303)

    return guarded


def for_leaders(view: View) -> View:
    """Let leaders in."""
    return _guard(view, ("leader",))


def for_hands(view: View) -> View:
    """Let leaders and those who hand out for them in."""
    return _guard(view, ("leader", "pickup_verifier"))


def for_sharers(view: View) -> View:
    """Let leaders and their helpers in, also those who help nobody any more."""
    return _guard(view, ("leader", "pickup_verifier"), former=True)


def my_leaders() -> list[Leader]:
    """Return the leaders whom the asker is or helps, with their communities, by code."""
    mine = select(Leader).where(Leader.id.in_(signed_in().leader_ids)).order_by(Leader.code)
    return list(db.session.scalars(mine.options(joinedload(Leader.community))))


def the_leader() -> Leader:
    """Return the leader whose desk this is: the one chosen, else the first."""
    mine = my_leaders()
    return next((leader for leader in mine if leader.code == session.get(CHOSEN)), mine[0])


def round_of(leader: Leader, name: str) -> Round:
    """Return a round in which the leader takes part; raise NotFound for any other."""
    found = find_visible(name, viewer=Viewer(leader_ids=[leader.id]))
    if found is None:
        raise NotFound("unknown_round", f"There is no round {name}.")
    return found
