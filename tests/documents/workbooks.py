"""Workbooks of people as the tests of reading make them, and the faults that are found in them."""

import io
import zipfile

import openpyxl
import pytest

from groupbuy.documents.faults import UnreadableTable
from groupbuy.documents.reading import read_table
from tests.documents import samples


def workbook(*rows, change=None) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for cell in [cell for row in book.active.iter_rows() for cell in row]:
        if cell.data_type == "f" and cell.value in samples.DANGEROUS:
            cell.data_type = "s"
    if change:
        change(book.active)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def faults_of(content: bytes, name: str = "a.csv") -> list[tuple[int, str, str]]:
    with pytest.raises(UnreadableTable) as caught:
        read_table(content, name)
    assert all(fault.message.endswith(".") for fault in caught.value.faults)
    return [fault[:3] for fault in caught.value.faults]


def with_part(content: bytes, ending: str, *replacements: bytes) -> bytes:
    """Return a workbook in which one part was changed: (new) whole, or (old, new, old) whichever is there."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            if name.endswith(ending):
                first, value, *others = replacements
                for text in (first, *others):
                    part = part.replace(text, value)
            new.writestr(name, part)
    return out.getvalue()
