"""What a round may do and when, and what a buyer may order in it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.kernel.times import local_moment

MAX_QUANTITY = 1_000_000
MAX_NAME = 64
MAX_DAYS = 366
# RFC 3986, section 2.3: these need no escaping anywhere in a URL.
_UNRESERVED = re.compile(rf"[A-Za-z0-9._~-]{{1,{MAX_NAME}}}", re.ASCII)


class RoundState(StrEnum):
    """Name where a round stands between its plan and its last bag."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"
    ORDERED = "ordered"
    RECEIVED = "received"
    DISPATCHED = "dispatched"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


# A round nobody opened in time goes straight to closing; closing goes back to open only when a
# threshold was missed and the round extends itself. What was closed is refunded, never cancelled.
# Goods that were said to have left by mistake have only been received.
MOVES: Mapping[RoundState, frozenset[RoundState]] = {
    RoundState.DRAFT: frozenset({RoundState.SCHEDULED, RoundState.CANCELLED}),
    RoundState.SCHEDULED: frozenset({RoundState.OPEN, RoundState.CLOSING, RoundState.CANCELLED}),
    RoundState.OPEN: frozenset({RoundState.CLOSING, RoundState.CANCELLED}),
    RoundState.CLOSING: frozenset({RoundState.CLOSED, RoundState.OPEN, RoundState.CANCELLED}),
    RoundState.CLOSED: frozenset({RoundState.ORDERED}),
    RoundState.ORDERED: frozenset({RoundState.RECEIVED}),
    RoundState.RECEIVED: frozenset({RoundState.DISPATCHED}),
    RoundState.DISPATCHED: frozenset({RoundState.COMPLETED, RoundState.RECEIVED}),
    RoundState.COMPLETED: frozenset(),
    RoundState.CANCELLED: frozenset(),
}


def can_move(old: RoundState, new: RoundState) -> bool:
    """Tell whether a round may go from one state to another; staying is no move."""
    return new in MOVES[old]


def effective_state(state: RoundState, opens_at: datetime, closes_at: datetime, now: datetime) -> RoundState:
    """Return what the clock says where the scheduler has not run yet."""
    if state not in (RoundState.SCHEDULED, RoundState.OPEN):
        return state
    if now >= closes_at:
        return RoundState.CLOSING
    return RoundState.OPEN if now >= opens_at else state


def check_window(opens_at: datetime, closes_at: datetime, now: datetime) -> None:
    """Raise RuleBroken ``round_not_open`` or ``round_closed`` outside ``[opens_at, closes_at)``."""
    if now >= closes_at:
        raise RuleBroken("round_closed", "This round has closed.")
    if now < opens_at:
        raise RuleBroken("round_not_open", "This round has not opened yet.")


def check_quantity(quantity: int, *, min_order_qty: int, multiple: int) -> None:
    """Check one line's sale units.

    Raise BadInput ``out_of_range`` outside 1 to MAX_QUANTITY, and RuleBroken
    ``below_minimum_quantity`` or ``not_a_multiple``.
    """
    if not 1 <= quantity <= MAX_QUANTITY:
        raise BadInput("out_of_range", f"Order between 1 and {MAX_QUANTITY}.", param="quantity")
    if quantity < min_order_qty:
        raise RuleBroken("below_minimum_quantity", f"Order at least {min_order_qty}.", param="quantity")
    if quantity % multiple:
        raise RuleBroken("not_a_multiple", f"Order in multiples of {multiple}.", param="quantity")


@dataclass(frozen=True, slots=True)
class Window:
    """Hold a round's half-open window ``[opens_at, closes_at)`` in UTC and its local pickup day."""

    opens_at: datetime
    closes_at: datetime
    pickup_date: date


def window_for(
    day: date, *, open_days_before: int, opens: str, closes: str, pickup_days_after: int, zone: ZoneInfo
) -> Window:
    """Return the window of the round that is cut off on a local day.

    ``opens`` and ``closes`` are ``HH:MM``; ``24:00`` is the next day's 00:00. Raise BadInput when a
    time cannot be read, a number of days is not 0 to 366, or the window would be empty.
    """
    before, after = _days(open_days_before, "open_days_before"), _days(pickup_days_after, "pickup_days_after")
    opening_day = day - before
    opens_at, closes_at = _at(opening_day, opens, zone, "opens"), _at(day, closes, zone, "closes")
    # The length that the wall shows; where a clock change would swallow a short window, it is kept.
    length = _at(day, closes, _PLAIN, "closes") - _at(opening_day, opens, _PLAIN, "opens")
    if length <= timedelta(0):
        raise BadInput("out_of_range", "The round must close after it opens.", param="closes")
    if opens_at >= closes_at:
        opens_at = closes_at - length
    return Window(opens_at.astimezone(UTC), closes_at.astimezone(UTC), day + after)


_PLAIN = ZoneInfo("UTC")


def _days(number: int, param: str) -> timedelta:
    if not 0 <= number <= MAX_DAYS:
        raise BadInput("out_of_range", f"Between 0 and {MAX_DAYS} days.", param=param)
    return timedelta(days=number)


def _at(day: date, text: str, zone: ZoneInfo, param: str) -> datetime:
    try:
        return local_moment(day, text, zone)
    except ValueError as error:
        raise BadInput("not_a_time", "Write the time as 20:00.", param=param) from error


def round_name(campaign_code: str, day: date, recurring: bool) -> str:
    """Return the campaign's code, for a recurring one followed by the day of the cut-off."""
    return f"{campaign_code}-{day:%Y%m%d}" if recurring else campaign_code


def is_safe_name(text: str) -> bool:
    """Tell whether a text of 1 to MAX_NAME characters can stand in a URL and as a file's name."""
    return _UNRESERVED.fullmatch(text) is not None and text not in (".", "..")


def cap_reached(
    orders: int,
    units: int,
    amount_fen: int,
    cap_orders: int | None,
    cap_units: int | None,
    cap_amount_fen: int | None,
) -> bool:
    """Tell whether a round is full by any of its caps and ends early."""
    pairs = ((orders, cap_orders), (units, cap_units), (amount_fen, cap_amount_fen))
    return any(cap is not None and value >= cap for value, cap in pairs)
