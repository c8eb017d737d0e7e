"""The list that a phone keeps to hand out without a connection: every bag that waits, with its codes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, case, select

from groupbuy.analytics.leader_orders import OpenBag, open_bags
from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.db.bulk import KEYS, chunks
from groupbuy.orders.models import Order
from groupbuy.pickup import queries
from groupbuy.pickup.models import Bag
from groupbuy.pickup.parts import LineLeft

TAIL = 4


@dataclass(frozen=True, slots=True)
class KeptOrder:
    """An order in a bag: its own code, what is left of it, and the fen that are still to be paid for it."""

    order_no: str
    code: str
    due_fen: int
    lines: Sequence[LineLeft]


@dataclass(frozen=True, slots=True)
class KeptBag:
    """What somebody has to fetch; ``code`` opens all of it, of the phone only the tail is kept."""

    code: str
    day: date
    round_title: str
    door: str
    name: str
    phone_tail: str
    orders: Sequence[KeptOrder]


def bags_to_keep(leader_ids: Sequence[int]) -> list[KeptBag]:
    """Return the bags that wait at these leaders' points, in the order in which they are handed out."""
    bags = open_bags(leader_ids)
    order_ids = [order_id for bag in bags for order_id in bag.order_ids]
    heads = _heads(order_ids)
    lines: dict[int, list[LineLeft]] = {}
    for part in chunks(order_ids, KEYS):
        for line in queries.left_of(part):
            lines.setdefault(line.order_id, []).append(line)
    return [_kept(bag, heads, lines) for bag in bags]


@dataclass(frozen=True, slots=True)
class _Head:
    number: str
    code: str
    due_fen: int
    bag_code: str | None


def _heads(order_ids: Sequence[int]) -> Mapping[int, _Head]:
    heads = select(Order.id, Order.number, Order.pickup_code, _due_fen(), Bag.code)
    heads = heads.join(Round, Round.id == Order.round_id).outerjoin(Bag, queries.in_bag())
    return {
        row[0]: _Head(*row[1:])
        for part in chunks(order_ids, KEYS)
        for row in db.session.execute(heads.where(Order.id.in_(part)))
    }


def _due_fen() -> ColumnElement[int]:
    """Return what whoever fetches an order has still to pay for it, in fen."""
    due = Order.amount_fen - Order.paid_fen
    return case((due > 0, due), else_=0)


def _kept(bag: OpenBag, heads: Mapping[int, _Head], lines: Mapping[int, Sequence[LineLeft]]) -> KeptBag:
    first = heads[bag.order_ids[0]]
    return KeptBag(
        code=first.bag_code or first.code,
        day=bag.day,
        round_title=bag.round_title,
        door=str(bag.door),
        name=bag.name,
        phone_tail=bag.phone[-TAIL:],
        orders=[
            KeptOrder(heads[i].number, heads[i].code, heads[i].due_fen, lines.get(i, ()))
            for i in bag.order_ids
            if lines.get(i)
        ],
    )


def as_json(bags: Sequence[KeptBag]) -> list[dict[str, object]]:
    """Return the bags in the shape that the API and the page hand out."""
    return [
        {
            "code": bag.code,
            "day": bag.day.isoformat(),
            "round_title": bag.round_title,
            "door": bag.door,
            "name": bag.name,
            "phone_tail": bag.phone_tail,
            "orders": [
                {
                    "order_no": order.order_no,
                    "code": order.code,
                    "due_fen": order.due_fen,
                    "lines": [
                        {"product_code": line.product_code, "name": line.name, "quantity": line.units}
                        for line in order.lines
                    ],
                }
                for order in bag.orders
            ],
        }
        for bag in bags
        if bag.orders
    ]
