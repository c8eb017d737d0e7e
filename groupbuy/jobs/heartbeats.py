"""Signs of life of the scheduler processes."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, or_, select

from groupbuy.db import db
from groupbuy.db.upserts import insert_into
from groupbuy.jobs.models import Heartbeat

EVERY = timedelta(seconds=3)
OLD = timedelta(minutes=10)


def is_due(holder: str, *, now: datetime) -> bool:
    """Tell whether a process should give a sign of life again, also after the clock was set back."""
    at = db.session.scalar(select(Heartbeat.at).where(Heartbeat.holder == holder))
    return at is None or not timedelta(0) <= now - at < EVERY


def beat(holder: str, *, now: datetime) -> None:
    """Note that a process ticks."""
    statement = insert_into(Heartbeat).values(holder=holder, at=now)
    db.session.execute(statement.on_conflict_do_update(index_elements=["holder"], set_={"at": now}))


def last_beat() -> datetime | None:
    """Return the newest sign of life of any process."""
    return db.session.scalar(select(func.max(Heartbeat.at)))


def any_old(*, now: datetime) -> bool:
    """Tell whether processes have left signs of life without saying goodbye."""
    return db.session.scalar(select(Heartbeat.holder).where(_is_old(now)).limit(1)) is not None


def forget_old(*, now: datetime) -> None:
    """Forget the processes that have gone."""
    db.session.execute(delete(Heartbeat).where(_is_old(now)))


def forget(holder: str) -> None:
    """Forget a process that ends."""
    db.session.execute(delete(Heartbeat).where(Heartbeat.holder == holder))


def _is_old(now: datetime) -> ColumnElement[bool]:
    # What lies in the future was written under a clock that has been set back since.
    return or_(Heartbeat.at < now - OLD, Heartbeat.at > now + OLD)
