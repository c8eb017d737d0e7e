"""Numbers of rows as addresses and forms name them; one that no column holds names nothing."""

from typing import Any

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

# What a bigint holds, on both databases.
MAX_ROW_ID = 2**63 - 1
_MOST_DIGITS = 19


class RowId(IntegerConverter):
    """``<int:…>`` in an address: a larger number is no address of ours, so 404."""

    def __init__(self, url_map: Map, *args: Any, **options: Any) -> None:
        super().__init__(url_map, *args, **{"max": MAX_ROW_ID} | options)


def init_row_ids(app: Flask) -> None:
    """Bound the numbers of all addresses; call it before the first route is made."""
    app.url_map.converters["int"] = RowId


def row_id(text: str | None) -> int | None:
    """Return the number that a form or a query names, None for what is none; for versions, too."""
    if not text or not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        return None
    number = int(text)
    return number if number <= MAX_ROW_ID else None
