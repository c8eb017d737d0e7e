"""The language in which documents are written: Chinese, in which sheets are put down, or their reader's.

Titles, labels and notes of a sheet are brought into it when the sheet is written. What stands in cells,
in values and in names of files is said by whoever makes them, so that what people wrote stays as it is.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import astuple, replace

from groupbuy.documents.catalogues import SHEET_CONTEXT, catalogue, translated
from groupbuy.documents.sheet import Column, Sheet, Words

CHINESE = "zh"
_CHINESE_LETTERS = re.compile("[\u4e00-\u9fff]")
_reader: ContextVar[str] = ContextVar("reader", default=CHINESE)


def read_in(language: str) -> None:
    """Write documents in a language from here on: for the rest of a request."""
    _reader.set(language)


def readers_language() -> str:
    """Return the language in which documents are written now."""
    return _reader.get()


@contextmanager
def written_in(language: str) -> Iterator[None]:
    """Write documents in a language for a while."""
    former = _reader.set(language)
    try:
        yield
    finally:
        _reader.reset(former)


def said(text: str) -> str:
    """Return a Chinese text of ours, with values or without, in the language of whoever reads it."""
    language = _reader.get()
    return text if language == CHINESE else translated(text, language, SHEET_CONTEXT)


def all_said(texts: Mapping[str, str]) -> dict[str, str]:
    """Return texts of ours by what they stand for, in the language of whoever reads them."""
    return {name: said(text) for name, text in texts.items()}


def in_readers_language(sheet: Sheet) -> Sheet:
    """Return a sheet with its titles, labels and notes in the language of whoever reads it.

    One whose title is in no catalogue, or that has none, is left as it is: its heads are read back, or
    prescribed by somebody else.
    """
    if _reader.get() == CHINESE or not sheet.title or _CHINESE_LETTERS.search(_exactly(sheet.title)):
        return sheet
    return replace(
        sheet,
        title=_exactly(sheet.title),
        name=_exactly(sheet.name),
        columns=[_column(column) for column in sheet.columns],
        head=_labelled(sheet.head),
        closing=_labelled(sheet.closing),
        notes=[_exactly(note) for note in sheet.notes],
        signatures=[_exactly(label) for label in sheet.signatures],
        words=Words(*map(_exactly, astuple(sheet.words))),
    )


def _exactly(text: str) -> str:
    # Nothing is matched with holes here: labels stand beside what people wrote.
    return catalogue(_reader.get()).pgettext(SHEET_CONTEXT, text)


def _column(column: Column) -> Column:
    title = _exactly(column.title)
    longest = max(map(len, re.split(r"[\s/]", title)))
    # Chinese is broken anywhere, an English word is not: with air on both sides it fits into the column.
    return replace(column, title=title, width=max(column.width, longest + 2))


def _labelled(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(_exactly(label), value) for label, value in pairs]
