"""What an export workbook of another app says, as it was understood."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Doubt(StrEnum):
    """Name what a person should look at in an order."""

    NO_PHONE = "no_phone"
    SEVERAL_PHONES = "several_phones"
    SEVERAL_NAMES = "several_names"
    ROOM_DIFFERS = "room_differs"
    SPEC_DIFFERS = "spec_differs"
    PRICE_DIFFERS = "price_differs"
    UNCLEAR_QUANTITY = "unclear_quantity"
    UNCLEAR_AMOUNT = "unclear_amount"
    REFUNDED = "refunded"
    REDUCED = "reduced"
    FREIGHT = "freight"


# Such an order is not taken over unless somebody says so.
SERIOUS = frozenset({Doubt.NO_PHONE, Doubt.UNCLEAR_QUANTITY, Doubt.REFUNDED})


@dataclass(frozen=True, slots=True)
class Product:
    """A product of the other app; ``label`` is how its orders name it, the price is in fen per unit."""

    label: str
    name: str
    spec: str
    code: str
    price_fen: int


@dataclass(frozen=True, slots=True)
class Line:
    """Units of a product by its label, and what they cost together, in fen."""

    label: str
    units: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Customer:
    """Who ordered; ``phone`` is empty where the workbook has none that can be read."""

    key: str
    name: str
    phone: str
    room: str


@dataclass(frozen=True, slots=True)
class Purchase:
    """One order of the other app under its running number; ``rows`` are counted as a spreadsheet does.

    ``ref`` tells the order from all others, also when the workbook is exported again with more orders.
    """

    ref: str
    number: str
    rows: tuple[int, ...]
    customer: str
    lines: tuple[Line, ...]
    remark: str
    doubts: tuple[Doubt, ...] = ()

    @property
    def amount_fen(self) -> int:
        """Return what its goods cost."""
        return sum(line.amount_fen for line in self.lines)

    @property
    def units(self) -> int:
        """Return how many units it has."""
        return sum(line.units for line in self.lines)

    @property
    def is_sound(self) -> bool:
        """Tell whether it can be taken over as it is."""
        return bool(self.lines) and not SERIOUS.intersection(self.doubts)


@dataclass(frozen=True, slots=True)
class Difference:
    """Two figures that should be equal: what the workbook's summary says and what its orders add up to.

    ``about`` names a product or a buyer where the figure is of one; amounts are in fen.
    """

    figure: str
    about: str
    stated: int
    found: int


@dataclass(frozen=True, slots=True)
class Export:
    """A whole workbook; figures of its summary that are not there are not compared."""

    title: str
    started: str
    products: tuple[Product, ...]
    customers: Mapping[str, Customer]
    purchases: tuple[Purchase, ...]
    differences: tuple[Difference, ...]
    compared: int

    @property
    def units(self) -> int:
        """Return the units of all orders."""
        return sum(one.units for one in self.purchases)

    @property
    def amount_fen(self) -> int:
        """Return what the goods of all orders cost."""
        return sum(one.amount_fen for one in self.purchases)
