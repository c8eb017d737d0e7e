"""Old rounds go into the archive: each in a transaction of its own, so that a death loses nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import contains_eager

from groupbuy.audit import service as audit
from groupbuy.campaigns import lifecycle
from groupbuy.campaigns.history_models import RoundArchive
from groupbuy.campaigns.models import Round
from groupbuy.campaigns.queries import get_round
from groupbuy.campaigns.rules import RoundState
from groupbuy.commissions import settling
from groupbuy.db import db
from groupbuy.db.unhurried import be_unhurried
from groupbuy.finance.dials import LEAST_ARCHIVE_DAYS, dials
from groupbuy.flows.archive import moving, ripeness
from groupbuy.kernel.errors import RuleBroken
from groupbuy.orders.models import Order
from groupbuy.payments import books

OVER = (RoundState.COMPLETED, RoundState.CANCELLED)
# What a round waits for seldom ends within the day.
LOOK_AGAIN = timedelta(days=1)
MOST_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a round: how many orders and rows were moved, or what it waits for."""

    name: str
    orders: int = 0
    rows: int = 0
    waits_for: Sequence[str] = ()


def old_rounds(before: date) -> Select[Round]:
    """Return the query of rounds that are over and were handed out before a day, the oldest first."""
    last = func.coalesce(
        select(func.max(Order.pickup_date)).where(Order.round_id == Round.id).scalar_subquery(),
        Round.pickup_date,
    )
    return (
        select(Round)
        .outerjoin(RoundArchive, RoundArchive.round_id == Round.id)
        .where(Round.state.in_(OVER), Round.pickup_date < before, RoundArchive.archived_at.is_(None))
        .where(last < before, select(Order.id).where(Order.round_id == Round.id).exists())
        .order_by(Round.pickup_date, Round.id)
    )


def due(now: datetime) -> Sequence[Round]:
    """Return old rounds to look at now; none where the operator wants no archive."""
    days = dials().archive_days
    if not days:
        return ()
    rounds = old_rounds(_day(now) - timedelta(days=days))
    waited = or_(RoundArchive.looked_at.is_(None), RoundArchive.looked_at < now - LOOK_AGAIN)
    return db.session.scalars(rounds.where(waited).limit(MOST_AT_ONCE)).all()


def _day(now: datetime) -> date:
    return now.astimezone(UTC).date()


def look_at(*, round_id: int, now: datetime) -> Outcome:
    """Return what would become of a round now; nothing is moved."""
    round_ = db.session.get_one(Round, round_id)
    orders = select(func.count()).select_from(Order).where(Order.round_id == round_id)
    open_ = _open(round_id, now)
    return Outcome(round_.name, 0 if open_ else db.session.scalar(orders) or 0, waits_for=open_)


def archive(*, round_id: int, now: datetime, actor: str) -> Outcome | None:
    """Move a round into the archive, or note what it waits for; None when somebody else has moved it.

    The books are brought up to now before, so that nothing of the round is left to book. A large round
    takes longer than a statement may, whoever archives it.
    """
    be_unhurried()
    round_ = lifecycle.lock_round(round_id)
    row = db.session.get(RoundArchive, round_id, populate_existing=True) or RoundArchive(round_id=round_id)
    if row.archived_at is not None or round_.state not in OVER:
        return None
    db.session.scalars(
        select(Order.id).where(Order.round_id == round_id).order_by(Order.id).with_for_update()
    )
    open_ = _open(round_id, now)
    row.looked_at, row.waits_for = now, " ".join(open_)
    db.session.add(row)
    db.session.flush()
    if open_:
        return Outcome(round_.name, waits_for=open_)
    orders, rows = moving.put_away(round_id)
    row.orders, row.rows, row.archived_at, row.actor = orders, rows, now, actor
    db.session.flush()
    _log(round_, "round_archived", now, actor, {"orders": orders, "rows": rows})
    return Outcome(round_.name, orders, rows)


def archive_now(*, name: str, now: datetime, actor: str) -> Outcome:
    """Move a round by its name; what it waits for is in the outcome.

    Raise NotFound, RuleBroken ``already_archived``, and ``not_old`` for one that is not over, was handed out
    less than 90 days ago or has no orders.
    """
    round_ = get_round(name)
    if (row := db.session.get(RoundArchive, round_.id)) is not None and row.archived_at is not None:
        raise RuleBroken("already_archived", f"The round {name} is in the archive.")
    old = old_rounds(_day(now) - timedelta(days=LEAST_ARCHIVE_DAYS)).where(Round.id == round_.id)
    if db.session.scalar(old) is None:
        raise RuleBroken(
            "not_old", f"A round goes into the archive {LEAST_ARCHIVE_DAYS} days after it was handed out."
        )
    outcome = archive(round_id=round_.id, now=now, actor=actor)
    if outcome is None:
        raise RuleBroken("already_archived", f"The round {name} is in the archive.")
    return outcome


def rounds_looked_at() -> Select[RoundArchive]:
    """Return the query of rounds that are in the archive or wait for it, those handed out last first."""
    return (
        select(RoundArchive)
        .join(Round, Round.id == RoundArchive.round_id)
        .options(contains_eager(RoundArchive.round))
        .order_by(Round.pickup_date.desc(), Round.id.desc())
    )


def in_place(where: str) -> ColumnElement[bool]:
    """Return the condition for rounds that are ``in`` the archive, or wait."""
    inside = RoundArchive.archived_at.is_not(None)
    return inside if where == "in" else ~inside


def _open(round_id: int, now: datetime) -> list[str]:
    books.bring_up_round(round_id=round_id, now=now)
    settling.book_round(round_id=round_id, now=now)
    return ripeness.waits_for(round_id)


def bring_back(*, name: str, now: datetime, actor: str) -> Outcome:
    """Move a round's orders back where they can be worked with; raise NotFound, RuleBroken ``not_archived``.

    The scheduler leaves it there for a day, and then looks whether it may go again.
    """
    be_unhurried()
    round_ = get_round(name)
    lifecycle.lock_round(round_.id)
    row = db.session.get(RoundArchive, round_.id, populate_existing=True)
    if row is None or row.archived_at is None:
        raise RuleBroken("not_archived", f"The round {name} is not in the archive.")
    orders, rows = moving.bring_back(round_.id)
    row.archived_at, row.actor, row.looked_at, row.waits_for = None, None, now, ""
    row.orders = row.rows = 0
    db.session.flush()
    _log(round_, "round_brought_back", now, actor, {"orders": orders, "rows": rows})
    return Outcome(name, orders, rows)


def _log(round_: Round, verb: str, now: datetime, actor: str, after: dict[str, Any]) -> None:
    audit.record(at=now, actor=actor, verb=verb, subject_kind="round", subject=round_.name, after=after)
