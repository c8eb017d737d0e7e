"""Bags of residents with several orders in a round."""

from collections.abc import Collection, Iterator
from itertools import chain

from sqlalchemy import func, insert, select

from groupbuy.db import db
from groupbuy.db.bulk import select_in
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
    codes = fresh_codes([row.leader_id for row in several])
    bags = [
        {"round_id": round_id, "leader_id": leader_id, "resident_id": resident_id, "code": code}
        for (leader_id, resident_id), code in zip(several, codes, strict=True)
    ]
    db.session.execute(insert(Bag), bags)


def make_bag(*, round_id: int, leader_id: int, resident_id: int) -> None:
    """Give a resident who has got a second live order in the round a bag, unless there is one."""
    mine = (Order.round_id == round_id, Order.leader_id == leader_id, Order.resident_id == resident_id)
    count = db.session.scalar(select(func.count(Order.id)).where(*mine, is_live())) or 0
    if count > 1 and db.session.get(Bag, (round_id, leader_id, resident_id)) is None:
        (code,) = fresh_codes([leader_id])
        row = {"round_id": round_id, "leader_id": leader_id, "resident_id": resident_id, "code": code}
        db.session.execute(insert(Bag), [row])


def fresh_codes(leader_ids: Collection[int]) -> Iterator[str]:
    """Yield a pickup code for each leader in turn that no order and no bag there has."""
    taken = _taken_codes(set(leader_ids))
    for leader_id in leader_ids:
        yield _draw(leader_id, taken)


def _taken_codes(leader_ids: Collection[int]) -> set[tuple[int, str]]:
    orders = select_in(select(Order.leader_id, Order.pickup_code), Order.leader_id, leader_ids)
    bags = select_in(select(Bag.leader_id, Bag.code), Bag.leader_id, leader_ids)
    return {(leader_id, code) for leader_id, code in chain(orders, bags)}


def _draw(leader_id: int, taken: set[tuple[int, str]]) -> str:
    while (leader_id, code := ids.pickup_code()) in taken:
        continue
    taken.add((leader_id, code))
    return code
