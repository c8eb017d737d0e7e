"""View and print set-up of a worksheet: frozen header, A4, one page wide, page numbers, repeated header."""

from groupbuy.documents.measures import letters
from groupbuy.documents.sheet import Column, Sheet
from groupbuy.documents.text import xml_text

_A4 = 9


def view(sheet: Sheet, columns: int, header_row: int, *, selected: bool) -> str:
    """Return the view: the header, and the columns to keep in sight, stay when the rest is scrolled."""
    across = min(sheet.frozen_columns, columns - 1)
    split, pane = (f'xSplit="{across}" ', "bottomRight") if across else ("", "bottomLeft")
    tab = 'tabSelected="1" ' if selected else ""
    return (
        f'<sheetViews><sheetView showGridLines="0" {tab}workbookViewId="0">'
        f'<pane {split}ySplit="{header_row}" topLeftCell="{letters(across)}{header_row + 1}" '
        f'activePane="{pane}" state="frozen"/><selection pane="{pane}"/></sheetView></sheetViews>'
    )


def widths(columns: list[Column]) -> str:
    """Return the widths of the columns, with a little room for the borders."""
    parts = [
        f'<col min="{number}" max="{number}" width="{column.width + 1.5}" customWidth="1"/>'
        for number, column in enumerate(columns, 1)
    ]
    return f"<cols>{''.join(parts)}</cols>"


def setup(sheet: Sheet) -> str:
    """Return margins, paper and the footer with print time and page numbers.

    They stand on the left and on the right: in the middle a long name of the round would run into them.
    """
    # A space keeps the first digits of a date from being read as part of the font size.
    printed = f"&L&8 {sheet.printed[:100].replace('&', '&&')}" if sheet.printed else ""
    footer = xml_text(f"{printed}&R&9 {sheet.words.page.format(page='&P', pages='&N')}")
    return (
        '<printOptions horizontalCentered="1"/>'
        '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.6" header="0.3" footer="0.3"/>'
        f'<pageSetup paperSize="{_A4}" orientation="{"landscape" if sheet.landscape else "portrait"}" '
        'fitToWidth="1" fitToHeight="0"/>'
        f"<headerFooter><oddFooter>{footer}</oddFooter></headerFooter>"
    )


def repeated_header(tab: str, index: int, header_row: int) -> str:
    """Return the defined name that repeats the header row of the sheet with this index on every page."""
    quoted = xml_text(tab.replace("'", "''"))
    return (
        f'<definedName name="_xlnm.Print_Titles" localSheetId="{index}">'
        f"'{quoted}'!${header_row}:${header_row}</definedName>"
    )
