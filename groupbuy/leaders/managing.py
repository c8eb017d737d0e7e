"""What operators do about leaders: review, suspend, change; and communities."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from groupbuy.audit import service as audit
from groupbuy.db import db
from groupbuy.db.states import move_state
from groupbuy.kernel.errors import NotFound, RuleBroken
from groupbuy.leaders.levels import note_change
from groupbuy.leaders.models import Community, Leader

_PERSONAL = ("name", "phone", "email", "address", "latitude_e6", "longitude_e6")


def move_leader(*, leader: Leader, seen: str, state: str, reason: str, now: datetime, actor: str) -> None:
    """Take a leader from the state that was seen to another; who comes second is told so.

    Raise RuleBroken ``decided_meanwhile`` when the state is another one by now.
    """
    if not move_state(leader, seen, state, state_reason=reason.strip() or None):
        raise RuleBroken("decided_meanwhile", "Somebody else has decided in the meantime; look once more.")
    after = {"state": state} | ({"reason": reason.strip()} if reason.strip() else {})
    log("leader_moved", "leader", leader.code, {"state": seen}, after, now, actor)


def edit_leader(*, leader: Leader, values: Mapping[str, Any], now: datetime, actor: str) -> None:
    """Change columns of a leader; later orders and sheets show them."""
    if "level_id" in values and values["level_id"] != leader.level_id:
        note_change(leader, now)
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
        log(verb, kind, subject, before, after, now, actor)


def log(
    verb: str,
    kind: str,
    subject: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    now: datetime,
    actor: str,
) -> None:
    """Write a change of a leader or a community into the audit log."""
    audit.record(
        at=now, actor=actor, verb=verb, subject_kind=kind, subject=subject, before=before, after=after
    )
