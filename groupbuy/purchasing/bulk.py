"""Demand of a whole round, gathered in SQL."""

from sqlalchemy import insert, literal

from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.orders.bulk import live_lines
from groupbuy.orders.models import Order, OrderLine
from groupbuy.purchasing.models import Demand


def store_demand(round_id: int) -> None:
    """Add up a sealed round's live lines per leader and offer, in sale units and fen."""
    summed = (
        live_lines(round_id)
        .add_columns(
            literal(round_id),
            Order.leader_id,
            OrderLine.offer_id,
            total(OrderLine.quantity),
            total(OrderLine.amount_fen),
        )
        .group_by(Order.leader_id, OrderLine.offer_id)
        .order_by(Order.leader_id, OrderLine.offer_id)
    )
    columns = ["round_id", "leader_id", "offer_id", "units", "amount_fen"]
    db.session.execute(insert(Demand).from_select(columns, summed))
