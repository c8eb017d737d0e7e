"""One sheet as a worksheet part: lines above the table, the table, lines below it."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from groupbuy.documents import printing, styles
from groupbuy.documents.cells import Ends, text_cell
from groupbuy.documents.measures import fitted, letters, lines_of, width_of
from groupbuy.documents.progress import Note, counted, silent
from groupbuy.documents.sheet import Group, Kind, Row, Sheet
from groupbuy.documents.strings import SharedStrings
from groupbuy.documents.styles import Style, StyleBook
from groupbuy.documents.table_rows import LINE_POINTS, MAX_POINTS, RowWriter

SIGNATURE_POINTS = 36
_ROW = "#"
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

    def __init__(
        self, sheet: Sheet, strings: SharedStrings, book: StyleBook, *, qr_codes: bool, note: Note = silent
    ) -> None:
        self.sheet = sheet
        self._note = note
        self.pictures: list[Picture] = []
        self._strings = strings
        self._styles = book
        self._rows: list[str] = []
        self._merges: list[str] = []
        self._merged_cells: dict[tuple[int, int, Style], tuple[str, str]] = {}
        columns = fitted(sheet)
        self._places = [
            place for place, column in enumerate(columns) if qr_codes or column.kind is not Kind.QR
        ]
        self._columns = [columns[place] for place in self._places]
        self._letters = [letters(place) for place, _ in enumerate(self._columns)]
        self._width = sum(column.width for column in self._columns)
        self._body = RowWriter(
            columns, self._places, lambda column: book.number(styles.body(column)), strings
        )
        self._sum_ends = [
            Ends(column.kind, book.number(styles.sum_of(column)), strings) for column in self._columns
        ]
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
            text_cell(letter, self.header_row, header, self._strings.number(column.title))
            for letter, column in zip(self._letters, self._columns, strict=True)
        ]
        lines = max(lines_of(column.title, column.width) for column in self._columns)
        self._add(titles, lines * LINE_POINTS + 4)
        for group in self.sheet.groups:
            self._write_group(group)
        if self.sheet.has_totals:
            self._write_sums(self.sheet.words.total, self.sheet.sums())

    def _write_group(self, group: Group) -> None:
        if group.heading:
            self._line(group.heading, styles.GROUP)
        self._find_pictures(group.rows)
        self._rows += counted(self._body.write(group.rows, len(self._rows) + 1), self._note)
        if group.subtotal and self.sheet.has_totals:
            self._write_sums(self.sheet.words.subtotal, self.sheet.sums(group.rows))

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
        shown = [
            (self._letters[place], self._sum_ends[place], self._places[place])
            for place in range(first, len(self._places))
        ]
        cells += [f'<c r="{letter}{number}"{ends[sums[place]]}' for letter, ends, place in shown]
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
        number, key = len(self._rows) + 1, (start, end, style)
        area, cells = self._merged_cells.get(key) or self._merged_cells.setdefault(
            key, _merged_cells(self._letters[start:end], self._styles.number(style))
        )
        if area:
            self._merges.append(area.replace(_ROW, str(number)))
        return [cells.replace(_ROW, str(number)) % self._strings.number(text)]

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


def _merged_cells(letters: Sequence[str], style: int) -> tuple[str, str]:
    """Return the area (none for one cell) and the cells, with places for the row and the shared string."""
    area = f"{letters[0]}{_ROW}:{letters[-1]}{_ROW}" if len(letters) > 1 else ""
    blank = "".join([f'<c r="{letter}{_ROW}" s="{style}"/>' for letter in letters[1:]])
    return area, f'<c r="{letters[0]}{_ROW}" s="{style}" t="s"><v>%s</v></c>{blank}'
