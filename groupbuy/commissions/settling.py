"""Commission in the books: pending at the close, frozen with the pick-up, settled after the window."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import update

from groupbuy.audit.service import SCHEDULER
from groupbuy.commissions import extras, helpers, standings
from groupbuy.commissions.models import SettlementClock
from groupbuy.commissions.rules import bookings
from groupbuy.commissions.standings import Due, Keys, Part
from groupbuy.db import db
from groupbuy.db.upserts import insert_into
from groupbuy.finance import service as ledger
from groupbuy.finance.dials import dials
from groupbuy.finance.rules import Entry
from groupbuy.kernel.errors import RunAgain

EVERY = timedelta(minutes=5)
# A pick-up or an entry carries the moment at which its transaction began, and may commit later than others.
LATE = timedelta(hours=1)
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
ONLY = 1


def due_since(now: datetime) -> datetime | None:
    """Return when settling became due, None while it is not; a clock that was set back makes it due."""
    last = db.session.get(SettlementClock, ONLY)
    if last is None:
        return now
    return None if now - EVERY < last.settled_at <= now else min(last.settled_at + EVERY, now)


@dataclass(frozen=True, slots=True)
class Span:
    """What to look at again: what changed after ``since``, and windows over after ``settled_since``."""

    since: datetime
    settled_since: datetime
    until: datetime


def claim(*, now: datetime) -> Span | None:
    """Move the clock on by compare-and-swap; None when another scheduler has just done so."""
    last = db.session.get(SettlementClock, ONLY)
    if last is None:
        start = insert_into(SettlementClock).values(id=ONLY, settled_at=BEGINNING, settled_until=BEGINNING)
        db.session.execute(start.on_conflict_do_nothing())
    since, settled_since = (last.settled_at, last.settled_until) if last else (BEGINNING, BEGINNING)
    until = now - timedelta(days=dials().after_sale_days)
    moved = db.session.execute(
        update(SettlementClock)
        .where(SettlementClock.id == ONLY, SettlementClock.settled_at == since)
        .values(settled_at=now, settled_until=until)
        .returning(SettlementClock.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    # What commits late stands out by its pick-up, and is reckoned with its window then.
    return None if moved is None else Span(since - LATE, settled_since, until)


def settle(*, span: Span, now: datetime) -> int:
    """Bring the books to what has been picked up and what is past its after-sale window by now.

    Return how many leaders' rounds changed.
    """
    keys = standings.touched(since=span.since, settled_since=span.settled_since, now=now, until=span.until)
    return catch_up(keys, now=now, until=span.until)


def book_round(*, round_id: int, now: datetime) -> int:
    """Bring the books to what a round's leaders have earned by now; whoever adds entries may call it."""
    until = now - timedelta(days=dials().after_sale_days)
    return catch_up(standings.of_round(round_id), now=now, until=until)


def book_seller(*, round_id: int, leader_id: int, now: datetime) -> int:
    """Bring the books to what one leader of a round has earned by now."""
    until = now - timedelta(days=dials().after_sale_days)
    return catch_up(standings.of_seller(round_id, leader_id), now=now, until=until)


def book_leader(*, leader_id: int, now: datetime) -> int:
    """Bring the books to what a leader has earned by now in all rounds, also on the lines of others."""
    until = now - timedelta(days=dials().after_sale_days)
    own = catch_up(standings.of_leader(leader_id), now=now, until=until)
    return own + catch_up(extras.of_earner(leader_id), now=now, until=until)


def catch_up(keys: Keys, *, now: datetime, until: datetime) -> int:
    """Book what is due to some leaders of some rounds less what was booked; return how many changed.

    Raise RunAgain when a parallel transaction has booked the same.
    """
    parts = standings.parts_of(keys)
    dues = _changed(parts, until)
    more = [one for part in parts for one in extras.changed(part, until=until)]
    if not dues and not more:
        return 0
    entries = [entry for one in dues for entry in _entries(one)]
    entries += [entry for other in more for entry in extras.entries(other)]
    shares, ends = helpers.changed(dues)
    entries += shares
    if ledger.post(entries, at=now, actor=SCHEDULER, may_owe=True) != len(entries):
        raise RunAgain
    standings.store_standings(dues)
    extras.store(more)
    helpers.store(ends)
    return len(dues) + len(more)


def _changed(parts: Sequence[Part], until: datetime) -> list[Due]:
    """Return what is due otherwise than booked, in the order in which the rows are locked."""
    dues = (one for part in parts for one in standings.standings(part, until=until))
    return sorted((one for one in dues if one.due != one.booked), key=lambda one: one.key)


def _entries(one: Due) -> list[Entry]:
    cause = f"{one.round_id}:{one.leader_id}"
    return bookings(one.leader_id, one.booked, one.due, cause_id=cause, version=one.version)
