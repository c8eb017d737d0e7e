"""What a roll-call is read against, and what is understood of it."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Product:
    """Something on offer; its place in the list, from 1, is its number."""

    code: str
    name: str
    spec: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may stand in the list; ``door`` is such as ``3-2-501``."""

    code: str
    name: str
    door: str = ""
    phone: str = ""


class Doubt(StrEnum):
    """Name what a person should look at in a line."""

    UNKNOWN_PERSON = "unknown_person"
    SEVERAL_PEOPLE = "several_people"
    NAME_DIFFERS = "name_differs"
    ROOM_DIFFERS = "room_differs"
    NO_GOODS = "no_goods"
    UNKNOWN_GOODS = "unknown_goods"
    SEVERAL_GOODS = "several_goods"
    GUESSED_GOODS = "guessed_goods"
    UNCLEAR_QUANTITY = "unclear_quantity"
    PARTLY_CANCELLED = "partly_cancelled"
    CANCELLED = "cancelled"
    REPEATED = "repeated"
    SAME_AGAIN = "same_again"


# With these a line is not ordered unless somebody says so.
SERIOUS = frozenset(
    {
        Doubt.UNKNOWN_PERSON,
        Doubt.SEVERAL_PEOPLE,
        Doubt.NO_GOODS,
        Doubt.UNKNOWN_GOODS,
        Doubt.SEVERAL_GOODS,
        Doubt.UNCLEAR_QUANTITY,
        Doubt.CANCELLED,
        Doubt.SAME_AGAIN,
    }
)


@dataclass(frozen=True, slots=True)
class Goods:
    """What is wanted in a piece of text: sale units by product code, what is left of it, and doubts.

    ``unknown`` are the words that look like goods and are not on offer.
    """

    items: tuple[tuple[str, int], ...]
    rest: str
    doubts: tuple[Doubt, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Who:
    """Whom a line is for: the code of a person where one was found, and what stood there."""

    code: str
    name: str
    door: str
    rest: str
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a roll-call as it was understood."""

    number: int | None
    text: str
    person: str
    name: str
    door: str
    items: tuple[tuple[str, int], ...]
    remark: str
    doubts: tuple[Doubt, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Tell whether it can be ordered as it is."""
        return not SERIOUS.intersection(self.doubts)
