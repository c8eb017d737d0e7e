"""What is bought in whole cases, and how a purchase order moves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum


class CasePolicy(StrEnum):
    """Name what happens to the units that fill no whole case."""

    SURPLUS = "surplus"
    SHORTFALL = "shortfall"


@dataclass(frozen=True, slots=True)
class CaseRounding:
    """Hold one product's purchase in sale units.

    ``ordered + surplus == from_stock + purchased + shortfall``, always.
    """

    ordered: int
    from_stock: int
    cases: int
    case_size: int
    purchased: int
    surplus: int
    shortfall: int


def round_to_cases(*, ordered: int, free_stock: int, case_size: int, policy: str) -> CaseRounding:
    """Cover what was ordered from free stock first and from whole cases then.

    ``surplus`` buys a last case that is not needed whole, ``shortfall`` leaves its units out.
    Raise ValueError for negative quantities, an empty case or an unknown policy.
    """
    if ordered < 0 or free_stock < 0 or case_size < 1:
        raise ValueError(f"cannot round {ordered} less {free_stock} to cases of {case_size}")
    rounds_up = CasePolicy(policy) is CasePolicy.SURPLUS
    from_stock = min(ordered, free_stock)
    needed = ordered - from_stock
    cases = -(-needed // case_size) if rounds_up else needed // case_size
    purchased = cases * case_size
    surplus, shortfall = max(purchased - needed, 0), max(needed - purchased, 0)
    return CaseRounding(ordered, from_stock, cases, case_size, purchased, surplus, shortfall)


class MinimumPolicy(StrEnum):
    """Name what the close does with a purchase below its supplier's minimum."""

    HOLD = "hold"
    CANCEL = "cancel"
    EXTEND = "extend"
    TOP_UP = "top_up"


def with_cases(rounding: CaseRounding, cases: int) -> CaseRounding:
    """Return a purchase with so many cases more: they first fill a shortfall, the rest is surplus."""
    purchased = rounding.purchased + cases * rounding.case_size
    needed = rounding.ordered - rounding.from_stock
    return replace(
        rounding,
        cases=rounding.cases + cases,
        purchased=purchased,
        surplus=max(purchased - needed, 0),
        shortfall=max(needed - purchased, 0),
    )


def top_up(missing_fen: int, cases_fen: Sequence[int | None]) -> tuple[int, int] | None:
    """Choose what fills a purchase up: the place of a product and how many cases more of it.

    ``cases_fen`` is what a case costs, None for what does not keep. The one that overshoots least is
    taken, of equals the first; None when nothing keeps.
    """
    fits = [
        (-(-missing_fen // case_fen) * case_fen, place, -(-missing_fen // case_fen))
        for place, case_fen in enumerate(cases_fen)
        if case_fen
    ]
    if missing_fen <= 0 or not fits:
        return None
    _, place, cases = min(fits)
    return place, cases


class POState(StrEnum):
    """Name where a purchase order stands."""

    DRAFT = "draft"
    APPROVED = "approved"
    SENT = "sent"
    CONFIRMED = "confirmed"
    PART_RECEIVED = "part_received"
    RECEIVED = "received"
    CLOSED = "closed"
    CANCELLED = "cancelled"


# Suppliers often deliver without a word, so goods may arrive on an order that was only sent. One that
# was delivered in part is closed when the rest will not come; nothing delivered can be cancelled.
MOVES: Mapping[POState, frozenset[POState]] = {
    POState.DRAFT: frozenset({POState.APPROVED, POState.CANCELLED}),
    POState.APPROVED: frozenset({POState.SENT, POState.CANCELLED}),
    POState.SENT: frozenset(
        {POState.CONFIRMED, POState.PART_RECEIVED, POState.RECEIVED, POState.CLOSED, POState.CANCELLED}
    ),
    POState.CONFIRMED: frozenset(
        {POState.PART_RECEIVED, POState.RECEIVED, POState.CLOSED, POState.CANCELLED}
    ),
    POState.PART_RECEIVED: frozenset({POState.RECEIVED, POState.CLOSED}),
    POState.RECEIVED: frozenset({POState.CLOSED}),
    POState.CLOSED: frozenset(),
    POState.CANCELLED: frozenset(),
}


def can_move(old: POState, new: POState) -> bool:
    """Tell whether a purchase order may go from one state to another; staying is no move."""
    return new in MOVES[old]


def below_minimum(cost_fen: int, min_order_fen: int | None) -> bool:
    """Tell whether a purchase, after rounding to cases, is less than its supplier accepts."""
    return min_order_fen is not None and cost_fen < min_order_fen


def po_number(day: date, round_id: int, supplier_code: str) -> str:
    """Return a number such as ``PO-20261122-17-S001``, one for each round and supplier.

    It can stand in a URL and a file's name: other characters than letters, digits, ``_``, ``.`` and
    ``-`` become ``~`` and their code point in hexadecimal and ``~``, so that no two codes meet.
    """
    safe = "".join(c if c.isalnum() or c in "_.-" else f"~{ord(c):x}~" for c in supplier_code)
    return f"PO-{day:%Y%m%d}-{round_id}-{safe}"
