"""How many bags a pickup point takes on a day (自提点容量): whoever would be one too many is refused."""

from collections.abc import Collection, Mapping
from datetime import date

from sqlalchemy import Select, func, select

from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.db.totals import by_key
from groupbuy.kernel.errors import RuleBroken
from groupbuy.leaders.models import Leader
from groupbuy.orders.days import is_on
from groupbuy.orders.models import Order
from groupbuy.orders.rules import OrderState


def hold_place(*, leader: Leader, resident_id: int, day: date) -> None:
    """Make sure that a resident's goods still find room at a leader's on a day, until the transaction ends.

    A bag is a resident's, whatever the number of its orders. Nothing is kept but the orders themselves, so
    nothing has to be given back when one is cancelled, delayed or re-routed. A leader without a capacity
    costs nothing. Raise RuleBroken ``pickup_point_full``.
    """
    if leader.bag_capacity is None:
        return
    # Orders for this leader wait for each other here, so that two do not take the last place.
    locked = select(Leader.bag_capacity).where(Leader.id == leader.id).with_for_update(key_share=True)
    capacity = db.session.scalar(locked)
    if capacity is not None and _is_full(capacity, leader.id, resident_id, day):
        raise RuleBroken("pickup_point_full", "This pickup point takes no more orders for this day.")


def bags_too_many(
    *, leader: Leader, resident_ids: Collection[int], day: date, lock: bool = False
) -> tuple[int, int] | None:
    """Return how many bags a leader would have with those of some residents, and has room for.

    None where there is room. ``lock`` keeps whoever orders there waiting until the transaction ends.
    """
    asked = select(Leader.bag_capacity).where(Leader.id == leader.id)
    capacity = db.session.scalar(asked.with_for_update(key_share=True) if lock else asked)
    if capacity is None:
        return None
    residents = _orders_on(leader.id, day).with_only_columns(Order.resident_id).distinct()
    there = set(db.session.scalars(residents))
    bags = len(there.union(resident_ids))
    return (bags, capacity) if bags > max(capacity, len(there)) else None


def is_full(*, leader: Leader, resident_id: int | None, day: date) -> bool:
    """Tell whether a resident who orders now would be refused."""
    capacity = leader.bag_capacity
    return capacity is not None and _is_full(capacity, leader.id, resident_id, day)


def bags_on(leader_id: int, day: date) -> int:
    """Return how many residents have something to fetch at a leader's on a day, also of rounds that sell."""
    bags = func.count(Order.resident_id.distinct())
    return db.session.scalar(_orders_on(leader_id, day).with_only_columns(bags)) or 0


def bags_of_day(day: date) -> Mapping[int, int]:
    """Return how many residents have something to fetch on a day, by leader id."""
    bags = func.count(Order.resident_id.distinct())
    there = select(Order.leader_id, bags).join(Round, Round.id == Order.round_id)
    live = there.where(is_on(day), Order.state != OrderState.CANCELLED)
    return by_key(live.group_by(Order.leader_id))


def _orders_on(leader_id: int, day: date) -> Select[Order]:
    there = select(Order).join(Round, Round.id == Order.round_id)
    return there.where(Order.leader_id == leader_id, is_on(day), Order.state != OrderState.CANCELLED)


def _is_full(capacity: int, leader_id: int, resident_id: int | None, day: date) -> bool:
    own = _orders_on(leader_id, day).where(Order.resident_id == resident_id).with_only_columns(Order.id)
    if resident_id is not None and db.session.scalar(own.limit(1)) is not None:
        return False
    return bags_on(leader_id, day) >= capacity
