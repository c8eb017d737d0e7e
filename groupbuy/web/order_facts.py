"""What pages of every role show beside an order: its running number, its review, its money and its door."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from groupbuy.orders import queries
from groupbuy.orders.doors import doors_of
from groupbuy.orders.fees import carried_by
from groupbuy.orders.models import Order
from groupbuy.orders.reviews import Review, reviews_of
from groupbuy.orders.rules import OrderState
from groupbuy.payments.paying_back import paid_back
from groupbuy.pickup.models import OrderAside
from groupbuy.pickup.parts import OPEN_STATES
from groupbuy.pickup.rules import Door, door
from groupbuy.pickup.unfetched import Perishable, asides_of, perishables_of


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """One order: ``number`` (跟团号) inside its round, ``payment`` as a state, fees, fen owed and back."""

    number: int
    review: Review | None
    payment: str
    owed_fen: int
    paid_back_fen: int
    door: Door
    fees: Mapping[str, int]
    aside: OrderAside | None
    perishables: Sequence[Perishable]

    @property
    def waits(self) -> bool:
        """Tell whether the order waits for an operator's review."""
        return self.review is not None and self.review.state == "waiting"


def facts_of(orders: Sequence[Order]) -> Mapping[int, OrderFacts]:
    """Return the facts of orders by id, in as many queries as of one."""
    ids = [order.id for order in orders]
    numbers, back = queries.follow_numbers(ids), paid_back(ids)
    asked, doors, fees = reviews_of(orders), doors_of(orders), carried_by(orders)
    asides, perishables = asides_of(ids), perishables_of(ids)
    return {
        order.id: OrderFacts(
            number=numbers[order.id],
            review=asked.get(order.id),
            payment=payment_of(order, back.get(order.id, 0)),
            owed_fen=max(order.paid_fen - order.amount_fen, 0),
            paid_back_fen=back.get(order.id, 0),
            door=door(*doors[order.id]),
            fees=fees.get(order.id, {}),
            aside=asides.get(order.id) if order.state in OPEN_STATES else None,
            perishables=perishables.get(order.id, ()),
        )
        for order in orders
    }


def payment_of(order: Order, paid_back_fen: int = 0) -> str:
    """Return whether an order is paid, as a state of payment; one paid back wholly is refunded."""
    if order.paid_fen > order.amount_fen:
        return "owed"
    if paid_back_fen and not order.amount_fen:
        return "refunded"
    if order.state == OrderState.CANCELLED:
        return "refunded" if order.paid_at is not None else "unpaid"
    return "paid" if order.paid_at is not None and order.paid_fen >= order.amount_fen else "unpaid"
