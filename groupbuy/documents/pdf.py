"""Sheets as PDF for print: A4, header on every page, sums per page and overall.

The typesetter takes about 20 kB a cell while it works. So small sheets are set some at a time, a large
one in pieces that end where a page ends, and the files are joined.
"""

import re
import tempfile
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path

from groupbuy.documents.languages import in_readers_language
from groupbuy.documents.print_data import Json, PrintData
from groupbuy.documents.print_pieces import set_in_pieces
from groupbuy.documents.sheet import Sheet
from groupbuy.documents.text import clean
from groupbuy.documents.typesetting import set_pages

CONTENT_TYPE = "application/pdf"
CELLS_AT_ONCE = 6_000
_PAGE = re.compile(rb"/Type\s*/Page\b")


def write_pdf(sheets: Sequence[Sheet], *, cells_at_once: int = CELLS_AT_ONCE) -> bytes:
    """Return one PDF of all sheets, each from a new page on and with its own page numbers.

    Memory grows with the cells set at once, not with those of a sheet; the pages do not depend on it.
    Raise ValueError when there is no sheet.
    """
    if not sheets:
        raise ValueError("a PDF needs a sheet")
    sheets = [in_readers_language(sheet) for sheet in sheets]
    if sum(map(_cells, sheets)) <= cells_at_once:
        return _set_whole(sheets)
    with tempfile.TemporaryDirectory() as folder:
        joined = {"title": clean(sheets[0].title), "parts": _set_parts(sheets, Path(folder), cells_at_once)}
        return set_pages("joined", joined, folder=folder)


def _cells(sheet: Sheet) -> int:
    return len(sheet.columns) * (5 + sum(len(group.rows) + 2 for group in sheet.groups))


def _batches(sheets: Sequence[Sheet], cells_at_once: int) -> Iterator[list[Sheet]]:
    """Yield sheets that are set together; a sheet that is larger alone."""
    batch: list[Sheet] = []
    cells = 0
    for sheet in sheets:
        more = _cells(sheet)
        if batch and cells + more > cells_at_once:
            yield batch
            batch, cells = [], 0
        batch.append(sheet)
        cells += more
    yield batch


def _set_parts(sheets: Sequence[Sheet], folder: Path, cells_at_once: int) -> list[Json]:
    """Write files of some sheets, or of a piece of one, into a folder; return what to take of each."""
    parts: list[Json] = []
    for number, batch in enumerate(_batches(sheets, cells_at_once)):
        if _cells(batch[0]) > cells_at_once:
            parts += _set_large(batch[0], folder, number, cells_at_once)
        else:
            content, file = _set_whole(batch), f"{number}.pdf"
            (folder / file).write_bytes(content)
            parts.append({"file": file, "pages": len(_PAGE.findall(content)), "foot": None})
    return parts


def _set_large(sheet: Sheet, folder: Path, number: int, cells_at_once: int) -> list[Json]:
    data = PrintData(sheet)
    taken: list[tuple[str, int]] = []
    for content, pages in set_in_pieces(data, max(1, cells_at_once // len(sheet.columns))):
        file = f"{number}-{len(taken)}.pdf"
        (folder / file).write_bytes(content)
        taken.append((file, len(_PAGE.findall(content)) if pages is None else pages))
    foot = data.foot() | {"pages": sum(pages for _, pages in taken)}
    before = accumulate((pages for _, pages in taken), initial=0)
    # A piece cannot know how many pages there will be, so its feet are set when the files are joined.
    return [
        {"file": file, "pages": pages, "before": so_far, "foot": foot}
        for (file, pages), so_far in zip(taken, before, strict=False)
    ]


def _set_whole(sheets: Sequence[Sheet]) -> bytes:
    return set_pages("sheet", [PrintData(sheet).whole() for sheet in sheets])
