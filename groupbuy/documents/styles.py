"""How cells look in a workbook: every style that a sheet needs, and the part that lists them."""

import functools
from dataclasses import dataclass, replace

from groupbuy.documents.sheet import Column, Kind

FONT = "微软雅黑"
MONEY_FORMAT = "¥#,##0.00"
HEADER_FILL = "FFE3EFE8"
GROUP_FILL = "FFF1F5F3"
_GREY = "FF565F6B"

# Number formats of our own start at 164; below are those every spreadsheet knows.
_FORMATS = {"": 0, "0": 1, "0.00%": 10, "@": 49, MONEY_FORMAT: 164}
_KIND_FORMATS = {
    Kind.INTEGER: "0",
    Kind.QUANTITY: "0",
    Kind.MONEY: MONEY_FORMAT,
    Kind.RATE: "0.00%",
    Kind.CODE: "@",
}


@dataclass(frozen=True, slots=True)
class Style:
    """The look of a cell; ``quoted`` keeps a text a text even after somebody has edited it."""

    bold: bool = False
    size: int = 10
    color: str = ""
    fill: str = ""
    border: bool = False
    align: str = "left"
    number: str = ""
    quoted: bool = False


TITLE = Style(bold=True, size=16, align="center", quoted=True)
LINE = Style(quoted=True)
STRONG_LINE = Style(bold=True, size=11, quoted=True)
NOTE = Style(size=9, color=_GREY, quoted=True)
HEADER = Style(bold=True, fill=HEADER_FILL, border=True, align="center", quoted=True)
SUM_LABEL = Style(bold=True, fill=GROUP_FILL, border=True, align="right", quoted=True)
GROUP = Style(bold=True, fill=GROUP_FILL, border=True, quoted=True)


@functools.lru_cache(maxsize=512)
def body(column: Column) -> Style:
    """Return the style of a column's cells."""
    number = _KIND_FORMATS.get(column.kind, "")
    quoted = column.kind in {Kind.TEXT, Kind.GOODS}
    bold = column.kind is Kind.QUANTITY
    return Style(bold=bold, border=True, align=column.side, number=number, quoted=quoted)


@functools.lru_cache(maxsize=512)
def sum_of(column: Column) -> Style:
    """Return the style of the cell of a column's sum, or of its empty place in a line of sums."""
    return replace(body(column), bold=True, fill=GROUP_FILL)


class StyleBook:
    """Numbers styles as they come and writes the styles part of a workbook."""

    def __init__(self) -> None:
        self._numbers: dict[Style, int] = {Style(): 0}

    def number(self, style: Style) -> int:
        """Return the style's number in this workbook."""
        return self._numbers.setdefault(style, len(self._numbers))

    def xml(self) -> str:
        """Return ``xl/styles.xml``."""
        return _styles_part(tuple(self._numbers))


# Thousands of workbooks of the same kind have the same styles.
@functools.lru_cache(maxsize=64)
def _styles_part(styles: tuple[Style, ...]) -> str:
    fonts, fills = _Distinct(), _Distinct()
    fills.number('<fill><patternFill patternType="none"/></fill>')
    fills.number('<fill><patternFill patternType="gray125"/></fill>')
    formats = [_format(style, fonts.number(_font(style)), fills.number(_fill(style))) for style in styles]
    return (
        '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f'<numFmts count="1"><numFmt numFmtId="164" formatCode="{MONEY_FORMAT}"/></numFmts>'
        f"{fonts.xml('fonts')}{fills.xml('fills')}{_BORDERS}"
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        f'<cellXfs count="{len(formats)}">{"".join(formats)}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
        "</styleSheet>"
    )


class _Distinct:
    def __init__(self) -> None:
        self._parts: dict[str, int] = {}

    def number(self, part: str) -> int:
        return self._parts.setdefault(part, len(self._parts))

    def xml(self, name: str) -> str:
        return f'<{name} count="{len(self._parts)}">{"".join(self._parts)}</{name}>'


_EDGES = "".join(
    f'<{edge} style="thin"><color rgb="FF8C959F"/></{edge}>' for edge in ("left", "right", "top", "bottom")
)
_BORDERS = (
    '<borders count="2"><border><left/><right/><top/><bottom/><diagonal/></border>'
    f"<border>{_EDGES}<diagonal/></border></borders>"
)


def _font(style: Style) -> str:
    bold = "<b/>" if style.bold else ""
    color = f'<color rgb="{style.color}"/>' if style.color else ""
    return f'<font>{bold}<sz val="{style.size}"/>{color}<name val="{FONT}"/><family val="2"/></font>'


def _fill(style: Style) -> str:
    if not style.fill:
        return '<fill><patternFill patternType="none"/></fill>'
    return f'<fill><patternFill patternType="solid"><fgColor rgb="{style.fill}"/></patternFill></fill>'


def _format(style: Style, font: int, fill: int) -> str:
    quoted = ' quotePrefix="1"' if style.quoted else ""
    return (
        f'<xf numFmtId="{_FORMATS[style.number]}" fontId="{font}" fillId="{fill}" '
        f'borderId="{int(style.border)}" xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1" '
        f'applyBorder="1" applyAlignment="1"{quoted}>'
        f'<alignment horizontal="{style.align}" vertical="center" wrapText="1"/></xf>'
    )
