"""How the platform is doing, in figures that monitoring asks for every few seconds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from groupbuy.campaigns.models import Round
from groupbuy.campaigns.rules import RoundState
from groupbuy.db import db
from groupbuy.jobs import heartbeats
from groupbuy.jobs.models import Job, RunEntry
from groupbuy.orders.models import Order

HOUR = timedelta(hours=1)
# The kinds of runs whose lateness people feel.
PUNCTUAL = ("open", "close")


@dataclass(frozen=True, slots=True)
class Health:
    """Counts and ages in seconds; an age is None where nothing has happened yet."""

    tick_age: float | None
    jobs: Mapping[str, int]
    jobs_waiting: int
    rounds: Mapping[str, int]
    rounds_overdue: int
    orders_last_hour: int
    worst_lateness: Mapping[str, float]


def health(*, now: datetime) -> Health:
    """Return how the platform is doing, in six small queries."""
    beat = heartbeats.last_beat()
    due = select(func.count()).select_from(Job).where(Job.state == "queued", Job.run_at <= now)
    overdue = select(func.count()).where(
        Round.state.in_((RoundState.SCHEDULED, RoundState.OPEN, RoundState.CLOSING)),
        Round.closes_at <= now - timedelta(seconds=60),
    )
    recent = select(func.count()).where(Order.placed_at > now - HOUR, Order.placed_at <= now)
    return Health(
        tick_age=None if beat is None else (now - beat).total_seconds(),
        jobs=_counts(Job),
        jobs_waiting=db.session.scalar(due) or 0,
        rounds=_counts(Round),
        rounds_overdue=db.session.scalar(overdue) or 0,
        orders_last_hour=db.session.scalar(recent) or 0,
        worst_lateness=_lateness(now),
    )


def _counts(table: type[Job] | type[Round]) -> dict[str, int]:
    rows = db.session.execute(select(table.state, func.count()).group_by(table.state))
    return {state: count for state, count in rows if count}


def _lateness(now: datetime) -> dict[str, float]:
    """Return by how many seconds the last hour's worst opening and closing were late."""
    runs = db.session.execute(
        select(RunEntry.kind, RunEntry.due_at, RunEntry.ran_at).where(
            RunEntry.kind.in_(PUNCTUAL), RunEntry.ran_at > now - HOUR
        )
    )
    worst: dict[str, float] = {}
    for kind, due_at, ran_at in runs:
        worst[kind] = max(worst.get(kind, 0.0), (ran_at - due_at).total_seconds())
    return worst
