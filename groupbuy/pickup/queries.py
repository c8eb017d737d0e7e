"""Reading bags, and finding what a pickup code stands for."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from groupbuy.db import db
from groupbuy.orders.models import Order
from groupbuy.pickup.models import Bag


def bag_codes(round_id: int, leader_ids: Sequence[int]) -> Mapping[int, Mapping[int, str]]:
    """Return the codes of bags with several orders by leader and resident, in one query."""
    codes: dict[int, dict[int, str]] = {leader_id: {} for leader_id in leader_ids}
    bags = select(Bag.leader_id, Bag.resident_id, Bag.code).where(
        Bag.round_id == round_id, Bag.leader_id.in_(leader_ids)
    )
    for leader_id, resident_id, code in db.session.execute(bags):
        codes[leader_id][resident_id] = code
    return codes


def orders_of_code(code: str, *, leader_ids: Sequence[int]) -> Sequence[Order]:
    """Return the orders that a code opens at these leaders: one of its own, or all of a bag."""
    wanted = Order.pickup_code == code
    order = db.session.scalar(_orders().where(wanted, Order.leader_id.in_(leader_ids)))
    if order is not None:
        return [order]
    in_bag = (
        (Bag.round_id == Order.round_id)
        & (Bag.leader_id == Order.leader_id)
        & (Bag.resident_id == Order.resident_id)
    )
    bag = _orders().join(Bag, in_bag).where(Bag.code == code, Bag.leader_id.in_(leader_ids))
    return db.session.scalars(bag.order_by(Order.id)).all()


def is_known_elsewhere(code: str, *, leader_ids: Sequence[int]) -> bool:
    """Tell whether the code opens something at another leader."""
    order = select(Order.id).where(Order.pickup_code == code, Order.leader_id.not_in(leader_ids))
    bag = select(Bag.round_id).where(Bag.code == code, Bag.leader_id.not_in(leader_ids))
    return db.session.scalar(order.union_all(bag).limit(1)) is not None


def _orders() -> Select[Order]:
    return select(Order).options(joinedload(Order.round), joinedload(Order.resident))
