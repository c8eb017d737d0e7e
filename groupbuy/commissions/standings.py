"""Where leaders stand in rounds: what is due to them, reckoned in SQL, beside what the ledger has booked.

Who is to be looked at is read first. A statement that joined it with the orders gave PostgreSQL nothing to
reckon the size of the join by, and took five times as long.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Row,
    Select,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    union,
    union_all,
)

from groupbuy.campaigns.history_models import RoundArchive
from groupbuy.campaigns.models import Offer
from groupbuy.commissions.bulk import line_share
from groupbuy.commissions.models import CommissionEntry, CommissionStanding
from groupbuy.commissions.rules import Standing
from groupbuy.db import db
from groupbuy.db.bulk import one_of
from groupbuy.db.totals import total
from groupbuy.db.upserts import insert_into, run_for_all
from groupbuy.kernel.errors import RunAgain
from groupbuy.orders.models import Order, OrderLine
from groupbuy.orders.rules import OrderState

Keys = Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]
Key = tuple[int, int]


class Part(NamedTuple):
    """Rounds and leaders: each of these leaders is looked at in each of these rounds."""

    rounds: Sequence[int]
    leaders: Sequence[int]

    def holds(self, round_id: Any, leader_id: Any) -> ColumnElement[bool]:
        """Return the condition that a round and a leader are of this part."""
        return and_(one_of(round_id, list(self.rounds)), one_of(leader_id, list(self.leaders)))

    def pairs(self) -> list[Key]:
        """Return the pairs of round and leader."""
        return [(round_id, leader_id) for round_id in self.rounds for leader_id in self.leaders]


@dataclass(frozen=True, slots=True)
class Due:
    """What is due to a leader for a round, and what the ledger has booked of it."""

    round_id: int
    leader_id: int
    due: Standing
    booked: Standing
    version: int
    until: datetime

    @property
    def key(self) -> Key:
        """Return the round and the leader."""
        return self.round_id, self.leader_id


def touched(*, since: datetime, settled_since: datetime, now: datetime, until: datetime) -> Keys:
    """Select round and leader where something was picked up, became due or was booked in the meantime.

    ``until`` is the moment up to which the window of pick-ups is over; ``settled_since`` where it was.
    """
    # Distinct already before they meet: PostgreSQL knows how few there are of these, not of the union.
    picked, past = (
        and_(Order.picked_up_at > begin, Order.picked_up_at <= end)
        for begin, end in ((since, now), (settled_since, until))
    )
    orders = select(Order.round_id, Order.leader_id).distinct()
    entries = select(CommissionEntry.round_id, CommissionEntry.leader_id).distinct()
    return union(orders.where(or_(picked, past)), entries.where(CommissionEntry.created_at > since))


def of_round(round_id: int) -> Keys:
    """Select the leaders who have earned something in a round."""
    entries = select(CommissionEntry.round_id, CommissionEntry.leader_id)
    return entries.where(CommissionEntry.round_id == round_id).distinct()


def of_seller(round_id: int, leader_id: int) -> Keys:
    """Select one leader of a round, where it has earned something."""
    entries = select(CommissionEntry.round_id, CommissionEntry.leader_id)
    mine = (CommissionEntry.round_id == round_id, CommissionEntry.leader_id == leader_id)
    return entries.where(*mine).distinct()


def of_leader(leader_id: int) -> Keys:
    """Select the rounds in which a leader has earned something."""
    entries = select(CommissionEntry.round_id, CommissionEntry.leader_id)
    return entries.where(CommissionEntry.leader_id == leader_id).distinct()


def parts_of(keys: Keys) -> list[Part]:
    """Read who is to be looked at: a part for all rounds with the same leaders.

    Rounds in the archive are left out: their lines are not here, and nothing of them is open.
    """
    chosen = keys.subquery()
    archived = select(RoundArchive.round_id).where(RoundArchive.archived_at.is_not(None))
    rows = select(chosen.c.round_id, chosen.c.leader_id).where(chosen.c.round_id.not_in(archived))
    leaders: dict[int, list[int]] = defaultdict(list)
    for round_id, leader_id in db.session.execute(rows.order_by(*rows.selected_columns)):
        leaders[round_id].append(leader_id)
    rounds: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for round_id, theirs in leaders.items():
        rounds[tuple(theirs)].append(round_id)
    return [Part(some, theirs) for theirs, some in rounds.items()]


def standings(part: Part, *, until: datetime) -> list[Due]:
    """Return where the leaders of a part stand in its rounds, in one statement over their lines."""
    # What is booked is read first: who books more meanwhile is noticed when it is written down.
    booked = _booked(part)
    # Where the window was longer once, what settled then stays so; seldom anything did.
    longer = any(row.settled_until is not None and row.settled_until > until for row in booked.values())
    due = _due(part, _settled_by(until) if longer else literal(until, Order.picked_up_at.type))
    return [_standing(key, booked.get(key), due.get(key, Standing()), until) for key in part.pairs()]


def _booked(part: Part) -> dict[Key, Row[*tuple[Any, ...]]]:
    one = CommissionStanding
    sums = (one.accrued_fen, one.taken_fen, one.settled_fen)
    rows = select(one.round_id, one.leader_id, one.version, one.settled_until, *sums)
    mine = rows.where(part.holds(one.round_id, one.leader_id))
    return {(row.round_id, row.leader_id): row for row in db.session.execute(mine)}


def _standing(key: Key, booked: Row[*tuple[Any, ...]] | None, due: Standing, until: datetime) -> Due:
    if booked is None:
        return Due(*key, due, Standing(), 0, until)
    at = max(until, booked.settled_until or until)
    return Due(*key, due, Standing(*booked[4:]), booked.version, at)


def _settled_by(until: datetime) -> ColumnElement[datetime]:
    """Return by when what is settled of an order's round and leader was picked up, booked already or due."""
    moment, booked = literal(until, Order.picked_up_at.type), CommissionStanding
    former = select(booked.settled_until).where(
        booked.round_id == Order.round_id, booked.leader_id == Order.leader_id
    )
    later = former.where(booked.settled_until > moment)
    return func.coalesce(later.correlate(Order).scalar_subquery(), moment)


def _due(part: Part, at: ColumnElement[datetime]) -> dict[Key, Standing]:
    """Return what is earned, picked up and settled of it, all as of one moment."""
    found: dict[Key, Standing] = {}
    for *key, accrued, taken, settled in db.session.execute(union_all(_earned(part), _taken(part, at))):
        former = found.get((key[0], key[1]), Standing())
        found[key[0], key[1]] = Standing(
            former.accrued_fen + accrued, former.taken_fen + taken, former.settled_fen + settled
        )
    return found


def _earned(part: Part) -> Select[*tuple[Any, ...]]:
    entry = CommissionEntry
    nothing = literal(0, BigInteger)
    rows = select(entry.round_id, entry.leader_id, total(entry.amount_fen), nothing, nothing)
    mine = rows.where(part.holds(entry.round_id, entry.leader_id))
    return mine.group_by(entry.round_id, entry.leader_id)


def _taken(part: Part, at: ColumnElement[datetime]) -> Select[*tuple[Any, ...]]:
    share = line_share()
    # Not joined: what the planner makes of the number of picked up orders may not lead it to look through
    # the offers for each line.
    dropped = select(Offer.id).where(one_of(Offer.round_id, list(part.rounds)), Offer.state != "active")
    return (
        select(
            Order.round_id,
            Order.leader_id,
            literal(0, BigInteger),
            total(share),
            total(case((Order.picked_up_at <= at, share), else_=0)),
        )
        .select_from(Order)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(part.holds(Order.round_id, Order.leader_id), Order.state == OrderState.PICKED_UP)
        .where(OrderLine.offer_id.not_in(dropped))
        .group_by(Order.round_id, Order.leader_id)
    )


def store_standings(dues: Sequence[Due]) -> None:
    """Write down what the ledger has booked now; raise RunAgain where somebody has booked more meanwhile."""
    if not dues:
        return
    rows = [
        {
            "round_id": one.round_id,
            "leader_id": one.leader_id,
            "accrued_fen": one.due.accrued_fen,
            "taken_fen": one.due.taken_fen,
            "settled_fen": one.due.settled_fen,
            "settled_until": one.until,
            "version": one.version + 1,
        }
        for one in dues
    ]
    booked, statement = CommissionStanding, insert_into(CommissionStanding)
    fresh = {name: statement.excluded[name] for name in (*Standing.__slots__, "settled_until", "version")}
    stored = statement.on_conflict_do_update(
        index_elements=["round_id", "leader_id"],
        set_=fresh,
        # Bookings of other steps do not clash in the ledger; a figure that they changed would be lost here.
        where=booked.version == statement.excluded.version - 1,
    )
    if len(run_for_all(stored.returning(booked.round_id), rows).all()) != len(rows):
        raise RunAgain
