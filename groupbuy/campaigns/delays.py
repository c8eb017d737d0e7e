"""Rounds whose goods come late: another pickup day, and why."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select

from groupbuy.audit import service as audit
from groupbuy.campaigns.history_models import RoundDelay
from groupbuy.campaigns.models import Round
from groupbuy.db import db


def delay(*, round_: Round, pickup_date: date, reason: str, now: datetime, actor: str) -> RoundDelay:
    """Move the pickup day of a locked round and keep the former one."""
    former = round_.pickup_date
    row = RoundDelay(
        round_id=round_.id, former_date=former, pickup_date=pickup_date, reason=reason, at=now, actor=actor
    )
    db.session.add(row)
    round_.pickup_date = pickup_date
    round_.version += 1
    db.session.flush()
    audit.record(
        at=now,
        actor=actor,
        verb="round_delayed",
        subject_kind="round",
        subject=round_.name,
        before={"pickup_date": former.isoformat()},
        after={"pickup_date": pickup_date.isoformat(), "reason": reason},
    )
    return row


def delays_of(round_id: int) -> Sequence[RoundDelay]:
    """Return a round's delays, the latest first."""
    chosen = select(RoundDelay).where(RoundDelay.round_id == round_id)
    return db.session.scalars(chosen.order_by(RoundDelay.id.desc())).all()
