"""Who still gets something, in the order in which the orders were placed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field


@dataclass(slots=True)
class Left:
    """What is left of an offer, in sale units; None is without limit."""

    units: int | None
    sealed: bool
    per_buyer: int | None = None
    taken: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wish:
    """A line that wants units of an offer for a resident."""

    line: int
    offer_id: int
    resident_id: int
    units: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """A line that does not fit any more, with the code of the fault and a sentence."""

    line: int
    code: str
    message: str


def refusals(wishes: Iterable[Wish], left: dict[int, Left]) -> Iterator[Refusal]:
    """Serve wishes one after the other and yield those that do not fit; they take nothing.

    What comes later and fits is served. ``left`` is used up by what is served.
    """
    for wish in wishes:
        offer = left[wish.offer_id]
        taken = offer.taken.get(wish.resident_id, 0)
        if offer.sealed:
            yield Refusal(wish.line, "round_closed", "Remove this order; its round has closed.")
        elif offer.units is not None and wish.units > offer.units:
            yield Refusal(wish.line, "sold_out", f"Order less; {offer.units} are left for this order.")
        elif offer.per_buyer is not None and taken + wish.units > offer.per_buyer:
            rest = max(offer.per_buyer - taken, 0)
            message = (
                f"Order less; each resident may have {offer.per_buyer} and this one can get {rest} more."
            )
            yield Refusal(wish.line, "limit_reached", message)
        else:
            if offer.units is not None:
                offer.units -= wish.units
            if offer.per_buyer is not None:
                offer.taken[wish.resident_id] = taken + wish.units
