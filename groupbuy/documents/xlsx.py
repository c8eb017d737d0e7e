"""Workbooks: sheets put together into one xlsx file.

Written by hand instead of with a library because a close makes thousands of them; see
docs/decisions/0002-one-spreadsheet-writer.md. The same sheets always give the same bytes.
"""

import io
import re
import zipfile
from collections.abc import Sequence

from groupbuy.documents import printing
from groupbuy.documents.drawing import add_drawing
from groupbuy.documents.languages import in_readers_language
from groupbuy.documents.package import OFFICE, PACKAGE, add_part, relationships
from groupbuy.documents.progress import Note, silent
from groupbuy.documents.sheet import Sheet
from groupbuy.documents.strings import SharedStrings
from groupbuy.documents.styles import StyleBook
from groupbuy.documents.text import clean, xml_attribute
from groupbuy.documents.worksheet import Worksheet

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_TAB = 31
_TYPE = "application/vnd.openxmlformats-officedocument"
_FORBIDDEN_IN_TAB = re.compile(r"[\[\]:*?/\\\n\t]")


def write_xlsx(sheets: Sequence[Sheet], *, qr_codes: bool = True, note: Note = silent) -> bytes:
    """Return a workbook with a tab per sheet.

    Without ``qr_codes`` columns of that kind are left out: drawing a code takes longer than writing
    its whole row. ``note`` hears now and then how many rows of a table are written. Raise ValueError
    when there is no sheet.
    """
    if not sheets:
        raise ValueError("a workbook needs a sheet")
    strings, book = SharedStrings(), StyleBook()
    sheets = [in_readers_language(sheet) for sheet in sheets]
    worksheets = [Worksheet(sheet, strings, book, qr_codes=qr_codes, note=note) for sheet in sheets]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        _add_frame(package, worksheets)
        for number, worksheet in enumerate(worksheets, 1):
            add_part(package, f"xl/worksheets/sheet{number}.xml", worksheet.xml(selected=number == 1))
            if worksheet.pictures:
                add_drawing(package, number, worksheet.pictures)
        add_part(package, "xl/styles.xml", book.xml())
        add_part(package, "xl/sharedStrings.xml", strings.xml())
    return out.getvalue()


def tab_name(text: str) -> str:
    """Return a text as the name of a tab: no forbidden characters, at most 31 long, never empty."""
    plain = _FORBIDDEN_IN_TAB.sub(" ", clean(text)).strip(" '")
    name = _cut(plain, MAX_TAB).strip(" '")
    return name if name and name.lower() != "history" else "Sheet"


def _cut(text: str, length: int) -> str:
    # A spreadsheet counts UTF-16 units, of which an emoji takes two.
    return text.encode("utf-16-le")[: 2 * length].decode("utf-16-le", "ignore")


def _tabs(sheets: Sequence[Sheet]) -> list[str]:
    taken: dict[str, str] = {}
    for sheet in sheets:
        name = first = tab_name(sheet.name or sheet.title)
        number = 1
        while name.lower() in taken:
            number += 1
            name = f"{_cut(first, MAX_TAB - len(str(number)) - 1)} {number}"
        taken[name.lower()] = name
    return list(taken.values())


def _add_frame(package: zipfile.ZipFile, worksheets: Sequence[Worksheet]) -> None:
    add_part(package, "[Content_Types].xml", _content_types(worksheets))
    add_part(package, "_rels/.rels", relationships([("officeDocument", "xl/workbook.xml")]))
    add_part(package, "xl/workbook.xml", _workbook(worksheets))
    targets = [("worksheet", f"worksheets/sheet{number}.xml") for number, _ in enumerate(worksheets, 1)]
    targets += [("styles", "styles.xml"), ("sharedStrings", "sharedStrings.xml")]
    add_part(package, "xl/_rels/workbook.xml.rels", relationships(targets))


def _workbook(worksheets: Sequence[Worksheet]) -> str:
    tabs = _tabs([worksheet.sheet for worksheet in worksheets])
    sheets = [
        f'<sheet name="{xml_attribute(tab)}" sheetId="{number}" r:id="rId{number}"/>'
        for number, tab in enumerate(tabs, 1)
    ]
    headers = [
        printing.repeated_header(tab, index, worksheet.header_row)
        for index, (tab, worksheet) in enumerate(zip(tabs, worksheets, strict=True))
    ]
    return (
        f'<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="{OFFICE}">'
        "<bookViews><workbookView/></bookViews>"
        f"<sheets>{''.join(sheets)}</sheets><definedNames>{''.join(headers)}</definedNames></workbook>"
    )


def _content_types(worksheets: Sequence[Worksheet]) -> str:
    parts = [("xl/workbook.xml", f"{_TYPE}.spreadsheetml.sheet.main+xml")]
    for number, worksheet in enumerate(worksheets, 1):
        parts.append((f"xl/worksheets/sheet{number}.xml", f"{_TYPE}.spreadsheetml.worksheet+xml"))
        if worksheet.pictures:
            parts.append((f"xl/drawings/drawing{number}.xml", f"{_TYPE}.drawing+xml"))
    parts.append(("xl/styles.xml", f"{_TYPE}.spreadsheetml.styles+xml"))
    parts.append(("xl/sharedStrings.xml", f"{_TYPE}.spreadsheetml.sharedStrings+xml"))
    overrides = [f'<Override PartName="/{path}" ContentType="{kind}"/>' for path, kind in parts]
    return (
        f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="png" ContentType="image/png"/>'
        f"{''.join(overrides)}</Types>"
    )
