"""What a kind of file looks like: its columns, and how each cell is read."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any
from zoneinfo import ZoneInfo

from groupbuy.kernel.errors import BadInput

CACHED_CELLS = 50_000

Read = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its header, how a cell is read, and the field of the table it fills.

    ``required`` refuses a blank cell, which else means ``blank``. ``optional`` lets the file go
    without the column; what is stored then stays. ``exact`` keeps the spaces around a text.
    ``zoned`` hands the region's time zone to the reader.
    """

    name: str
    parse: Callable[..., Any]
    field: str = ""
    required: bool = False
    optional: bool = False
    exact: bool = False
    zoned: bool = False
    blank: Any = None

    def reader(self, zone: ZoneInfo) -> Read:
        """Return a function from a cell's text to its value; it raises BadInput."""
        parse = partial(self.parse, zone=zone) if self.zoned else self.parse
        read = partial(self._read, parse)
        # Names rarely repeat; everything else does, and a date takes long to read.
        return read if self.exact else lru_cache(CACHED_CELLS)(read)

    def _read(self, parse: Read, text: str) -> Any:
        trimmed = text.strip()
        if trimmed:
            return parse(text if self.exact else trimmed)
        if self.required:
            raise BadInput("required", f"Fill in {self.name}.")
        return self.blank


def field_of(column: Column) -> str:
    """Return the field of the table that a column fills."""
    return column.field or column.name
