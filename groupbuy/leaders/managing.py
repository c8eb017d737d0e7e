"""What operators do about leaders: review, suspend, change; and communities."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from groupbuy.audit import service as audit
from groupbuy.db import db
from groupbuy.kernel.errors import NotFound, RuleBroken
from groupbuy.leaders.models import Community, Leader

MOVES: Mapping[str, frozenset[str]] = {
    "applied": frozenset({"reviewed", "active", "rejected"}),
    "reviewed": frozenset({"active", "rejected"}),
    "active": frozenset({"suspended", "exited"}),
    "suspended": frozenset({"active", "exited"}),
    "exited": frozenset({"active"}),
    "rejected": frozenset({"reviewed"}),
}
_PERSONAL = ("name", "phone", "email", "address")


def move_leader(*, leader: Leader, state: str, reason: str, now: datetime, actor: str) -> None:
    """Approve, reject, suspend or take back a leader; orders placed before are handed out as agreed.

    Raise RuleBroken ``wrong_state`` for a step that is not possible now.
    """
    db.session.refresh(leader, with_for_update=True)
    if state not in MOVES[leader.state]:
        raise RuleBroken("wrong_state", f"Leader {leader.code} cannot go from {leader.state} to {state}.")
    former, leader.state = leader.state, state
    db.session.flush()
    after = {"state": state} | ({"reason": reason} if reason else {})
    _log("leader_moved", "leader", leader.code, {"state": former}, after, now, actor)


def edit_leader(*, leader: Leader, values: Mapping[str, Any], now: datetime, actor: str) -> None:
    """Change columns of a leader; later orders and sheets show them."""
    _apply(leader, values, "leader_edited", "leader", leader.code, now, actor)


def save_community(*, community_id: int | None, values: Mapping[str, Any], now: datetime, actor: str) -> None:
    """Make or change a community; raise RuleBroken ``already_exists`` for its name, NotFound."""
    name = str(values["name"])
    twin = db.session.scalar(select(Community.id).where(Community.name == name))
    if twin is not None and twin != community_id:
        raise RuleBroken("already_exists", f"There is {name} already.", param="name")
    row = Community() if community_id is None else db.session.get(Community, community_id)
    if row is None:
        raise NotFound("unknown_community", "There is no such community.")
    db.session.add(row)
    _apply(row, values, "community_saved", "community", name, now, actor)


def _apply(
    row: Any, values: Mapping[str, Any], verb: str, kind: str, subject: str, now: datetime, actor: str
) -> None:
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    hidden = _PERSONAL if kind == "leader" else ()
    before = {name: "…" if name in hidden else getattr(row, name) for name in changed}
    after = {name: "…" if name in hidden else value for name, value in changed.items()}
    for name, value in changed.items():
        setattr(row, name, value)
    db.session.flush()
    if changed:
        _log(verb, kind, subject, before, after, now, actor)


def _log(
    verb: str,
    kind: str,
    subject: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    now: datetime,
    actor: str,
) -> None:
    audit.record(
        at=now, actor=actor, verb=verb, subject_kind=kind, subject=subject, before=before, after=after
    )
