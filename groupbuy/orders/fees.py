"""What orders cost above their goods (运费、上门费): paid with the order, given back with the whole of it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, insert, select

from groupbuy.db import db
from groupbuy.db.upserts import insert_into
from groupbuy.orders.models import Order, OrderFee

FREIGHT, DOOR = "freight", "door"


def goods_fen() -> ColumnElement[int]:
    """Return what the goods of an order cost, without its fees."""
    return Order.amount_fen - Order.fee_fen


def fees_of(order_id: int) -> dict[str, int]:
    """Return what was agreed for an order above its goods, in fen by kind; what is nothing is left out."""
    rows = select(OrderFee.kind, OrderFee.amount_fen).where(OrderFee.order_id == order_id)
    agreed = rows.where(OrderFee.amount_fen > 0).order_by(OrderFee.kind)
    return {row[0]: row[1] for row in db.session.execute(agreed)}


def note(order_id: int, fees: Mapping[str, int]) -> None:
    """Write down the fees of a new order, whose amount has them already."""
    rows = [{"order_id": order_id, "kind": kind, "amount_fen": fen} for kind, fen in fees.items() if fen]
    if rows:
        db.session.execute(insert(OrderFee), rows)


def charge(*, order: Order, kind: str, amount_fen: int) -> None:
    """Let a locked order that lives cost so much for a kind from now on; 0 takes the fee off.

    What was paid above is owed back then, what was not is still to be paid.
    """
    statement = insert_into(OrderFee).values(order_id=order.id, kind=kind, amount_fen=amount_fen)
    fresh = statement.on_conflict_do_update(
        index_elements=["order_id", "kind"], set_={"amount_fen": amount_fen}
    )
    db.session.execute(fresh)
    fee_fen = sum(fees_of(order.id).values())
    if fee_fen == order.fee_fen:
        return
    order.amount_fen += fee_fen - order.fee_fen
    order.fee_fen = fee_fen
    order.version += 1
    db.session.flush()


def taken_off() -> dict[str, Any]:
    """Return the values of an update that takes the fees off orders, of which nothing is left."""
    return {"amount_fen": Order.amount_fen - Order.fee_fen, "fee_fen": 0}
