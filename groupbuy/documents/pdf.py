"""Sheets as PDF for print, set by typst: A4, header on every page, sums per page and overall."""

import functools
import json
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pylopdf_fonts_zh_cn
import typst

from groupbuy.documents.print_data import print_data
from groupbuy.documents.sheet import Sheet
from groupbuy.documents.text import clean
from groupbuy.paths import static_dir

CONTENT_TYPE = "application/pdf"

# The typesetter takes about 20 kB a cell while it works; more sheets than this are set in batches and joined.
_BATCH_CELLS = 6_000
# It keeps what it has computed for ten more documents, in case they are alike. Ours are not.
_KEPT_FOR = 10
_PAGE = re.compile(rb"/Type\s*/Page\b")
_JOIN = b"""
#let input = json(bytes(sys.inputs.pages))
#set document(title: input.title, date: none)
#set page(width: auto, height: auto, margin: 0pt)
#for (file, pages) in input.files {
  for number in range(pages) { page(image(file, page: number + 1)) }
}
"""


def write_pdf(sheets: Sequence[Sheet]) -> bytes:
    """Return one PDF of all sheets, each from a new page on and with its own page numbers.

    Raise ValueError when there is no sheet.
    """
    if not sheets:
        raise ValueError("a PDF needs a sheet")
    parts = [_set(batch) for batch in _batches(sheets)]
    return parts[0] if len(parts) == 1 else _joined(parts, sheets[0].title)


def _batches(sheets: Sequence[Sheet]) -> Iterator[list[Sheet]]:
    batch: list[Sheet] = []
    cells = 0
    for sheet in sheets:
        weight = len(sheet.columns) * (5 + sum(len(group.rows) + 2 for group in sheet.groups))
        if batch and cells + weight > _BATCH_CELLS:
            yield batch
            batch, cells = [], 0
        batch.append(sheet)
        cells += weight
    yield batch


def _set(sheets: Sequence[Sheet]) -> bytes:
    data = json.dumps([print_data(sheet) for sheet in sheets], ensure_ascii=False)
    return _compile(_template(), {"sheets": data})


def _joined(parts: Sequence[bytes], title: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for number, part in enumerate(parts):
            Path(folder, f"{number}.pdf").write_bytes(part)
            files.append((f"{number}.pdf", len(_PAGE.findall(part))))
        return _compile(_JOIN, {"pages": json.dumps({"title": clean(title), "files": files})}, folder)


def _compile(source: bytes, inputs: dict[str, str], folder: str = "") -> bytes:
    # Tags would make the file eight times as large; a screen reader is better off with the workbook.
    compiler = typst.Compiler(root=folder or None, font_paths=_fonts(), sys_inputs=inputs)
    content = compiler.compile(source, format="pdf", timestamp=0, pdf_tags=False)
    for _ in range(_KEPT_FOR):
        typst.query(b" ", "heading", font_paths=_fonts())
    if not isinstance(content, bytes):
        raise TypeError("one file was expected")
    return content


@functools.cache
def _template() -> bytes:
    return (Path(__file__).parent / "sheet.typ").read_bytes()


@functools.cache
def _fonts() -> typst.Fonts:
    # None of the system: the same sheet gives the same pages on every machine.
    folders = [pylopdf_fonts_zh_cn.sans_path().parent, static_dir() / "vendor" / "fonts"]
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)
