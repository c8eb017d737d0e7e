"""Bags of residents with several orders of a pickup day (订单合并)."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from itertools import chain
from typing import Any

from sqlalchemy import ColumnElement, and_, case, delete, func, or_, select, update
from sqlalchemy.orm import aliased

from groupbuy.campaigns.models import Round
from groupbuy.campaigns.rules import RoundState
from groupbuy.db import db
from groupbuy.db.bulk import KEYS, chunks, select_in
from groupbuy.db.upserts import insert_into
from groupbuy.kernel import ids
from groupbuy.orders.bulk import is_live, seller
from groupbuy.orders.days import day_of, is_on
from groupbuy.orders.models import Order
from groupbuy.pickup.models import Bag
from groupbuy.pickup.parts import SELLING


def make_bags(day: date, *, leader_ids: Sequence[int] | None = None) -> int:
    """Give each resident with several live orders of a day one bag with a code of its own; return how many.

    Who has one keeps it. Orders of rounds that still sell do not count; ``leader_ids`` narrows it to some
    leaders.
    """
    ready = Round.state.not_in((*SELLING, RoundState.CANCELLED))
    theirs: list[ColumnElement[bool]] = [] if leader_ids is None else [Order.leader_id.in_(leader_ids)]
    in_bag = and_(Bag.day == day, Bag.leader_id == Order.leader_id, Bag.resident_id == Order.resident_id)
    several = db.session.execute(
        select(Order.leader_id, Order.resident_id)
        .join(Round, Round.id == Order.round_id)
        .where(is_on(day), is_live(), ready, *theirs)
        .where(~select(Bag.code).where(in_bag).exists())
        .group_by(Order.leader_id, Order.resident_id)
        .having(func.count() > 1)
        .order_by(Order.leader_id, Order.resident_id)
    ).all()
    if several:
        codes = fresh_codes([row.leader_id for row in several])
        bags = [
            {"day": day, "leader_id": leader_id, "resident_id": resident_id, "code": code}
            for (leader_id, resident_id), code in zip(several, codes, strict=True)
        ]
        # Two rounds of the day may close at once; the bag of the first is good for both.
        db.session.execute(insert_into(Bag).on_conflict_do_nothing(), bags)
    return len(several)


def move_bags(*, round_id: int, old: date, new: date) -> None:
    """Let the bags of a round follow it to another day; one whose day has other orders too stays there.

    A bag that moves keeps its code. Call it once the round has its new day.
    """
    ready = (Round.state.not_in((*SELLING, RoundState.CANCELLED)), is_live())
    mine = (Order.leader_id == Bag.leader_id, Order.resident_id == Bag.resident_id)
    there = select(Order.id).join(Round, Round.id == Order.round_id)
    other = aliased(Bag)
    taken = select(other.code).where(
        other.day == new, other.leader_id == Bag.leader_id, other.resident_id == Bag.resident_id
    )
    db.session.execute(
        update(Bag)
        .where(
            Bag.day == old,
            there.where(Order.round_id == round_id, *mine, day_of() == new, *ready).exists(),
            ~there.where(is_on(old), *mine, *ready).exists(),
            ~taken.exists(),
        )
        .values(day=new)
        .execution_options(synchronize_session=False)
    )
    make_bags(new)


def give_bags(*, day: date, resident_ids: Sequence[int], old: int, new: int) -> None:
    """Let the bags of residents be another leader's, with their codes; call it once the orders are.

    Who has a bag there already keeps that one, and who still has goods at the former leader's that one too.
    A code that somebody there has too is drawn again.
    """
    left = select(Order.id).join(Round, Round.id == Order.round_id).where(is_on(day), is_live())
    stays = left.where(Order.leader_id == old, Order.resident_id == Bag.resident_id).exists()
    theirs = and_(Bag.resident_id.in_(resident_ids), or_(Bag.leader_id == new, ~stays))
    there = select(Bag.resident_id).where(Bag.day == day, Bag.leader_id == new, theirs)
    taken = set(db.session.scalars(there))
    going = (Bag.day == day, Bag.leader_id == old, theirs)
    kept = {
        row.resident_id: row.code
        for row in db.session.execute(select(Bag.resident_id, Bag.code).where(*going))
    }
    db.session.execute(delete(Bag).where(*going).execution_options(synchronize_session=False))
    moving = {resident_id: code for resident_id, code in kept.items() if resident_id not in taken}
    used = {code for _leader, code in _taken_codes({new})}
    clashing = [resident_id for resident_id, code in moving.items() if code in used]
    moving |= dict(zip(clashing, fresh_codes([new] * len(clashing)), strict=True))
    rows = [
        {"day": day, "leader_id": new, "resident_id": resident_id, "code": code}
        for resident_id, code in sorted(moving.items())
    ]
    if rows:
        db.session.execute(insert_into(Bag), rows)
    make_bags(day, leader_ids=[old, new])


def give_orders(*, order_ids: Sequence[int], new: int) -> None:
    """Let another leader hand out orders that are locked; a code that somebody there has is drawn again."""
    for part in chunks(sorted(order_ids), KEYS):
        codes = select(Order.id, Order.pickup_code).where(Order.id.in_(part)).order_by(Order.id)
        used = {code for _leader, code in _taken_codes({new})}
        clashing = [order_id for order_id, code in db.session.execute(codes) if code in used]
        fresh = fresh_codes([new] * len(clashing))
        for order_id, code in zip(clashing, fresh, strict=True):
            _update(Order.id == order_id, pickup_code=code)
        back = seller() == new
        _update(
            Order.id.in_(part),
            sold_by_id=case((back, None), else_=seller()),
            leader_id=new,
            version=Order.version + 1,
        )


def _update(condition: ColumnElement[bool], **values: Any) -> None:
    statement = update(Order).where(condition).values(**values)
    db.session.execute(statement.execution_options(synchronize_session=False))


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
