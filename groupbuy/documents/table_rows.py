"""The rows of a table as XML, a column at a time: a close writes millions of them."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, repeat

from groupbuy.documents.cells import Ends
from groupbuy.documents.measures import letters, row_lines
from groupbuy.documents.sheet import Cell, Column, Kind, Row
from groupbuy.documents.strings import SharedStrings

LINE_POINTS = 17
PICTURE_POINTS = 62
MAX_POINTS = 409


class RowWriter:
    """Writes rows of a sheet; ``places`` are those of its columns that are shown."""

    def __init__(
        self,
        columns: Sequence[Column],
        places: Sequence[int],
        style_of: Callable[[Column], int],
        strings: SharedStrings,
    ) -> None:
        shown = [columns[place] for place in places]
        self._places = places
        self._ends = [Ends(column.kind, style_of(column), strings) for column in shown]
        cells = "".join([f'<c r="{letters(place)}%s"%s' for place, _ in enumerate(shown)])
        self._template = f'<row r="%s"%s>{cells}</row>'
        self._lines = row_lines(columns)
        self._heights = _Heights(PICTURE_POINTS if any(one.kind is Kind.QR for one in shown) else 0)

    def write(self, rows: Sequence[Row], first: int) -> Iterator[str]:
        """Yield the XML of each row; ``first`` is the number of the first one, counted from 1."""
        if not rows:
            return iter(())
        columns: list[tuple[Cell, ...]] = list(zip(*rows, strict=True))
        numbers = [str(number) for number in range(first, first + len(rows))]
        cells = [
            map(ends.__getitem__, columns[place])
            for place, ends in zip(self._places, self._ends, strict=True)
        ]
        heights = map(self._heights.__getitem__, self._lines(columns))
        pairs = chain.from_iterable(zip(repeat(numbers), cells))
        return map(self._template.__mod__, zip(numbers, heights, *pairs, strict=True))


class _Heights(dict[int, str]):
    """The height of a row by the number of its lines; ``least`` in points where all have one."""

    def __init__(self, least: int) -> None:
        super().__init__()
        self._least = least

    def __missing__(self, lines: int) -> str:
        points = max(self._least, min(lines * LINE_POINTS + 4, MAX_POINTS))
        # A row of one line has the height of the sheet's rows.
        plain = lines == 1 and not self._least
        fixed = ' customHeight="1"' if self._least else ""
        self[lines] = height = "" if plain else f' ht="{points}"{fixed}'
        return height
