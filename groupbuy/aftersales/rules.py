"""What may be asked for after the sale, until when, and how a case ends."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from groupbuy.kernel.errors import BadInput, RuleBroken

MAX_TEXT = 500
MAX_DAYS_TO_ANSWER = 30
MAX_PHOTOS = 3
# How long a supplier has to answer a claim on a batch once its buyers have; then the operator decides.
LOT_ANSWER = timedelta(hours=72)


class Kind(StrEnum):
    """Name what somebody asks for."""

    REFUND = "refund"
    REPLACEMENT = "replacement"
    EXCHANGE = "exchange"
    COMPLAINT = "complaint"


class Reason(StrEnum):
    """Name what was wrong."""

    SPOILED = "spoiled"
    DAMAGED = "damaged"
    WRONG = "wrong"
    MISSING = "missing"
    NOT_AS_SHOWN = "not_as_shown"
    OTHER = "other"


class Goods(StrEnum):
    """Name what becomes of the goods of a case: nothing, back into stock, or back and written off."""

    KEPT = "kept"
    RETURNED = "returned"
    WRITTEN_OFF = "written_off"


class CaseState(StrEnum):
    """Name where a case stands; ``approved`` waits for its goods, ``closed`` is done with."""

    ASKED = "asked"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"


class PromiseState(StrEnum):
    """Name where promised goods are: waiting for a round, ordered in one, with the resident, or paid back."""

    WAITING = "waiting"
    PLACED = "placed"
    HANDED_OUT = "handed_out"
    REFUNDED = "refunded"


class LotState(StrEnum):
    """Name where a claim on a batch stands: buyers are asked, then the supplier, who takes over some."""

    ASKING = "asking"
    WITH_SUPPLIER = "with_supplier"
    ACCEPTED = "accepted"
    PART_ACCEPTED = "part_accepted"
    REFUSED = "refused"
    UNFOUNDED = "unfounded"


# Money goes back with the decision; goods that are promised have still to be handed over.
PROMISES_GOODS = frozenset({Kind.REPLACEMENT, Kind.EXCHANGE})


def deadline(picked_up_at: datetime | None, hours: int | None, days: int) -> datetime | None:
    """Return until when goods may be asked about: hours of their category after the pickup, else days.

    Before the pickup there is always time: None.
    """
    if picked_up_at is None:
        return None
    return picked_up_at + (timedelta(days=days) if hours is None else timedelta(hours=hours))


def in_time(until: datetime | None, now: datetime) -> bool:
    """Tell whether goods may still be asked about."""
    return until is None or now < until


def check_in_time(name: str, until: datetime | None, now: datetime, zone: ZoneInfo) -> None:
    """Raise RuleBroken ``too_late``, with the end in the operator's zone, once the time for goods is over."""
    if until is not None and not in_time(until, now):
        ended = f"{until.astimezone(zone):%Y-%m-%d %H:%M}"
        raise RuleBroken("too_late", f"About {name} one could ask until {ended}.", param="lines")


def check_units(asked: Mapping[str, int], askable: Mapping[str, int], names: Mapping[str, str]) -> None:
    """Check sale units by product code against what can still be asked for; people know goods by their names.

    Raise BadInput ``required`` for nothing, ``out_of_range`` below 1; RuleBroken ``more_than_bought``.
    """
    if not asked:
        raise BadInput("required", "Choose the goods it is about.", param="lines")
    for code, units in asked.items():
        if units < 1:
            raise BadInput("out_of_range", "At least 1.", param=code)
        if units > askable.get(code, 0):
            left = askable.get(code, 0)
            name = names.get(code, code)
            raise RuleBroken("more_than_bought", f"Of {name} at most {left} can be asked for.", param=code)


def check_complaint(kind: Kind, goods: Goods, *, charged: bool) -> None:
    """Raise RuleBroken ``only_a_complaint`` where a resident would get nothing for what others gain by it.

    Whoever complains asks for nothing: goods that come back, and a charge to the supplier, belong to a case
    that pays for them.
    """
    if kind is Kind.COMPLAINT and (charged or goods is not Goods.KEPT):
        raise RuleBroken(
            "only_a_complaint",
            "A complaint gives the resident nothing, so no goods come back and nobody is charged."
            " Reject it and have a refund or an exchange asked for.",
        )


def after_approval(kind: Kind) -> CaseState:
    """Return where an approval leads."""
    return CaseState.APPROVED if kind in PROMISES_GOODS else CaseState.CLOSED


def arrived(promised: int, brought: int) -> tuple[int, int]:
    """Return how many promised sale units a handed out order has brought, and how many still wait."""
    here = min(promised, brought)
    return here, promised - here


def is_late(promised_at: datetime, days: int, now: datetime) -> bool:
    """Tell whether goods that no round has brought are paid back instead; after 0 days never."""
    return days > 0 and promised_at + timedelta(days=days) <= now


def after_asking(bad_units: int) -> LotState:
    """Return where a claim on a batch goes when the time to answer is over."""
    return LotState.WITH_SUPPLIER if bad_units else LotState.UNFOUNDED


def check_bad(bad_units: int, units: int) -> None:
    """Raise BadInput ``out_of_range`` for fewer than none or more than somebody has of a batch."""
    if not 0 <= bad_units <= units:
        raise BadInput("out_of_range", f"Between 0 and {units}.", param="bad_units")


def check_taken(taken: Mapping[int, int], bad: Mapping[int, int], words: str) -> None:
    """Check what a supplier takes over, sale units by line, against what buyers found bad.

    Each line is answered. Raise BadInput ``required``, ``out_of_range``, ``too_long``; RuleBroken
    ``changed`` for other lines.
    """
    if taken.keys() != bad.keys():
        raise RuleBroken("changed", "What buyers say has changed meanwhile; look again.", param="lines")
    for line_id, units in taken.items():
        if not 0 <= units <= bad[line_id]:
            raise BadInput("out_of_range", f"Between 0 and {bad[line_id]}.", param=str(line_id))
    if sum(taken.values()) < sum(bad.values()) and not words.strip():
        raise BadInput("required", "Say why you do not take over everything.", param="words")
    if len(words.strip()) > MAX_TEXT:
        raise BadInput("too_long", f"At most {MAX_TEXT} characters.", param="words")


def outcome(taken: int, bad: int) -> LotState:
    """Return how a claim ends of whose bad units the supplier pays so many; of none it takes over all."""
    if taken >= bad:
        return LotState.ACCEPTED
    return LotState.PART_ACCEPTED if taken else LotState.REFUSED


def paid_over(credit_fen: int, price_fen: int) -> tuple[int, int, int]:
    """Return what of a credit pays for other goods, what of it goes back, and what is still to be paid."""
    moved = min(credit_fen, price_fen)
    return moved, credit_fen - moved, price_fen - moved
