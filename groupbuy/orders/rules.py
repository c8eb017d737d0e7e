"""What makes an order sound, how it changes and what its buyer is told."""

import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, TypeVar

from groupbuy.campaigns.rules import MAX_QUANTITY, RoundState
from groupbuy.kernel.errors import BadInput
from groupbuy.kernel.money import divide_half_up, split

MAX_LINES = 200

K = TypeVar("K", bound=Hashable)

_WHOLE = re.compile(r"(?P<minus>-?)0*(?P<digits>\d+)", re.ASCII)


class OrderState(StrEnum):
    """Name what became of an order; how far its goods are is its round's state."""

    AWAITING_PAYMENT = "awaiting_payment"
    CONFIRMED = "confirmed"
    PART_PICKED_UP = "part_picked_up"
    PICKED_UP = "picked_up"
    CANCELLED = "cancelled"


LIVE = (OrderState.CONFIRMED, OrderState.PART_PICKED_UP, OrderState.PICKED_UP)

MOVES: Mapping[OrderState, frozenset[OrderState]] = {
    OrderState.AWAITING_PAYMENT: frozenset({OrderState.CONFIRMED, OrderState.CANCELLED}),
    OrderState.CONFIRMED: frozenset({OrderState.PART_PICKED_UP, OrderState.PICKED_UP, OrderState.CANCELLED}),
    OrderState.PART_PICKED_UP: frozenset({OrderState.PICKED_UP}),
    # Only where it was a mistake, and nothing has followed from it.
    OrderState.PICKED_UP: frozenset({OrderState.CONFIRMED, OrderState.PART_PICKED_UP}),
    # Only where its payment came just after its time and its goods could still be had.
    OrderState.CANCELLED: frozenset({OrderState.AWAITING_PAYMENT}),
}


def can_move(old: OrderState, new: OrderState) -> bool:
    """Tell whether an order may go from one state to another; staying is no move."""
    return new in MOVES[old]


def check_lines(product_codes: Sequence[str]) -> None:
    """Check that an order has 1 to MAX_LINES lines and no product twice.

    Raise BadInput ``required`` or ``out_of_range`` at ``lines``, or ``duplicate`` at the repeated
    ``lines[i].product_code``.
    """
    if not product_codes:
        raise BadInput("required", "An order has at least one line.", param="lines")
    if len(product_codes) > MAX_LINES:
        raise BadInput("out_of_range", f"An order has at most {MAX_LINES} lines.", param="lines")
    seen: set[str] = set()
    for index, code in enumerate(product_codes):
        if code in seen:
            raise BadInput("duplicate", "This product is already in the order.", param=_code_of(index))
        seen.add(code)


def _code_of(index: int) -> str:
    return f"lines[{index}].product_code"


def part_of(amount_fen: int, units: int, quantity: int) -> int:
    """Return what some of a line's sale units cost, in fen: the whole less what the others cost, half up.

    Of a line at a fixed price that is so many times its price, of a weighed one its share of the weight.
    """
    return amount_fen - divide_half_up(amount_fen * (quantity - units), quantity) if quantity else 0


class Wanting(NamedTuple):
    """A line that goes without sale units: fen per unit, the offer its resident named, and the operator's.

    Who has opted out has neither.
    """

    line_id: int
    placed_at: datetime
    units: int
    price_fen: int
    own: int | None
    swap: int | None


class Swap(NamedTuple):
    """Sale units of an offer that come in the place of what a line lost; ``own`` the resident had named."""

    line_id: int
    offer_id: int
    units: int
    price_fen: int
    own: bool


def swap_for(
    wanting: Iterable[Wanting], left: Mapping[int, int], prices: Mapping[tuple[int, int], int]
) -> list[Swap]:
    """Give substitutes to lines that lost units: what residents named first, then the operator's swap.

    ``left`` is what there is of each offer, ``prices`` what a unit would cost by line and offer; an offer
    that has none there, or is dearer than the line, is not given. Who ordered first comes first.
    """
    turns = sorted(wanting, key=lambda one: (one.placed_at, one.line_id))
    rest, missing = dict(left), {one.line_id: one.units for one in turns}
    swaps = []
    for own in (True, False):
        for one in turns:
            offer_id = one.own if own else one.swap
            price = None if offer_id is None else prices.get((one.line_id, offer_id))
            if offer_id is None or price is None or price > one.price_fen:
                continue
            units = min(missing[one.line_id], rest.get(offer_id, 0))
            if units > 0:
                rest[offer_id] -= units
                missing[one.line_id] -= units
                swaps.append(Swap(one.line_id, offer_id, units, price, own))
    return swaps


def freight_of(goods_fen: int, freight_fen: int, free_from_fen: int | None) -> int:
    """Return what an order of goods pays for freight, in fen; from an amount on it is free, None never."""
    return 0 if free_from_fen is not None and goods_fen >= free_from_fen else freight_fen


def share_freight(cost_fen: int, goods: Mapping[int, int]) -> dict[int, int]:
    """Share what a delivery costs over its orders by what their goods cost, by largest remainder.

    ``goods`` is in fen by order; the shares add up to the cost exactly, over no orders there are none.
    """
    if not goods:
        return {}
    ordered = sorted(goods)
    return dict(zip(ordered, split(cost_fen, [goods[one] for one in ordered]), strict=True))


def needs_review(amount_fen: int, review_above_fen: int | None) -> bool:
    """Tell whether an operator looks at an order of so much; a bound of None reviews nothing."""
    return review_above_fen is not None and amount_fen >= review_above_fen


def merge_quantities(lines: Iterable[tuple[K, int]]) -> dict[K, int]:
    """Add up the quantities of equal keys, in the order in which the keys first came."""
    merged: dict[K, int] = {}
    for key, quantity in lines:
        merged[key] = merged.get(key, 0) + quantity
    return merged


@dataclass(frozen=True, slots=True)
class Change:
    """Hold how many sale units more (or, negative, fewer) of an offer an edit takes."""

    offer_id: int
    delta: int


def line_changes(old: Mapping[int, int], new: Mapping[int, int]) -> list[Change]:
    """Return what changes from old to new quantities by offer, in the order of the offers' ids.

    That is the order in which stock rows are locked.
    """
    deltas = {offer: new.get(offer, 0) - old.get(offer, 0) for offer in old.keys() | new.keys()}
    return [Change(offer, deltas[offer]) for offer in sorted(deltas) if deltas[offer]]


class Phase(StrEnum):
    """Name what a buyer is told about an order."""

    AWAITING_PAYMENT = "awaiting_payment"
    ORDERED = "ordered"
    BEING_PREPARED = "being_prepared"
    SENT = "sent"
    ON_THE_WAY = "on_the_way"
    PART_PICKED_UP = "part_picked_up"
    PICKED_UP = "picked_up"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


_OF_CONFIRMED: Mapping[RoundState, Phase] = {
    RoundState.DRAFT: Phase.ORDERED,
    RoundState.SCHEDULED: Phase.ORDERED,
    RoundState.OPEN: Phase.ORDERED,
    RoundState.CLOSING: Phase.BEING_PREPARED,
    RoundState.CLOSED: Phase.BEING_PREPARED,
    RoundState.ORDERED: Phase.BEING_PREPARED,
    RoundState.RECEIVED: Phase.BEING_PREPARED,
    RoundState.DISPATCHED: Phase.ON_THE_WAY,
    RoundState.COMPLETED: Phase.COMPLETED,
    RoundState.CANCELLED: Phase.CANCELLED,
}


def phase(order_state: OrderState, round_state: RoundState) -> Phase:
    """Return an order's phase, which follows from its own state and its round's."""
    if order_state is OrderState.CONFIRMED:
        return _OF_CONFIRMED[round_state]
    if order_state is OrderState.AWAITING_PAYMENT and round_state is RoundState.CANCELLED:
        return Phase.CANCELLED
    return Phase(order_state.value)


def parse_quantity(text: str) -> int:
    """Read sale units written in ASCII digits.

    Raise ValueError when the text is no whole number, OverflowError when it is not 1 to MAX_QUANTITY.
    """
    match = _WHOLE.fullmatch(text)
    if match is None:
        raise ValueError(text)
    # The length is looked at first: Python refuses to convert texts of thousands of digits.
    too_long = len(match["digits"]) > len(str(MAX_QUANTITY))
    if match["minus"] or too_long or not 1 <= int(match["digits"]) <= MAX_QUANTITY:
        raise OverflowError(text)
    return int(match["digits"])
