"""Labels for bags as PDF: 80 × 60 mm each, eight on an A4 page with lines to cut along."""

from collections.abc import Sequence
from dataclasses import dataclass

from groupbuy.documents.measures import width_of
from groupbuy.documents.qr import svg
from groupbuy.documents.sheet import Goods
from groupbuy.documents.text import clean
from groupbuy.documents.typesetting import set_pages

# So many lines of goods fit, of so many Latin characters each.
MOST_LINES, LINE_WIDTH = 6, 40


@dataclass(frozen=True, slots=True)
class Label:
    """What stands on one bag; ``place`` is its running number, ``more`` says what did not fit."""

    door: str
    name: str
    place: str
    goods: tuple[Goods, ...]
    more: str
    foot: str
    code: str


def write_labels(labels: Sequence[Label]) -> bytes:
    """Return the labels as one PDF in their order; raise ValueError when there is none."""
    if not labels:
        raise ValueError("labels need a bag")
    return set_pages("labels", [_values(one) for one in labels])


def _values(one: Label) -> dict[str, object]:
    goods = [(_cut(name), f"×{units}") for name, units in one.goods[:MOST_LINES]]
    if len(one.goods) > MOST_LINES:
        goods[-1] = (one.more, "")
    return {
        "door": clean(one.door) or "—",
        "name": clean(one.name),
        "place": one.place,
        "goods": goods,
        "foot": clean(one.foot),
        "code": one.code,
        "qr": svg(one.code),
    }


def _cut(name: str) -> str:
    """Return as much of a name as a line takes."""
    text, room = "", LINE_WIDTH
    for char in clean(name):
        room -= width_of(char)
        if room < 1:
            return f"{text}…"
        text += char
    return text
