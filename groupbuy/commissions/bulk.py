"""Commissions of a whole round, reckoned in SQL."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    String,
    cast,
    func,
    insert,
    literal,
    select,
    update,
)

from groupbuy.commissions.models import CommissionEntry, CommissionRule
from groupbuy.commissions.rules import Rate, line_commission, tier_rate
from groupbuy.db import db
from groupbuy.db.totals import by_key, total
from groupbuy.kernel.money import BASIS
from groupbuy.orders.bulk import live_lines
from groupbuy.orders.models import LineChange, Order, OrderLine

PENDING = "pending"
SHORTAGE = "shortage"
# What staff ordered after the close, beside the pending row.
LATE = "late"
# What another leader hands out: the share as at the close goes from the one to the other.
REROUTED = "rerouted"


def line_share() -> ColumnElement[int]:
    """Return a line's commission in fen."""
    return share_of(OrderLine.amount_fen, OrderLine.quantity)


def share_of(amount: Any, units: Any) -> ColumnElement[int]:
    """Return what a line would earn in fen with this amount and so many units.

    Amounts are not negative, so whole division rounds half up.
    """
    share: ColumnElement[int] = (
        amount * OrderLine.rate_bp + BASIS // 2
    ) // BASIS + OrderLine.fixed_fen * units
    return share


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
    kept = share_of(amount, units)
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
