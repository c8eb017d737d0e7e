"""Levels of leaders (团长等级): what a level takes, and which level a month's turnover gives."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from hashlib import sha256

from sqlalchemy import select, update

from groupbuy.audit import service as audit
from groupbuy.db import db
from groupbuy.db.upserts import insert_into
from groupbuy.kernel.errors import BadInput, NotFound, RuleBroken
from groupbuy.kernel.money import MAX_FEN
from groupbuy.leaders.models import Leader, LeaderLevel, LeaderLevelChange, LevelReview
from groupbuy.leaders.rules import MAX_NAME, LeaderState, Rung, next_level


def levels() -> Sequence[LeaderLevel]:
    """Return all levels, the lowest first: those that are reached by turnover, then those given by hand."""
    found = db.session.scalars(select(LeaderLevel).order_by(LeaderLevel.rank, LeaderLevel.id)).all()
    return sorted(found, key=lambda level: (level.min_month_fen is None, level.min_month_fen or 0))


def next_above(sold_fen: int) -> LeaderLevel | None:
    """Return the lowest level that a month's turnover has not reached yet, None where there is none."""
    above = (one for one in levels() if one.min_month_fen is not None and one.min_month_fen > sold_fen)
    return next(above, None)


def get_level(level_id: int) -> LeaderLevel:
    """Return a level; raise NotFound."""
    level = db.session.get(LeaderLevel, level_id)
    if level is None:
        raise NotFound("unknown_level", "There is no such level.")
    return level


def version_of(level: LeaderLevel) -> str:
    """Return a text that changes when the level does, whoever changes it."""
    return sha256(repr((level.name, level.min_month_fen)).encode()).hexdigest()[:16]


def save_level(
    *,
    level_id: int | None,
    name: str,
    min_month_fen: int | None,
    last_month: date,
    now: datetime,
    actor: str,
    version: str | None = None,
) -> LeaderLevel:
    """Make or change a level; without a turnover it is given by hand only.

    ``version`` is what ``version_of`` gave when the level was read; None overwrites. The review begins with
    the month after ``last_month``, so that nobody moves at once. Raise NotFound, BadInput, RuleBroken
    ``already_exists`` or ``changed_meanwhile``.
    """
    name = name.strip()
    level = LeaderLevel(name=name) if level_id is None else _locked(level_id, version)
    _check(level_id, name, min_month_fen)
    before = {"name": level.name, "min_month_fen": level.min_month_fen}
    level.name, level.min_month_fen = name, min_month_fen
    db.session.add(level)
    db.session.flush()
    if min_month_fen is not None:
        claim(month=last_month, now=now)
    after = {"name": name, "min_month_fen": min_month_fen}
    audit.record(
        at=now,
        actor=actor,
        verb="level_saved",
        subject_kind="leader_level",
        subject=str(level.id),
        before=before if level_id else None,
        after=after,
    )
    return level


def _locked(level_id: int, version: str | None) -> LeaderLevel:
    level = get_level(level_id)
    db.session.refresh(level, with_for_update=True)
    if version not in (None, version_of(level)):
        raise RuleBroken("changed_meanwhile", "Somebody has changed this level since you opened it.")
    return level


def _check(level_id: int | None, name: str, min_month_fen: int | None) -> None:
    if not 0 < len(name) <= MAX_NAME:
        raise BadInput("out_of_range", f"A name has 1 to {MAX_NAME} characters.", param="name")
    if min_month_fen is not None and not 0 <= min_month_fen <= MAX_FEN:
        raise BadInput("out_of_range", "This amount is too large.", param="min_month_fen")
    taken = db.session.scalar(select(LeaderLevel.id).where(LeaderLevel.name == name))
    if taken not in (None, level_id):
        raise RuleBroken("already_exists", "A level of that name exists.", param="name")


def is_reviewed(month: date) -> bool:
    """Tell whether nothing is to be reviewed for a month: it has been, or no level is reached by turnover."""
    if db.session.get(LevelReview, month) is not None:
        return True
    by_turnover = select(LeaderLevel.id).where(LeaderLevel.min_month_fen.is_not(None))
    return db.session.scalar(by_turnover.limit(1)) is None


def claim(*, month: date, now: datetime) -> bool:
    """Take the review of a month, named by its first day; False when somebody else has it."""
    row = insert_into(LevelReview).values(month=month, at=now)
    taken = db.session.execute(row.on_conflict_do_nothing().returning(LevelReview.month)).scalar()
    return taken is not None


def review(*, sold: Mapping[int, int], now: datetime, actor: str) -> int:
    """Give active leaders the level of their turnover, in fen by leader; return how many moved.

    A leader rises to what was reached, falls by one level at most, and keeps a level given by hand.
    """
    named = {level.id: level.name for level in levels()}
    ladder = [Rung(one.id, one.min_month_fen) for one in levels() if one.min_month_fen is not None]
    by_turnover = {rung.level_id for rung in ladder}
    active = db.session.scalars(
        select(Leader).where(Leader.state == LeaderState.ACTIVE).order_by(Leader.id).with_for_update()
    )
    moved = 0
    for leader in active.all():
        if leader.level_id is not None and leader.level_id not in by_turnover:
            continue
        new = next_level(ladder, leader.level_id, sold.get(leader.id, 0))
        if new != leader.level_id:
            _move(leader, new, named, now, actor)
            moved += 1
    return moved


def note_change(leader: Leader, now: datetime) -> None:
    """Keep the level that a leader has had until now."""
    db.session.add(LeaderLevelChange(leader_id=leader.id, level_id=leader.level_id, until=now))


def _move(leader: Leader, new: int | None, named: Mapping[int, str], now: datetime, actor: str) -> None:
    before, after = named.get(leader.level_id or 0), named.get(new or 0)
    note_change(leader, now)
    db.session.execute(update(Leader).where(Leader.id == leader.id).values(level_id=new))
    audit.record(
        at=now,
        actor=actor,
        verb="leader_level_changed",
        subject_kind="leader",
        subject=leader.code,
        before={"level": before},
        after={"level": after},
    )
