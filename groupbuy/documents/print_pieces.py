"""A large sheet in pieces that end where its pages end, so that the pages are those of the whole."""

import json
from collections.abc import Iterator, Sequence

from groupbuy.documents.print_data import Lines, PrintData
from groupbuy.documents.typesetting import set_pages, set_pages_and_ask


def set_in_pieces(data: PrintData, lines_at_once: int) -> Iterator[tuple[bytes, int | None]]:
    """Yield PDF files and how many of their first pages to take, None for all of them.

    What follows the last page taken is set once more by the next piece, from its top on.
    """
    before, lines = data.start, lines_at_once
    while before[-1] + lines < data.lines:
        groups = data.groups(before, before[-1] + lines)
        content, tops = set_pages_and_ask("sheet", [data.piece(before, groups)], "tops")
        pages = _whole_pages(groups, json.loads(tops))
        if pages:
            yield content, pages
            before, lines = json.loads(tops)[pages], lines_at_once
        else:
            lines *= 2
    yield set_pages("sheet", [data.piece(before, data.groups(before, data.lines))]), None


def _whole_pages(groups: Sequence[Lines], tops: Sequence[list[int]]) -> int:
    """Return how many pages end with the end of a row; the last may go on and is none of them."""
    within = {line["after"][-1] for group in groups for line in group["rows"] if line["tall"]}
    return max((page for page in range(1, len(tops)) if tops[page][-1] not in within), default=0)
