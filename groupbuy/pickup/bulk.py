"""Bags of residents with several orders in a round."""

from collections.abc import Collection

from sqlalchemy import func, insert, select

from groupbuy.db import db
from groupbuy.kernel import ids
from groupbuy.orders.bulk import is_live
from groupbuy.orders.models import Order
from groupbuy.pickup.models import Bag


def make_bags(round_id: int) -> None:
    """Give each resident with several live orders in the round one bag with a code of its own."""
    several = db.session.execute(
        select(Order.leader_id, Order.resident_id)
        .where(Order.round_id == round_id, is_live())
        .group_by(Order.leader_id, Order.resident_id)
        .having(func.count() > 1)
        .order_by(Order.leader_id, Order.resident_id)
    ).all()
    if not several:
        return
    taken = _taken_codes({row.leader_id for row in several})
    bags = []
    for leader_id, resident_id in several:
        code = _draw(leader_id, taken)
        bags.append({"round_id": round_id, "leader_id": leader_id, "resident_id": resident_id, "code": code})
    db.session.execute(insert(Bag), bags)


def _taken_codes(leader_ids: Collection[int]) -> set[tuple[int, str]]:
    orders = select(Order.leader_id, Order.pickup_code).where(Order.leader_id.in_(leader_ids))
    bags = select(Bag.leader_id, Bag.code).where(Bag.leader_id.in_(leader_ids))
    return set(db.session.execute(orders.union_all(bags)).all())


def _draw(leader_id: int, taken: set[tuple[int, str]]) -> str:
    while (leader_id, code := ids.pickup_code()) in taken:
        continue
    taken.add((leader_id, code))
    return code
