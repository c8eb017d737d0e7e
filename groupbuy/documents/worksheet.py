"""One sheet as a worksheet part: lines above the table, the table, lines below it."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from groupbuy.documents import printing, styles
from groupbuy.documents.cells import CellWriter, text_writer, writer
from groupbuy.documents.measures import fitted, letters, lines_of, row_lines, width_of
from groupbuy.documents.sheet import Column, Group, Kind, Row, Sheet
from groupbuy.documents.strings import SharedStrings
from groupbuy.documents.styles import Style, StyleBook

LINE_POINTS = 17
PICTURE_POINTS = 62
SIGNATURE_POINTS = 36
MAX_POINTS = 409
_XMLNS = (
    'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)


class Picture(NamedTuple):
    """A text to stand as a QR code in a cell; row and column count from 0."""

    row: int
    column: int
    payload: str


class Worksheet:
    """A sheet written line by line; ``pictures`` are the QR codes, ``header_row`` counts from 1."""

    def __init__(self, sheet: Sheet, strings: SharedStrings, book: StyleBook, *, qr_codes: bool) -> None:
        self.sheet = sheet
        self.pictures: list[Picture] = []
        self._strings = strings
        self._styles = book
        self._rows: list[str] = []
        self._merges: list[str] = []
        columns = fitted(sheet)
        self._places = [
            place for place, column in enumerate(columns) if qr_codes or column.kind is not Kind.QR
        ]
        self._columns = [columns[place] for place in self._places]
        self._has_qr_codes = any(column.kind is Kind.QR for column in self._columns)
        self._width = sum(column.width for column in self._columns)
        self._measure = row_lines(sheet.columns)
        self._body_writers = self._writers(styles.body)
        self._sum_writers = self._writers(styles.sum_of)
        self._write_head()
        self.header_row = len(self._rows) + 1
        self._write_table()
        self._write_foot()

    def xml(self, *, selected: bool) -> str:
        """Return the worksheet part; ``selected`` for the tab that is open at first."""
        area = f"A1:{letters(len(self._columns) - 1)}{len(self._rows)}"
        parts = [
            f'<worksheet {_XMLNS}><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><dimension ref="{area}"/>',
            printing.view(self.sheet, len(self._columns), self.header_row, selected=selected),
            f'<sheetFormatPr defaultRowHeight="{LINE_POINTS}"/>',
            printing.widths(self._columns),
            f"<sheetData>{''.join(self._rows)}</sheetData>",
            self._merge_cells(),
            printing.setup(self.sheet),
            f'<ignoredErrors><ignoredError sqref="{area}" numberStoredAsText="1"/></ignoredErrors>',
            '<drawing r:id="rId1"/>' if self.pictures else "",
            "</worksheet>",
        ]
        return "".join(parts)

    def _write_head(self) -> None:
        if self.sheet.title:
            self._line(self.sheet.title, styles.TITLE)
        texts = [self._pair(pair) for pair in self.sheet.head]
        while texts:
            if len(texts) > 1 and self._fit_side_by_side(texts[:2]):
                self._two(texts.pop(0), texts.pop(0))
            else:
                self._line(texts.pop(0), styles.LINE)

    def _write_table(self) -> None:
        header = self._styles.number(styles.HEADER)
        titles = [
            text_writer(place, header, self._strings)(self.header_row, column.title)
            for place, column in enumerate(self._columns)
        ]
        lines = max(lines_of(column.title, column.width) for column in self._columns)
        self._add(titles, lines * LINE_POINTS + 4)
        for group in self.sheet.groups:
            self._write_group(group)
        if self.sheet.has_totals:
            self._write_sums(self.sheet.words.total, self.sheet.sums())

    def _writers(self, style_of: Callable[[Column], Style]) -> list[CellWriter]:
        return [
            writer(column.kind, place, self._styles.number(style_of(column)), self._strings)
            for place, column in enumerate(self._columns)
        ]

    def _write_group(self, group: Group) -> None:
        if group.heading:
            self._line(group.heading, styles.GROUP)
        self._find_pictures(group.rows)
        self._write_rows(group.rows)
        if group.subtotal and self.sheet.has_totals:
            self._write_sums(self.sheet.words.subtotal, self.sheet.sums(group.rows))

    def _write_rows(self, rows: Sequence[Row]) -> None:
        steps = list(zip(self._places, self._body_writers, strict=True))
        measure, least = self._measure, PICTURE_POINTS if self._has_qr_codes else 0
        for number, row in enumerate(rows, len(self._rows) + 1):
            cells = "".join([write(number, row[place]) for place, write in steps])
            self._rows.append(f'<row r="{number}"{_height(measure(row), least)}>{cells}</row>')

    def _find_pictures(self, rows: Sequence[Row]) -> None:
        for place, column in enumerate(self._columns):
            if column.kind is Kind.QR:
                cells = [row[self._places[place]] for row in rows]
                found = enumerate(cells, len(self._rows))
                self.pictures += [Picture(row, place, cell) for row, cell in found if isinstance(cell, str)]

    def _write_sums(self, label: str, sums: Row) -> None:
        number = len(self._rows) + 1
        first = next(place for place, column in enumerate(self._columns) if column.total)
        cells = self._merged(0, first, label, styles.SUM_LABEL)
        places = zip(self._sum_writers[first:], self._places[first:], strict=True)
        cells += [write(number, sums[place]) for write, place in places]
        self._add(cells, LINE_POINTS + 4)

    def _write_foot(self) -> None:
        for pair in self.sheet.closing:
            self._line(self._pair(pair), styles.STRONG_LINE)
        if self.sheet.signatures:
            lines = [f"{label}{self.sheet.words.colon}____________" for label in self.sheet.signatures]
            self._line("    ".join(lines), styles.LINE, SIGNATURE_POINTS)
        for note in self.sheet.notes:
            self._line(note, styles.NOTE)

    def _pair(self, pair: tuple[str, str]) -> str:
        label, value = pair
        return f"{label}{self.sheet.words.colon}{value}" if label else value

    def _line(self, text: str, style: Style, points: int = 0) -> None:
        estimate = lines_of(text, self._width * 10 // style.size) * (LINE_POINTS + style.size - 10) + 4
        self._add(self._merged(0, len(self._columns), text, style), points or estimate)

    def _two(self, left: str, right: str) -> None:
        middle, end = self._middle(), len(self._columns)
        cells = [*self._merged(0, middle, left, styles.LINE), *self._merged(middle, end, right, styles.LINE)]
        self._add(cells, LINE_POINTS + 4)

    def _merged(self, start: int, end: int, text: str, style: Style) -> list[str]:
        if start == end:
            return []
        number, look = len(self._rows) + 1, self._styles.number(style)
        if end - start > 1:
            self._merges.append(f"{letters(start)}{number}:{letters(end - 1)}{number}")
        blank = [f'<c r="{letters(place)}{number}" s="{look}"/>' for place in range(start + 1, end)]
        return [text_writer(start, look, self._strings)(number, text), *blank]

    def _middle(self) -> int:
        half, place, width = sum(column.width for column in self._columns) / 2, 0, 0
        while place < len(self._columns) - 1 and width < half:
            width += self._columns[place].width
            place += 1
        return place

    def _fit_side_by_side(self, texts: Sequence[str]) -> bool:
        middle = self._middle()
        halves = self._columns[:middle], self._columns[middle:]
        return middle > 0 and all(
            width_of(text) <= sum(column.width for column in half)
            for text, half in zip(texts, halves, strict=True)
        )

    def _add(self, cells: Iterable[str], points: int) -> None:
        number = len(self._rows) + 1
        self._rows.append(
            f'<row r="{number}" ht="{min(points, MAX_POINTS)}" customHeight="1">{"".join(cells)}</row>'
        )

    def _merge_cells(self) -> str:
        if not self._merges:
            return ""
        cells = "".join(f'<mergeCell ref="{area}"/>' for area in self._merges)
        return f'<mergeCells count="{len(self._merges)}">{cells}</mergeCells>'


def _height(lines: int, least: int) -> str:
    points = min(lines * LINE_POINTS + 4, MAX_POINTS)
    if least:
        return f' ht="{max(least, points)}" customHeight="1"'
    return f' ht="{points}"' if lines > 1 else ""
