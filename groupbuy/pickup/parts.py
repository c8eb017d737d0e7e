"""Handing out a part of what somebody has ordered: which lines, how many units, and what then is left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from groupbuy.campaigns.rules import RoundState
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.orders.rules import OrderState

SELLING = (RoundState.DRAFT, RoundState.SCHEDULED, RoundState.OPEN)
NOT_READY = (*SELLING, RoundState.CLOSING)
OPEN_STATES = (OrderState.CONFIRMED, OrderState.PART_PICKED_UP)


@dataclass(frozen=True, slots=True)
class Part:
    """Sale units of a product of an order that somebody takes along now."""

    order_no: str
    product_code: str
    units: int


@dataclass(frozen=True, slots=True)
class LineLeft:
    """A line of which sale units wait to be handed out; ``units`` is how many."""

    order_id: int
    order_no: str
    line_id: int
    product_code: str
    name: str
    units: int


def units_taken(
    left: Sequence[LineLeft], parts: Sequence[Part], names: Mapping[str, str]
) -> Mapping[int, int]:
    """Return the sale units by line id that are taken of what is left.

    ``names`` are those by product code of goods of which nothing is left.
    Raise BadInput ``required`` for nothing at all, ``out_of_range`` below 1, ``duplicate`` for a line
    named twice; RuleBroken ``more_than_left`` for what is not there, or not any more.
    """
    if not parts:
        raise BadInput("required", "Choose what is handed out.", param="lines")
    open_ = {(line.order_no, line.product_code): line for line in left}
    taken: dict[int, int] = {}
    for index, part in enumerate(parts):
        if part.units < 1:
            raise BadInput("out_of_range", "At least 1.", param=f"lines[{index}].quantity")
        line = open_.get((part.order_no, part.product_code))
        if line is None:
            raise _more_than_left(names.get(part.product_code, part.product_code), 0, index)
        if part.units > line.units:
            raise _more_than_left(line.name, line.units, index)
        if line.line_id in taken:
            raise BadInput(
                "duplicate", "This product is already in the list.", param=f"lines[{index}].product_code"
            )
        taken[line.line_id] = part.units
    return taken


def _more_than_left(name: str, units: int, index: int) -> RuleBroken:
    return RuleBroken(
        "more_than_left", f"Of {name} only {units} are left to hand out.", param=f"lines[{index}].quantity"
    )


def is_all(left: Sequence[LineLeft], taken: Mapping[int, int]) -> bool:
    """Tell whether nothing is left once these units are gone."""
    return all(taken.get(line.line_id, 0) == line.units for line in left)
