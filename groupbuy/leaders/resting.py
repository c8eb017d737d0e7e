"""Rest days (休息日): pickup days on which a leader hands out nothing."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import delete, select

from groupbuy.db import db
from groupbuy.leaders.models import LeaderRestDay


def rest_days(leader_id: int, *, since: date) -> Sequence[date]:
    """Return a leader's rest days from a day on, in order."""
    mine = select(LeaderRestDay.day).where(LeaderRestDay.leader_id == leader_id, LeaderRestDay.day >= since)
    return db.session.scalars(mine.order_by(LeaderRestDay.day)).all()


def resting_on(day: date) -> Sequence[int]:
    """Return the ids of the leaders who rest on a day."""
    return db.session.scalars(select(LeaderRestDay.leader_id).where(LeaderRestDay.day == day)).all()


def add_days(*, leader_id: int, days: Sequence[date]) -> list[date]:
    """Add rest days; return those that were none before."""
    known = _known(leader_id, days)
    new = [day for day in days if day not in known]
    db.session.add_all(LeaderRestDay(leader_id=leader_id, day=day) for day in new)
    db.session.flush()
    return new


def remove_days(*, leader_id: int, days: Sequence[date]) -> list[date]:
    """Remove rest days; return those that there were."""
    known = _known(leader_id, days)
    mine = (LeaderRestDay.leader_id == leader_id, LeaderRestDay.day.in_(known))
    db.session.execute(delete(LeaderRestDay).where(*mine))
    return sorted(known)


def _known(leader_id: int, days: Sequence[date]) -> set[date]:
    mine = (LeaderRestDay.leader_id == leader_id, LeaderRestDay.day.in_(days))
    return set(db.session.scalars(select(LeaderRestDay.day).where(*mine)))
