"""The order in which people expect codes, buildings and rooms."""

import re

_NUMBER = re.compile(r"(\d+)", re.ASCII)


def natural_key(text: str) -> tuple[tuple[int, str], ...]:
    """Return a key that sorts the numbers inside texts by their value: ``3-2`` before ``3-10``."""
    parts = _NUMBER.split(text)
    # Texts and numbers alternate. A number is compared by its length first, however long it is.
    digits = [part.lstrip("0") if place % 2 else part for place, part in enumerate(parts)]
    return tuple((len(part) if place % 2 else 0, part) for place, part in enumerate(digits))
