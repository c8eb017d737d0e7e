"""Days on which the market is closed: no round is cut off then."""

from datetime import date, datetime

from groupbuy.audit import service as audit
from groupbuy.campaigns import service
from groupbuy.campaigns.models import MarketClosedDay
from groupbuy.db import db


def close_market(*, day: date, reason: str | None, now: datetime, actor: str) -> None:
    """Mark a day without cut-offs; rounds planned already stay."""
    service.close_market(day=day, reason=reason)
    _log("market_closed", day, now, actor)


def open_market(*, day: date, now: datetime, actor: str) -> None:
    """Let a day have cut-offs again; again changes nothing."""
    row = db.session.get(MarketClosedDay, day)
    if row is not None:
        db.session.delete(row)
        db.session.flush()
        _log("market_opened", day, now, actor)


def _log(verb: str, day: date, now: datetime, actor: str) -> None:
    audit.record(at=now, actor=actor, verb=verb, subject_kind="market", subject=day.isoformat())
