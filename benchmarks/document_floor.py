"""The floors of the documents, each on as many processes as the documents get, nothing but writing counted.

One is the fastest spreadsheet writer found on the same rows, without styles, sums or QR codes. The other
is the writer we chose on the same sheets, without reading orders and without putting sheets together.
"""

import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import chain
from multiprocessing import get_context
from pathlib import Path

from python_calamine import CalamineWorkbook
from rustpy_xlsxwriter import write_worksheet

from groupbuy.app import papers, settings_of
from groupbuy.app.factory import create_app
from groupbuy.app.papers import LEADER_KINDS, ROUND_KINDS, Document, Source
from groupbuy.config import load_settings
from groupbuy.db import db
from groupbuy.documents.xlsx import write_xlsx
from groupbuy.kernel.clock import utc_now
from groupbuy.orders.by_leader import leaders_with_orders
from groupbuy.purchasing.printed import suppliers_with_orders

PROCESSES = min(os.cpu_count() or 1, 8)


def measure(files: Sequence[Path], folder: Path, round_name: str) -> tuple[float, float]:
    """Return the seconds of the fastest writer and of ours to write what is in the files anew."""
    parts = range(PROCESSES)
    with ProcessPoolExecutor(PROCESSES, get_context("spawn")) as pool:
        fastest = [
            pool.submit(_fastest, files[part::PROCESSES], folder / f"floor{part}.xlsx") for part in parts
        ]
        fastest_seconds = max(one.result() for one in fastest)
        ours = [pool.submit(_ours, round_name, part) for part in parts]
        return fastest_seconds, max(one.result() for one in ours)


def _fastest(files: Sequence[Path], target: Path) -> float:
    seconds = 0.0
    for path in files:
        rows = _rows(path)
        begin = time.perf_counter()
        write_worksheet(rows, str(target))
        seconds += time.perf_counter() - begin
    return seconds


def _rows(path: Path) -> list[dict[str, object]]:
    """Return the rows of all tabs as the writer wants them: a dictionary each."""
    book = CalamineWorkbook.from_path(str(path))
    return [
        {f"c{place}": cell if isinstance(cell, int | float) else str(cell) for place, cell in enumerate(row)}
        for name in book.sheet_names
        for row in book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    ]


def _ours(round_name: str, part: int) -> float:
    app, seconds = create_app(load_settings(os.environ)), 0.0
    with app.app_context():
        source = papers.source_of(round_name, settings_of(app).timezone, printed_at=utc_now())
        for document in _documents(source, part):
            begin = time.perf_counter()
            write_xlsx([*document.sheets, *document.annexes])
            seconds += time.perf_counter() - begin
        db.session.rollback()
    return seconds


def _documents(source: Source, part: int) -> Iterator[Document]:
    leaders = [leader.id for leader in leaders_with_orders(source.round_id)]
    suppliers = [supplier[0] for supplier in suppliers_with_orders(source.round_id)]
    kinds = list(ROUND_KINDS.values())[part::PROCESSES]
    return chain(
        *(make(source) for make in kinds),
        papers.leader_documents(source, leaders[part::PROCESSES], list(LEADER_KINDS)),
        papers.purchase_orders(source, suppliers[part::PROCESSES]),
    )
