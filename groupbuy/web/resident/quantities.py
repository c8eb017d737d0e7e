"""Quantities that a page sends, brought to what can be ordered."""

import re
from collections.abc import Iterable, Mapping

from groupbuy.campaigns.storefront import MOST_UNITS, Goods
from groupbuy.kernel.width import half_width
from groupbuy.orders.rules import MAX_LINES

_FIELD = re.compile(r"q(\d{1,15})", re.ASCII)
_MORE = re.compile(r"m(\d{1,15})", re.ASCII)
_STEP = re.compile(r"q(\d{1,15}):([+-]\d{1,4})", re.ASCII)
MAX_DIGITS = 6


def field_of(offer_id: int) -> str:
    """Return the name of an offer's quantity in a form."""
    return f"q{offer_id}"


def more_field_of(offer_id: int) -> str:
    """Return the name of how many units more of an offer are taken if that fills a case."""
    return f"m{offer_id}"


def more_in(form: Mapping[str, str]) -> dict[int, int]:
    """Return by offer how many units more a form says are taken if that fills a case."""
    found = {int(match[1]): text for name, text in form.items() if (match := _MORE.fullmatch(name))}
    return {offer_id: read(text) for offer_id, text in list(found.items())[: 2 * MAX_LINES]}


def offers_in(form: Iterable[str]) -> list[int]:
    """Return the offers whose quantities a form holds, as many as an order may have at most."""
    found = [int(match[1]) for name in form if (match := _FIELD.fullmatch(name))]
    return found[: 2 * MAX_LINES]


def read(text: str) -> int:
    """Return a whole number of 0 or more as people type it; anything else is 0."""
    plain = half_width(text)
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) <= MAX_DIGITS else 0


def snap(quantity: int, goods: Goods, *, up: bool) -> int:
    """Return the nearest quantity of the goods' steps; below the smallest none or, upwards, the smallest."""
    if quantity <= 0:
        return 0
    if quantity < goods.smallest:
        return goods.smallest if up else 0
    return -(-min(quantity, MOST_UNITS) // goods.multiple) * goods.multiple


def from_form(form: Mapping[str, str], shelf: Iterable[Goods]) -> dict[int, int]:
    """Return the quantities that a form holds for goods, with its step applied; goods not in it are left out.

    They may be more than there is: the cart says so beside the line.
    """
    step = _STEP.fullmatch(form.get("step", ""))
    wanted = {}
    for goods in shelf:
        text = form.get(field_of(goods.offer_id))
        if text is not None:
            delta = int(step[2]) if step and int(step[1]) == goods.offer_id else 0
            wanted[goods.offer_id] = snap(read(text) + delta, goods, up=delta >= 0)
    return wanted
