"""What a weight costs, how much more may be charged, and what a scale's barcode says. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.kernel.money import BASIS, divide_half_up

# Nobody orders a tonne; a thousandfold slip of the keyboard is refused.
MAX_GRAMS = 10**6
# A line that weighs so many times its estimate, or so small a part of it, is asked about.
SLIP = 3
# Several labels of one line are separated by a blank or a plus sign.
_BETWEEN = re.compile(r"[\s+＋,，]+")
_GRAMS = re.compile(r"0*([1-9][0-9]{0,6})(?:g|克)?", re.ASCII | re.IGNORECASE)
_BARCODE = re.compile(r"[0-9]{13}", re.ASCII)


@dataclass(frozen=True, slots=True)
class WeightPrice:
    """A price in fen for so many grams."""

    price_fen: int
    grams: int

    def of(self, grams: int) -> int:
        """Return what a weight costs, in fen, rounded once, half up."""
        return divide_half_up(self.price_fen * grams, self.grams)

    def weight_of(self, fen: int) -> int:
        """Return the weight that an amount buys, in grams, rounded half up; raise BadInput for a free one."""
        if not self.price_fen:
            raise BadInput("no_weight", "A price of zero tells no weight.")
        return divide_half_up(fen * self.grams, self.price_fen)


def settled(*, grams: int, price: WeightPrice, estimate_fen: int, cap_bp: int) -> int:
    """Return what a weighed line costs, in fen: its weight, at most the estimate and ``cap_bp`` of it more.

    Part fen of the cap are not charged.
    """
    return min(price.of(grams), estimate_fen + estimate_fen * cap_bp // BASIS)


def check_weight(grams: int, *, expected: int, sure: bool = False) -> None:
    """Raise BadInput for a weight that cannot be, RuleBroken ``unlikely_weight`` unless one is ``sure``."""
    if not 1 <= grams <= MAX_GRAMS:
        raise BadInput("out_of_range", f"Between 1 and {MAX_GRAMS} grams.", param="grams")
    if not sure and not expected <= grams * SLIP <= expected * SLIP * SLIP:
        raise RuleBroken(
            "unlikely_weight",
            f"About {expected} g were expected; confirm it if it is no slip.",
            param="grams",
        )


@dataclass(frozen=True, slots=True)
class ScaleLabel:
    """What a scale printed: the code of the goods, and grams or fen."""

    item: str
    grams: int | None
    fen: int | None


def read_label(barcode: str, layouts: Sequence[str]) -> ScaleLabel:
    """Return what a barcode of 13 digits says by the first layout whose prefix it has.

    A layout such as ``21IIIIIWWWWWC`` is the prefix, the digits of the goods' code, those of grams (or with
    P of fen), the check digit. Raise BadInput ``bad_barcode``.
    """
    if not _BARCODE.fullmatch(barcode) or check_digit(barcode[:12]) != barcode[12]:
        raise BadInput("bad_barcode", "This barcode was not read well; scan it again.", param="grams")
    for layout in layouts:
        if barcode.startswith(layout[: layout.index("I")]):
            amount = int(_digits(barcode, layout, "WP"))
            weighs = "W" in layout
            return ScaleLabel(
                _digits(barcode, layout, "I"), amount if weighs else None, None if weighs else amount
            )
    raise BadInput("bad_barcode", "This is no barcode of the scale.", param="grams")


def _digits(barcode: str, layout: str, letters: str) -> str:
    return "".join(digit for digit, place in zip(barcode, layout, strict=True) if place in letters)


def check_digit(twelve: str) -> str:
    """Return the last digit of an EAN-13 barcode."""
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(twelve))
    return str(-weighted % 10)


def read_weight(
    text: str, *, layouts: Sequence[str], items: Sequence[str], price: WeightPrice
) -> tuple[int, bool]:
    """Return the grams of a line as somebody typed or scanned them, and whether a scale said so.

    Several pieces are added up: ``512+498``, or two labels. ``items`` are the codes under which the scale
    may know the goods. Raise BadInput ``not_a_number``, ``bad_barcode``, ``wrong_product``.
    """
    parts = _parts(text)
    if not parts:
        raise BadInput("required", "Type the weight in grams.", param="grams")
    labels = [part for part in parts if _BARCODE.fullmatch(part)]
    grams = [
        _of_label(part, layouts, items, price) if part in labels else _typed_grams(part) for part in parts
    ]
    return sum(grams), bool(labels)


def _parts(text: str) -> list[str]:
    return [part for part in _BETWEEN.split(text.strip()) if part]


def check_labels(text: str, *, sure: bool = False) -> None:
    """Raise RuleBroken ``scanned_twice`` for a label that is there twice, unless one is ``sure``."""
    labels = [part for part in _parts(text) if _BARCODE.fullmatch(part)]
    if not sure and len(set(labels)) < len(labels):
        raise RuleBroken(
            "scanned_twice",
            "One label was scanned twice; confirm it if two pieces weigh exactly the same.",
            param="grams",
        )


def _typed_grams(text: str) -> int:
    match = _GRAMS.fullmatch(text)
    if match is None:
        raise BadInput("not_a_number", "Write whole grams, such as 1250.", param="grams")
    return int(match[1])


def _of_label(barcode: str, layouts: Sequence[str], items: Sequence[str], price: WeightPrice) -> int:
    label = read_label(barcode, layouts)
    known = {item.lstrip("0") for item in items if item.isascii() and item.isdigit()}
    if label.item.lstrip("0") not in known:
        raise BadInput("wrong_product", f"This label is of other goods ({label.item}).", param="grams")
    return label.grams if label.grams is not None else price.weight_of(label.fen or 0)
