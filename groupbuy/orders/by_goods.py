"""What is ordered of a round's goods, by goods and by leader."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func

from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.orders.bulk import live_lines
from groupbuy.orders.models import Order, OrderLine


@dataclass(frozen=True, slots=True)
class GoodsTotal:
    """What is ordered of an offer at one price: orders, leaders, sale units and fen."""

    offer_id: int
    price_fen: int
    orders: int
    leaders: int
    units: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class LeaderGoods:
    """What one leader's residents ordered of an offer, in sale units and fen."""

    leader_id: int
    offer_id: int
    units: int
    amount_fen: int


def goods_totals(round_id: int) -> Sequence[GoodsTotal]:
    """Return a round's live units by offer and price, in one query."""
    lines = live_lines(round_id).add_columns(
        OrderLine.offer_id,
        OrderLine.price_fen,
        # An order has a product once, so lines are orders.
        func.count(),
        func.count(Order.leader_id.distinct()),
        total(OrderLine.quantity),
        total(OrderLine.amount_fen),
    )
    grouped = lines.group_by(OrderLine.offer_id, OrderLine.price_fen)
    return [GoodsTotal(*row) for row in db.session.execute(grouped)]


def leader_goods(round_id: int, leader_ids: Sequence[int]) -> Sequence[LeaderGoods]:
    """Return what some leaders' residents ordered of each offer, in one query."""
    lines = live_lines(round_id).add_columns(
        Order.leader_id, OrderLine.offer_id, total(OrderLine.quantity), total(OrderLine.amount_fen)
    )
    chosen = lines.where(Order.leader_id.in_(leader_ids)).group_by(Order.leader_id, OrderLine.offer_id)
    return [LeaderGoods(*row) for row in db.session.execute(chosen)]
