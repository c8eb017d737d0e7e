"""The floor of the documents: the fastest spreadsheet writer on the same rows, without styles or figures."""

import time
from collections.abc import Sequence
from pathlib import Path

from python_calamine import CalamineWorkbook
from rustpy_xlsxwriter import write_worksheet


def measure(files: Sequence[Path], folder: Path) -> float:
    """Return the seconds to write the rows of the files anew, nothing else."""
    tables = [_rows(path) for path in files]
    target = str(folder / "floor.xlsx")
    begin = time.perf_counter()
    for table in tables:
        write_worksheet(table, target)
    return time.perf_counter() - begin


def _rows(path: Path) -> list[dict[str, object]]:
    """Return the rows of all tabs as the writer wants them: a dictionary each."""
    book = CalamineWorkbook.from_path(str(path))
    return [
        {f"c{place}": cell if isinstance(cell, int | float) else str(cell) for place, cell in enumerate(row)}
        for name in book.sheet_names
        for row in book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    ]
