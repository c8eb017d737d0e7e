"""Orders that were placed elsewhere, stored many at once."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, func, insert, select

from groupbuy.campaigns.models import Offer, OfferBuyer
from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.db.bulk import KEYS, chunks, insert_rows, next_ids, select_in, table_of
from groupbuy.kernel import ids
from groupbuy.orders.models import Order, OrderLine
from groupbuy.orders.rules import OrderState

ORDER = table_of(Order)
LINE = table_of(OrderLine)
BUYER = table_of(OfferBuyer)

CONFIRMED = OrderState.CONFIRMED.value


class StoredHead(NamedTuple):
    """The head of an order from a file, as it is stored."""

    id: int
    round_id: int
    resident_id: int
    placed_at: datetime


class NewOrder(NamedTuple):
    """An order to store as confirmed and paid."""

    order_ref: str
    round_id: int
    resident_id: int
    leader_id: int
    placed_at: datetime
    amount_fen: int


class NewLine(NamedTuple):
    """A line to store; ``order`` counts the new orders from 0, prices are in fen per sale unit."""

    order: int
    offer_id: int
    offer_version_id: int
    quantity: int
    price_fen: int
    amount_fen: int
    rate_bp: int
    fixed_fen: int
    rule_id: int | None


def heads_by_ref(refs: Collection[str]) -> dict[str, StoredHead]:
    """Return those orders that are stored under references of a file."""
    statement = select(Order.order_ref, Order.id, Order.round_id, Order.resident_id, Order.placed_at)
    return {ref: StoredHead(*rest) for ref, *rest in select_in(statement, ORDER.c.order_ref, refs)}


def lines_of(order_ids: Collection[int]) -> Iterator[tuple[int, str, int]]:
    """Yield order, product code and quantity of the lines of orders."""
    statement = (
        select(OrderLine.order_id, Product.code, OrderLine.quantity)
        .join(Offer, Offer.id == OrderLine.offer_id)
        .join(Product, Product.id == Offer.product_id)
    )
    yield from select_in(statement, LINE.c.order_id, order_ids)


def store(
    orders: Sequence[NewOrder], lines: Iterable[NewLine], *, pickup_codes: Iterable[str]
) -> Sequence[int]:
    """Store orders with a pickup code each, confirmed and paid at the moment they were placed.

    Return their ids in the same order.
    """
    order_ids = next_ids(ORDER, len(orders))
    insert_rows(
        ORDER,
        (*NewOrder._fields, "id", "number", "pickup_code", "state", "paid_fen", "paid_at"),
        (
            (*order, id_, ids.order_number(), code, CONFIRMED, order.amount_fen, order.placed_at)
            for order, id_, code in zip(orders, order_ids, pickup_codes, strict=True)
        ),
    )
    columns = ("order_id", *NewLine._fields[1:])
    insert_rows(LINE, columns, ((order_ids[line[0]], *line[1:]) for line in lines))
    return order_ids


def recount_buyers(offer_ids: Collection[int]) -> None:
    """Count again what each resident has of offers with a per-buyer limit; lock their stock before."""
    for part in chunks(sorted(offer_ids), KEYS):
        db.session.execute(delete(OfferBuyer).where(OfferBuyer.offer_id.in_(part)))
        taken: Any = (
            select(OrderLine.offer_id, Order.resident_id, func.sum(OrderLine.quantity))
            .join(Order, Order.id == OrderLine.order_id)
            .join(Offer, Offer.id == OrderLine.offer_id)
            .where(OrderLine.offer_id.in_(part), Offer.per_buyer_limit.is_not(None))
            .where(Order.state != OrderState.CANCELLED)
            .group_by(OrderLine.offer_id, Order.resident_id)
        )
        db.session.execute(insert(BUYER).from_select(["offer_id", "resident_id", "units"], taken))
