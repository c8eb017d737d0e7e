"""What is ordered of a round's goods, by goods and by leader."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func

from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.orders.bulk import all_live_lines
from groupbuy.orders.models import Order, OrderLine


@dataclass(slots=True)
class GoodsTotal:
    """What is ordered of an offer at one price: orders, leaders, sale units and fen."""

    offer_id: int
    price_fen: int
    orders: int = 0
    leaders: int = 0
    units: int = 0
    amount_fen: int = 0


GoodsTotals = dict[tuple[int, int], GoodsTotal]
"""Totals by offer id and price."""


@dataclass(frozen=True, slots=True)
class LeaderGoods:
    """What one leader's residents ordered of an offer at one price: orders, sale units and fen."""

    leader_id: int
    offer_id: int
    price_fen: int
    orders: int
    units: int
    amount_fen: int


def leader_goods(round_id: int, leader_ids: Sequence[int]) -> Mapping[int, Sequence[LeaderGoods]]:
    """Return what some leaders' residents ordered of each offer by leader id, in one query."""
    lines = all_live_lines(round_id, leader_ids).add_columns(
        Order.leader_id,
        OrderLine.offer_id,
        OrderLine.price_fen,
        # An order has a product once, so lines are orders.
        func.count(),
        total(OrderLine.quantity),
        total(OrderLine.amount_fen),
    )
    grouped = lines.group_by(Order.leader_id, OrderLine.offer_id, OrderLine.price_fen)
    ordered: dict[int, list[LeaderGoods]] = {leader_id: [] for leader_id in leader_ids}
    for row in db.session.execute(grouped):
        ordered[row.leader_id].append(LeaderGoods(*row))
    return ordered


def add_up(totals: GoodsTotals, ordered: Iterable[LeaderGoods]) -> None:
    """Add what leaders' residents ordered to what was ordered in all, by offer and price."""
    for cell in ordered:
        row = totals.setdefault((cell.offer_id, cell.price_fen), GoodsTotal(cell.offer_id, cell.price_fen))
        row.orders += cell.orders
        row.leaders += 1
        row.units += cell.units
        row.amount_fen += cell.amount_fen
