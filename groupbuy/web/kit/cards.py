"""Tables written by hand, to be shown as cards on a phone: each cell carries the title of its column.

The style sheet does the showing (``.table-cards``); here a cell only learns what stands above it, so that
no page says its titles twice. What is read are our own templates, in which whatever people typed is escaped.
"""

import re
from collections.abc import Iterator

from flask import Flask
from markupsafe import Markup

_HEAD = re.compile(r"<thead>.*?</thead>", re.DOTALL)
_TITLE = re.compile(r"<th\b([^>]*)>(.*?)</th>", re.DOTALL)
_ROW = re.compile(r"<tr\b[^>]*>.*?</tr>", re.DOTALL)
_CELL = re.compile(r"<(td|th)\b([^>]*)>(.*?)</\1>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_SPAN = re.compile(r'colspan="(\d+)"')
_NAMES = re.compile(r'class="([^"]*)"')
_BODIES = re.compile(r"(?<=</thead>).*", re.DOTALL)
# The roles stay where the style shows the table as something else.
_ROLES = {"<thead>": "rowgroup", "<tbody>": "rowgroup", "<tfoot>": "rowgroup", "<tr>": "row"}


def install(app: Flask) -> None:
    """Register the filter ``cards``."""
    app.jinja_env.filters["cards"] = cards


def cards(table: Markup) -> Markup:
    """Return a table with a head so that each of its rows can be shown as a card.

    The head of a card is the first cell of the class ``name``, else the row's first; a cell over several
    columns has no title, and one that shows nothing is ``blank``.
    """
    head = _HEAD.search(table)
    if head is None:
        return table
    titles = [_words(found[2]) for found in _TITLE.finditer(head[0])]
    text = _BODIES.sub(lambda bodies: _ROW.sub(lambda row: _row(row[0], titles), bodies[0]), str(table), 1)
    text = text.replace('<table class="table', '<table role="table" class="table table-cards', 1)
    text = text.replace('<th scope="col"', '<th role="columnheader" scope="col"')
    for tag, role in _ROLES.items():
        text = text.replace(tag, f'{tag[:-1]} role="{role}">')
    # Every piece is one of the page, or of its titles.
    return Markup(text)  # noqa: S704 # As said above.


def _words(cell: str) -> str:
    return " ".join(_TAG.sub("", cell).split()).replace('"', "&quot;")


def _row(row: str, titles: list[str]) -> str:
    found = list(_CELL.finditer(row))
    names = [(_NAMES.search(cell[2]) or ["", ""])[1].split() for cell in found]
    head = next((place for place, named in enumerate(names) if "name" in named), 0)
    fresh = _cells(found, titles, head)
    return _CELL.sub(lambda _: next(fresh), row)


def _cells(found: list[re.Match[str]], titles: list[str], head: int) -> Iterator[str]:
    column = 0
    for place, cell in enumerate(found):
        span = _SPAN.search(cell[2])
        wide = int(span[1]) if span else 1
        title = titles[column] if wide == 1 and column < len(titles) else ""
        column += wide
        yield _cell(cell, title, "card-head" if place == head else "blank" if _is_blank(cell[3]) else "")


def _is_blank(content: str) -> bool:
    return not _words(content) and "<input" not in content and "<svg" not in content


def _cell(cell: re.Match[str], title: str, look: str) -> str:
    tag, attributes, content = cell.groups()
    role = "rowheader" if tag == "th" else "cell"
    if look and _NAMES.search(attributes):
        attributes = _NAMES.sub(lambda names: f'class="{look} {names[1]}"', attributes, count=1)
    elif look:
        attributes += f' class="{look}"'
    if "actions" not in attributes:
        # One box beside the title, whatever stands in it.
        content = f"<div>{content}</div>"
    return f'<{tag} role="{role}" data-label="{title}"{attributes}>{content}</{tag}>'
