"""What orders cost above their goods (运费、上门费): paid with the order, given back with the whole of it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, insert, select, update

from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.db.bulk import KEYS, chunks, insert_rows, table_of
from groupbuy.db.totals import total
from groupbuy.db.upserts import insert_into
from groupbuy.orders.models import Order, OrderFee
from groupbuy.orders.rules import LIVE, freight_of, share_freight

FREIGHT, DOOR = "freight", "door"


class SharedFreight(NamedTuple):
    """What a resident's orders of a round pay for freight, cost with it, and what is still to pay, in fen."""

    resident_id: int
    freight_fen: int
    amount_fen: int
    due_fen: int


def goods_fen() -> ColumnElement[int]:
    """Return what the goods of an order cost, without its fees."""
    return Order.amount_fen - Order.fee_fen


def fees_of(order_id: int) -> dict[str, int]:
    """Return what was agreed for an order above its goods, in fen by kind; what is nothing is left out."""
    rows = select(OrderFee.kind, OrderFee.amount_fen).where(OrderFee.order_id == order_id)
    agreed = rows.where(OrderFee.amount_fen > 0).order_by(OrderFee.kind)
    return {row[0]: row[1] for row in db.session.execute(agreed)}


def carried_by(orders: Sequence[Order]) -> dict[int, dict[str, int]]:
    """Return by id those of some orders that carry fees, with these in fen by kind."""
    carrying = [order.id for order in orders if order.fee_fen]
    found: dict[int, dict[str, int]] = defaultdict(dict)
    if carrying:
        rows = select(OrderFee.order_id, OrderFee.kind, OrderFee.amount_fen)
        mine = rows.where(OrderFee.order_id.in_(carrying), OrderFee.amount_fen > 0).order_by(OrderFee.kind)
        for order_id, kind, fen in db.session.execute(mine):
            found[order_id][kind] = fen
    return found


def note(order_id: int, fees: Mapping[str, int]) -> None:
    """Write down the fees of a new order, whose amount has them already."""
    rows = [{"order_id": order_id, "kind": kind, "amount_fen": fen} for kind, fen in fees.items() if fen]
    if rows:
        db.session.execute(insert(OrderFee), rows)


def at_ordering(round_: Round, goods: int) -> dict[str, int]:
    """Return the fees of an order of so much, in fen by kind; what is shared comes at the close."""
    if round_.freight_fen is None or round_.freight_shared:
        return {}
    return {FREIGHT: freight_of(goods, round_.freight_fen, round_.freight_free_from_fen)}


def share_at_close(round_: Round) -> None:
    """Share what a round's delivery to each leader costs over that leader's locked orders, once."""
    if round_.freight_fen is None or not round_.freight_shared:
        return
    by_leader: dict[int, dict[int, int]] = defaultdict(dict)
    live = select(Order.id, Order.leader_id, goods_fen())
    # What is brought for nothing in the place of spoilt goods takes no part.
    live = live.where(Order.round_id == round_.id, Order.state.in_(LIVE), goods_fen() > 0)
    for order_id, leader_id, goods in db.session.execute(live):
        by_leader[leader_id][order_id] = goods
    shares = (share_freight(round_.freight_fen, goods) for goods in by_leader.values())
    rows = ((order_id, FREIGHT, fen) for one in shares for order_id, fen in one.items())
    insert_rows(table_of(OrderFee), ("order_id", "kind", "amount_fen"), rows)
    db.session.execute(
        update(Order)
        .where(Order.round_id == round_.id, OrderFee.order_id == Order.id, OrderFee.kind == FREIGHT)
        .values(
            amount_fen=Order.amount_fen + OrderFee.amount_fen,
            fee_fen=Order.fee_fen + OrderFee.amount_fen,
            version=Order.version + 1,
        )
        .execution_options(synchronize_session=False)
    )


def shared_by(round_: Round) -> list[SharedFreight]:
    """Return what residents pay for the freight that a round shared, by resident; none where it is not."""
    if not round_.freight_shared:
        return []
    sums = select(
        Order.resident_id,
        total(OrderFee.amount_fen),
        total(Order.amount_fen),
        total(case((Order.amount_fen > Order.paid_fen, Order.amount_fen - Order.paid_fen), else_=0)),
    )
    paying = sums.join(OrderFee, and_(OrderFee.order_id == Order.id, OrderFee.kind == FREIGHT))
    theirs = paying.where(Order.round_id == round_.id, OrderFee.amount_fen > 0).group_by(Order.resident_id)
    return [SharedFreight(*row) for row in db.session.execute(theirs.order_by(Order.resident_id))]


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


def free_large(round_: Round, order_ids: Iterable[int]) -> None:
    """Take the freight off those locked orders of a round that are worth so much now that it is free."""
    if round_.freight_fen is None or round_.freight_shared or round_.freight_free_from_fen is None:
        return
    for part in chunks(sorted(set(order_ids)), KEYS):
        large = select(Order).where(Order.id.in_(part), goods_fen() >= round_.freight_free_from_fen)
        paying = large.join(OrderFee).where(OrderFee.kind == FREIGHT, OrderFee.amount_fen > 0)
        for order in db.session.scalars(paying.execution_options(populate_existing=True)):
            charge(order=order, kind=FREIGHT, amount_fen=0)


def taken_off() -> dict[str, Any]:
    """Return the values of an update that takes the fees off orders, of which nothing is left."""
    return {"amount_fen": Order.amount_fen - Order.fee_fen, "fee_fen": 0}
