"""What a leader's desk shows: figures of rounds and of the day, and what is still to be handed out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from groupbuy.campaigns.models import Offer, Round
from groupbuy.campaigns.rules import RoundState
from groupbuy.commissions.bulk import line_share
from groupbuy.commissions.models import CommissionRule
from groupbuy.commissions.rules import Rate, tier_rate
from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.kernel.money import share_bp
from groupbuy.orders.bulk import is_live, whole_order
from groupbuy.orders.days import day_of
from groupbuy.orders.models import Order, OrderLine
from groupbuy.orders.rules import OrderState

HANDING_OUT = (RoundState.CLOSED, RoundState.ORDERED, RoundState.RECEIVED, RoundState.DISPATCHED)
TO_HAND_OUT = (OrderState.CONFIRMED, OrderState.PART_PICKED_UP)


@dataclass(slots=True)
class RoundFigures:
    """One leader's live orders of a round: sale units, fen, and the commission they give as things stand.

    Under a rule of tiers the commission is an estimate until the close has fixed the rate.
    """

    orders: int = 0
    units: int = 0
    amount_fen: int = 0
    commission_fen: int = 0


def figures_of_rounds(*, leader_id: int, round_ids: Sequence[int]) -> Mapping[int, RoundFigures]:
    """Return one leader's figures by round, in at most three queries."""
    figures = {round_id: RoundFigures() for round_id in round_ids}
    mine = (Order.leader_id == leader_id, Order.round_id.in_(round_ids), is_live())
    heads = select(Order.round_id, func.count(whole_order().distinct())).where(*mine).group_by(Order.round_id)
    for round_id, orders in db.session.execute(heads):
        figures[round_id].orders = orders
    rows = db.session.execute(_lines_by_rule(mine)).all()
    for row in rows:
        one = figures[row.round_id]
        one.units += row.units
        one.amount_fen += row.amount
        one.commission_fen += row.share
    _estimate_tiers(figures, rows)
    return figures


def _lines_by_rule(conditions: Sequence[Any]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Order.round_id,
            OrderLine.rule_id,
            total(OrderLine.quantity).label("units"),
            total(OrderLine.amount_fen).label("amount"),
            total(line_share()).label("share"),
        )
        .select_from(OrderLine)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Offer, Offer.id == OrderLine.offer_id)
        .where(*conditions, Offer.state == "active")
        .group_by(Order.round_id, OrderLine.rule_id)
    )


def _estimate_tiers(figures: Mapping[int, RoundFigures], rows: Sequence[Any]) -> None:
    """Add what lines under tiers would give now; the close has filled the rates of older ones in."""
    open_rules = {row.rule_id for row in rows if row.rule_id is not None and row.share == 0 and row.amount}
    if not open_rules:
        return
    rules = select(CommissionRule.id, CommissionRule.rate).where(CommissionRule.id.in_(open_rules))
    rates = {rule_id: Rate.from_json(rate) for rule_id, rate in db.session.execute(rules)}
    for row in rows:
        if row.share == 0 and row.rule_id in rates and (tiers := rates[row.rule_id].tiers):
            one = figures[row.round_id]
            one.commission_fen += share_bp(row.amount, tier_rate(tiers, one.amount_fen))


def orders_between(*, leader_id: int, start: datetime, end: datetime) -> int:
    """Return how many of a leader's orders were placed in ``[start, end)`` and not cancelled."""
    return (
        db.session.scalar(
            select(func.count(whole_order().distinct())).where(
                Order.leader_id == leader_id,
                Order.placed_at >= start,
                Order.placed_at < end,
                Order.state != OrderState.CANCELLED,
            )
        )
        or 0
    )


def bags_to_hand_out(*, leader_ids: Sequence[int]) -> int:
    """Return how many bags wait to be fetched: one for each resident on a day."""
    return db.session.scalar(select(func.count()).select_from(_open_bags(leader_ids).subquery())) or 0


def _open_bags(leader_ids: Sequence[int]) -> Select[*tuple[Any, ...]]:
    return (
        select(day_of(), Order.leader_id, Order.resident_id)
        .join(Round, Round.id == Order.round_id)
        .where(Order.leader_id.in_(leader_ids), Order.state.in_(TO_HAND_OUT), Round.state.in_(HANDING_OUT))
        .distinct()
    )
