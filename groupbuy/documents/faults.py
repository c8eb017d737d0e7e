"""What is wrong with a file from outside, by row and column as its owner sees them."""

from collections.abc import Sequence
from typing import NamedTuple

from groupbuy.kernel.errors import BadInput


class Fault(NamedTuple):
    """A fault in a table: the row as a spreadsheet counts it, the header of the column, code and sentence.

    A fault of the whole file stands in row 1 and has no column.
    """

    row: int
    column: str
    code: str
    message: str


class UnreadableTable(BadInput):
    """Say why a file cannot be read as a table; ``faults`` lists everything found so far."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(faults[0].code, faults[0].message)
        self.faults = tuple(faults)


def of_file(code: str, message: str) -> UnreadableTable:
    """Return the error for a fault of the whole file."""
    return UnreadableTable([Fault(1, "", code, message)])
