"""All documents of a round in one archive, for downloading."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from pathlib import Path

from flask import current_app

from groupbuy.app import papers
from groupbuy.app.documents import FORMATS, KINDS
from groupbuy.app.names import distinct, file_name
from groupbuy.app.papers import LEADER_KINDS, ROUND_KINDS, Document
from groupbuy.app.settings import settings_of
from groupbuy.documents.files import write_zip
from groupbuy.orders.by_leader import leaders_with_orders
from groupbuy.purchasing.printed import suppliers_with_orders


def zip_round(round_name: str, suffixes: Sequence[str], path: Path, printed_at: datetime) -> None:
    """Write the documents of a closed round, as printed at a moment, to an archive, one in memory at a time.

    Raise NotFound, RuleBroken ``not_closed``.
    """
    source = papers.source_of(round_name, settings_of(current_app).timezone, printed_at)
    leaders = leaders_with_orders(source.round_id)
    suppliers = suppliers_with_orders(source.round_id)
    owners = [(leader.code, leader.name) for leader in leaders]
    names = {"leader": _names(owners), "supplier": _names([row[1:] for row in suppliers])}
    documents = chain(
        *(ROUND_KINDS[kind](source) for kind in ROUND_KINDS),
        papers.leader_documents(source, [leader.id for leader in leaders], list(LEADER_KINDS)),
        papers.purchase_orders(source, [row[0] for row in suppliers]),
    )
    write_zip(path, _files(documents, names, round_name, suffixes))


def _names(owners: Sequence[tuple[str, str]]) -> Mapping[str, str]:
    return distinct((code, file_name(code, name)) for code, name in owners)


def _files(
    documents: Iterator[Document],
    names: Mapping[str, Mapping[str, str]],
    round_name: str,
    suffixes: Sequence[str],
) -> Iterator[tuple[str, bytes]]:
    for document in documents:
        kind = KINDS[document.kind]
        if kind.owner is None or document.owner is None:
            stem = file_name(kind.title, round_name)
        else:
            stem = f"{kind.title}/{names[kind.owner][document.owner]}"
        for suffix in suffixes:
            yield f"{stem}.{suffix}", FORMATS[suffix].write(document)
