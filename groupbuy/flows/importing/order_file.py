"""The lines of an order file, column by column: a million of them take some 50 MB."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from groupbuy.flows.importing.sheet import Sheet

NONE = -1
NEVER = datetime.max.replace(tzinfo=UTC)

ORDER_REF, CAMPAIGN, RESIDENT, PLACED_AT, PRODUCT, QUANTITY = (
    "order_ref",
    "campaign_code",
    "resident_code",
    "placed_at",
    "product_code",
    "quantity",
)


def _numbers() -> "array[int]":
    return array("q")


class Numbers(dict[str, int]):
    """Texts, numbered as they first come; None, which could not be read, is NONE."""

    def __missing__(self, text: str | None) -> int:
        if text is None:
            return NONE
        self[text] = number = len(self)
        return number


@dataclass(slots=True)
class OrderFile:
    """Orders and lines of a file; texts are numbered in the order in which they first came.

    The line arrays stand side by side, the order arrays too; NONE and NEVER are what could not be
    read. A line is ``sound`` while no fault was found in it.
    """

    sheet: Sheet
    refs: Numbers = field(default_factory=Numbers)
    campaigns: Numbers = field(default_factory=Numbers)
    residents: Numbers = field(default_factory=Numbers)
    products: Numbers = field(default_factory=Numbers)
    campaign_of: "array[int]" = field(default_factory=_numbers)
    resident_of: "array[int]" = field(default_factory=_numbers)
    placed_at: list[datetime] = field(default_factory=list)
    rows: "array[int]" = field(default_factory=_numbers)
    order: "array[int]" = field(default_factory=_numbers)
    campaign: "array[int]" = field(default_factory=_numbers)
    resident: "array[int]" = field(default_factory=_numbers)
    product: "array[int]" = field(default_factory=_numbers)
    quantity: "array[int]" = field(default_factory=_numbers)
    sound: bytearray = field(default_factory=bytearray)
    _sorted: "array[int]" = field(default_factory=_numbers)
    _keys: "array[int]" = field(default_factory=_numbers)

    def read(self) -> None:
        """Read all rows, and refuse those that differ from the first of their order."""
        head, order, numbers, moment, whole, agrees = None, NONE, (NONE, NONE), NEVER, False, True
        for row, (*of_order, product, quantity) in self.sheet.rows():
            # The lines of an order mostly follow one another.
            known = of_order == head
            if not known:
                head = of_order
                order, moment = self._order(head[0]), head[3] or NEVER
                numbers = self.campaigns[head[1]], self.residents[head[2]]
                whole = order != NONE and NONE not in numbers and moment is not NEVER
            self.rows.append(row)
            self.order.append(order)
            self.campaign.append(numbers[0])
            self.resident.append(numbers[1])
            self.product.append(self.products[product])
            self.quantity.append(quantity or NONE)
            self.sound.append(whole and product is not None and quantity is not None)
            if not (known and agrees):
                self._agree(order, len(self.rows) - 1, moment)
                agrees = order == NONE or (*numbers, moment) == self._head(order)
        self._refuse_repeated_products()

    def _order(self, ref: str | None) -> int:
        if ref is None:
            return NONE
        order = self.refs[ref]
        if order == len(self.placed_at):
            self.placed_at.append(NEVER)
            self.campaign_of.append(NONE)
            self.resident_of.append(NONE)
        return order

    def _head(self, order: int) -> tuple[int, int, datetime]:
        return self.campaign_of[order], self.resident_of[order], self.placed_at[order]

    def _agree(self, order: int, line: int, moment: datetime) -> None:
        """Let a line tell its order's head what is not known yet, and refuse what differs."""
        if order == NONE:
            return
        self._agree_on(self.campaign_of, NONE, order, line, self.campaign[line], CAMPAIGN)
        self._agree_on(self.resident_of, NONE, order, line, self.resident[line], RESIDENT)
        self._agree_on(self.placed_at, NEVER, order, line, moment, PLACED_AT)

    def _agree_on(self, heads: Any, unknown: Any, order: int, line: int, value: Any, column: str) -> None:
        if heads[order] == unknown:
            heads[order] = value
        elif value not in (unknown, heads[order]):
            self.refuse(line, column, "inconsistent", f"Write the {column} of the order's first row.")

    def refuse(self, line: int, column: str, code: str, message: str) -> None:
        """Note a fault of a line."""
        self.sound[line] = False
        self.sheet.refuse(self.rows[line], column, code, message)

    def refuse_unknown(self, column: str, places: "array[int]", names: dict[str, int], found: Any) -> None:
        """Refuse lines that name something which is not found."""
        unknown = {number: name for name, number in names.items() if name not in found}
        for line, number in enumerate(places) if unknown else ():
            if number in unknown:
                advice = f"There is no {unknown[number]}; import it first."
                self.refuse(line, column, "unknown_reference", advice)

    def sound_lines(self) -> Iterator[int]:
        """Yield the lines without fault."""
        return (line for line, sound in enumerate(self.sound) if sound)

    def _refuse_repeated_products(self) -> None:
        keys = array("q", map(key_of, self.order, self.product))
        self._sorted = array("q", sorted(range(len(keys)), key=keys.__getitem__))
        self._keys = array("q", map(keys.__getitem__, self._sorted))
        first = 0
        for place in range(1, len(keys)):
            if self._keys[place] != self._keys[first]:
                first = place
            elif self.order[self._sorted[place]] != NONE and self.product[self._sorted[place]] != NONE:
                row = self.rows[self._sorted[first]]
                advice = f"Write one line for this product; row {row} of the order has it already."
                self.refuse(self._sorted[place], PRODUCT, "duplicate", advice)

    def find(self, order: int, product: int) -> int:
        """Return the first line of a product in an order, NONE where there is none."""
        place = bisect_left(self._keys, key_of(order, product))
        found = place < len(self._keys) and self._keys[place] == key_of(order, product)
        return self._sorted[place] if found else NONE

    def lines_of(self, order: int) -> list[int]:
        """Return the lines of an order in the order of the rows."""
        start = bisect_left(self._keys, key_of(order, NONE))
        end = bisect_left(self._keys, key_of(order + 1, NONE))
        return sorted(self._sorted[start:end])

    def refuse_orders(self, faults: Iterable[tuple[int, str, str, str]]) -> None:
        """Refuse every line of orders, given with column, code and message."""
        for order, column, code, message in faults:
            for line in self.lines_of(order):
                self.refuse(line, column, code, message)


def key_of(upper: int, lower: int) -> int:
    """Return one number for two, of which the second is below 2 ** 32; it sorts as the pair does."""
    return (upper << 32) + lower
