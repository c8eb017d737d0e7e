"""What an operator sees first: the last days, and how late the work began."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import ColumnElement, and_, case, func, select

from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.jobs.models import RunEntry
from groupbuy.orders.bulk import is_live, whole_order
from groupbuy.orders.fees import goods_fen
from groupbuy.orders.models import Order


@dataclass(frozen=True, slots=True)
class DayFigures:
    """What was ordered between two moments: live orders and fen."""

    orders: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Lateness:
    """How late the scheduler's work of the last day began, in seconds, and how much of it there was."""

    runs: int
    latest_s: int


def days(edges: Sequence[datetime]) -> list[DayFigures]:
    """Return what was ordered between each moment and the next, in one query."""
    spans = list(pairwise(edges))
    columns: list[ColumnElement[int]] = []
    for begins, ends in spans:
        inside = and_(Order.placed_at >= begins, Order.placed_at < ends)
        columns += [
            func.count(whole_order().distinct()).filter(inside),
            total(case((inside, goods_fen()))),
        ]
    window = and_(Order.placed_at >= edges[0], Order.placed_at < edges[-1])
    row = db.session.execute(select(*columns).where(is_live(), window)).one()
    return [DayFigures(row[2 * place], row[2 * place + 1]) for place in range(len(spans))]


def lateness(*, now: datetime) -> Lateness:
    """Return how late the work of the last day began."""
    runs = db.session.execute(
        select(RunEntry.due_at, RunEntry.ran_at)
        .where(RunEntry.ran_at >= now - timedelta(days=1))
        .order_by(RunEntry.id.desc())
        .limit(2_000)
    ).all()
    late = (int((run.ran_at - run.due_at).total_seconds()) for run in runs)
    return Lateness(len(runs), max([0, *late]))
