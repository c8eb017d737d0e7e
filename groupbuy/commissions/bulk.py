"""Commissions of a whole round, reckoned in SQL."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    CompoundSelect,
    Select,
    String,
    Subquery,
    and_,
    case,
    cast,
    func,
    insert,
    literal,
    select,
    union,
    update,
)

from groupbuy.campaigns.history_models import RoundArchive
from groupbuy.campaigns.models import Offer
from groupbuy.commissions.models import CommissionEntry, CommissionRule, CommissionStanding
from groupbuy.commissions.rules import Rate, Standing, line_commission, tier_rate
from groupbuy.db import db
from groupbuy.db.totals import by_key, total
from groupbuy.db.upserts import insert_into
from groupbuy.kernel.money import BASIS
from groupbuy.orders.bulk import live_lines
from groupbuy.orders.models import LineChange, Order, OrderLine
from groupbuy.orders.rules import OrderState

PENDING = "pending"
SHORTAGE = "shortage"
# What staff ordered after the close, beside the pending row.
LATE = "late"
# What another leader hands out: the share as at the close goes from the one to the other.
REROUTED = "rerouted"

Keys = Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]


def line_share() -> ColumnElement[int]:
    """Return a line's commission in fen: amounts are not negative, so whole division rounds half up."""
    share = (OrderLine.amount_fen * OrderLine.rate_bp + BASIS // 2) // BASIS
    return share + OrderLine.fixed_fen * OrderLine.quantity


def turnovers(round_id: int) -> dict[int, int]:
    """Return each leader's turnover in a round, in fen."""
    lines = live_lines(round_id).add_columns(Order.leader_id, total(OrderLine.amount_fen))
    return by_key(lines.group_by(Order.leader_id))


def _tier_rules() -> dict[int, Rate]:
    """Return every rule of tiers there ever was: few, and found without looking at a line."""
    of_tiers = cast(CommissionRule.rate, String).contains("tiers")
    rules = select(CommissionRule.id, CommissionRule.rate).where(of_tiers)
    return {rule_id: Rate.from_json(rate) for rule_id, rate in db.session.execute(rules)}


def fill_in_tiers(round_id: int) -> None:
    """Set the rate of lines under tiers by their leader's turnover in the round, once and for all."""
    rules = _tier_rules()
    if not rules:
        return
    turnover = turnovers(round_id)
    for rule_id, rate in rules.items():
        leaders: dict[int, list[int]] = defaultdict(list)
        for leader_id, amount in turnover.items():
            leaders[tier_rate(rate.tiers, amount)].append(leader_id)
        for rate_bp, leader_ids in leaders.items():
            _set_rate(round_id, rule_id, leader_ids, rate_bp)


def _set_rate(round_id: int, rule_id: int, leader_ids: list[int], rate_bp: int) -> None:
    theirs = select(Order.id).where(Order.round_id == round_id, Order.leader_id.in_(leader_ids))
    db.session.execute(
        update(OrderLine)
        .where(OrderLine.rule_id == rule_id, OrderLine.order_id.in_(theirs))
        .values(rate_bp=rate_bp)
        .execution_options(synchronize_session=False)
    )


def book_pending(*, round_id: int, now: datetime) -> None:
    """Book one pending row per leader: the sum of its live lines' shares, each rounded by itself."""
    summed = (
        live_lines(round_id)
        .add_columns(
            literal(round_id),
            Order.leader_id,
            literal(PENDING),
            total(OrderLine.amount_fen),
            total(line_share()),
            literal(now, CommissionEntry.created_at.type),
        )
        .group_by(Order.leader_id)
        .order_by(Order.leader_id)
    )
    columns = ["round_id", "leader_id", "kind", "base_fen", "amount_fen", "created_at"]
    db.session.execute(insert(CommissionEntry).from_select(columns, summed))


def book_changes(*, cause: str, now: datetime) -> None:
    """Book a row for each line that a decision shortens, before the lines are lowered.

    It is ``rules.next_row`` of a line's share of what is kept and of its share so far.
    """
    amount, units = OrderLine.amount_fen - LineChange.amount_fen, OrderLine.quantity - LineChange.units
    kept = (amount * OrderLine.rate_bp + BASIS // 2) // BASIS + OrderLine.fixed_fen * units
    rows = (
        select(
            Order.round_id,
            Order.leader_id,
            OrderLine.id,
            LineChange.kind,
            -LineChange.amount_fen,
            kept - line_share(),
            literal(now, CommissionEntry.created_at.type),
        )
        .select_from(LineChange)
        .join(OrderLine, OrderLine.id == LineChange.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(LineChange.cause == cause)
        .order_by(OrderLine.id)
    )
    columns = ["round_id", "leader_id", "order_line_id", "kind", "base_fen", "amount_fen", "created_at"]
    db.session.execute(insert(CommissionEntry).from_select(columns, rows))


def booked(round_id: int) -> dict[int, int]:
    """Return each leader's commission as the close and late orders have booked it, in fen."""
    entries = select(CommissionEntry.leader_id, total(CommissionEntry.amount_fen)).where(
        CommissionEntry.round_id == round_id, CommissionEntry.kind.in_((PENDING, LATE, REROUTED))
    )
    return by_key(entries.group_by(CommissionEntry.leader_id))


def preview(round_id: int) -> dict[int, int]:
    """Return what each leader's commission would be if the round closed now, in fen."""
    lines = live_lines(round_id).add_columns(Order.leader_id, total(line_share())).group_by(Order.leader_id)
    shares = by_key(lines)
    rules = _tier_rules()
    if rules:
        _add_tiers(round_id, shares, rules)
    return shares


def _add_tiers(round_id: int, shares: dict[int, int], rules: Mapping[int, Rate]) -> None:
    turnover = turnovers(round_id)
    equal = (Order.leader_id, OrderLine.rule_id, OrderLine.amount_fen)
    lines = live_lines(round_id).add_columns(*equal, func.count()).where(OrderLine.rule_id.in_(rules))
    for leader_id, rule_id, amount, count in db.session.execute(lines.group_by(*equal)):
        share = line_commission(rules[rule_id], amount_fen=amount, units=0, turnover_fen=turnover[leader_id])
        shares[leader_id] += share * count


@dataclass(frozen=True, slots=True)
class Due:
    """What is due to a leader for a round, and what the ledger has booked of it."""

    round_id: int
    leader_id: int
    due: Standing
    booked: Standing
    version: int
    until: datetime


def touched(*, since: datetime, settled_since: datetime, now: datetime, until: datetime) -> Keys:
    """Select round and leader where something was picked up, became due or was booked in the meantime.

    ``until`` is the moment up to which the window of pick-ups is over; ``settled_since`` where it was.
    """
    orders = select(Order.round_id, Order.leader_id)
    entries = select(CommissionEntry.round_id, CommissionEntry.leader_id)
    return union(
        orders.where(Order.picked_up_at > since, Order.picked_up_at <= now),
        orders.where(Order.picked_up_at > settled_since, Order.picked_up_at <= until),
        entries.where(CommissionEntry.created_at > since),
    )


def of_round(round_id: int) -> Keys:
    """Select the leaders who have earned something in a round."""
    entries = select(CommissionEntry.round_id, CommissionEntry.leader_id)
    theirs = entries.where(CommissionEntry.round_id == round_id)
    # A union with itself names each leader once.
    return union(theirs, theirs)


def not_archived(keys: Keys) -> Keys:
    """Leave out rounds that are in the archive: their lines are not here, and nothing of them is open."""
    chosen = keys.subquery()
    archived = select(RoundArchive.round_id).where(RoundArchive.archived_at.is_not(None))
    return select(chosen.c.round_id, chosen.c.leader_id).where(chosen.c.round_id.not_in(archived))


def of_leader(leader_id: int) -> Keys:
    """Select the rounds in which a leader has earned something."""
    entries = select(CommissionEntry.round_id, CommissionEntry.leader_id)
    theirs = entries.where(CommissionEntry.leader_id == leader_id)
    return union(theirs, theirs)


def standings(keys: Keys, *, until: datetime) -> list[Due]:
    """Return where the chosen leaders stand in the chosen rounds, in one statement over their lines."""
    chosen = keys.cte("chosen")
    booked = CommissionStanding
    moment = literal(until, Order.picked_up_at.type)
    at = case((booked.settled_until > moment, booked.settled_until), else_=moment)
    earned, taken = _earned(chosen), _taken(chosen, at)
    rows = db.session.execute(
        select(
            chosen.c.round_id,
            chosen.c.leader_id,
            func.coalesce(earned.c.fen, 0),
            func.coalesce(taken.c.taken, 0),
            func.coalesce(taken.c.settled, 0),
            func.coalesce(booked.accrued_fen, 0),
            func.coalesce(booked.taken_fen, 0),
            func.coalesce(booked.settled_fen, 0),
            func.coalesce(booked.version, 0),
            at,
        )
        .select_from(chosen)
        .outerjoin(earned, _same(earned.c, chosen.c))
        .outerjoin(taken, _same(taken.c, chosen.c))
        .outerjoin(booked, _same(booked, chosen.c))
        .order_by(chosen.c.round_id, chosen.c.leader_id)
    )
    return [Due(row[0], row[1], Standing(*row[2:5]), Standing(*row[5:8]), row[8], row[9]) for row in rows]


def _earned(chosen: CTE) -> Subquery:
    entry = CommissionEntry
    rows = select(entry.round_id, entry.leader_id, total(entry.amount_fen).label("fen"))
    joined = rows.join(chosen, _same(entry, chosen.c))
    return joined.group_by(entry.round_id, entry.leader_id).subquery("earned")


def _taken(chosen: CTE, at: ColumnElement[datetime]) -> Subquery:
    share = line_share()
    return (
        select(
            Order.round_id,
            Order.leader_id,
            total(share).label("taken"),
            total(case((Order.picked_up_at <= at, share), else_=0)).label("settled"),
        )
        .select_from(chosen)
        .join(Order, _same(Order, chosen.c))
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(Offer, Offer.id == OrderLine.offer_id)
        .outerjoin(CommissionStanding, _same(CommissionStanding, chosen.c))
        .where(Order.state == OrderState.PICKED_UP, Offer.state == "active")
        .group_by(Order.round_id, Order.leader_id)
        .subquery("taken")
    )


def _same(one: Any, other: Any) -> ColumnElement[bool]:
    return and_(one.round_id == other.round_id, one.leader_id == other.leader_id)


def store_standings(dues: Sequence[Due]) -> None:
    """Write down what the ledger has booked now."""
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
    statement = insert_into(CommissionStanding)
    fresh = {name: statement.excluded[name] for name in (*Standing.__slots__, "settled_until", "version")}
    stored = statement.on_conflict_do_update(index_elements=["round_id", "leader_id"], set_=fresh)
    db.session.execute(stored, rows)
