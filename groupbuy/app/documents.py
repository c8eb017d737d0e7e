"""The documents there are: each kind, whose it is, and how it becomes a file. None is kept."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from flask import current_app

from groupbuy.app import amendments, bag_labels, day_papers, order_export, papers, sales_notes
from groupbuy.app.names import file_name
from groupbuy.app.papers import Document, Source
from groupbuy.app.settings import settings_of
from groupbuy.documents import pdf, xlsx
from groupbuy.documents.languages import readers_language, said, written_in
from groupbuy.documents.sheet import Sheet
from groupbuy.kernel.errors import NotFound
from groupbuy.leaders.queries import get_leader
from groupbuy.messaging.senders import File
from groupbuy.messaging.service import Attachment
from groupbuy.purchasing.printed import suppliers_with_orders


class Beside(Protocol):
    """Render a document that is not made of sheets with sums."""

    def __call__(self, round_name: str, code: str | None, *, zone: ZoneInfo, now: datetime) -> File:
        """Return the file, of a leader by its code."""


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """A kind of document: its title, whose it is (``leader``, ``supplier`` or nobody's), how it is made."""

    title: str
    owner: str | None
    make: Callable[[Source, str | None], Iterator[Document]]


@dataclass(frozen=True, slots=True)
class Format:
    """A file format: its media type, and how a document is written in it."""

    mime_type: str
    write: Callable[[Document], bytes]


def render(kind: str, round_name: str, code: str | None, suffix: str, printed_at: datetime) -> File:
    """Render one document from what is stored now: of a leader or supplier by its code, else of the round.

    ``printed_at`` is the moment that stands on it. Raise NotFound for unknown kinds, rounds, codes and
    suffixes and for whoever has no orders, RuleBroken ``not_closed`` before the close. Two are no documents
    of the manifest: the order export, a workbook of the live orders at any time, of a leader or of the round,
    and the labels of a leader's bags, a PDF. Sheets and labels of a pickup day have the day in the place of
    the round, the sales note of an order and an amendment of a purchase order their numbers.
    """
    if beside := BESIDE.get((kind, suffix)):
        return beside(round_name, code, zone=_zone(), now=printed_at)
    if suffix not in FORMATS:
        raise NotFound("unknown_document", f"There is no document {kind}.{suffix}.")
    document = _document(kind, round_name, code, printed_at)
    name = f"{file_name(said(KINDS[kind].title), document.owner or round_name, document.owner_name)}.{suffix}"
    return File(name, FORMATS[suffix].mime_type, FORMATS[suffix].write(document))


def render_attachment(attachment: Attachment, printed_at: datetime) -> File:
    """Render the document that an attachment names, as printed at a moment; raise as ``render`` does."""
    with written_in(attachment.language or readers_language()):
        return render(attachment.kind, attachment.round, attachment.code, attachment.suffix, printed_at)


def sheets_of(kind: str, round_name: str, code: str | None, printed_at: datetime) -> Sequence[Sheet]:
    """Return the sheets of a document for whoever shows them himself; raise as ``render`` does."""
    return _document(kind, round_name, code, printed_at).sheets


def _document(kind: str, round_name: str, code: str | None, printed_at: datetime) -> Document:
    if kind not in KINDS:
        raise NotFound("unknown_document", f"There is no document {kind}.")
    document = next(_make(KINDS[kind], round_name, code, printed_at), None)
    if document is None:
        raise NotFound("unknown_document", f"Round {round_name} has no {kind} for {code or 'itself'}.")
    return document


def _make(kind: DocumentKind, round_name: str, code: str | None, printed_at: datetime) -> Iterator[Document]:
    if (kind.owner is None) != (code is None):
        return iter(())
    return kind.make(papers.source_of(round_name, _zone(), printed_at), code)


def _zone() -> ZoneInfo:
    return settings_of(current_app).timezone


def _of_leader(kind: str) -> Callable[[Source, str | None], Iterator[Document]]:
    def make(source: Source, code: str | None) -> Iterator[Document]:
        leader = get_leader(code or "")
        return papers.leader_documents(replace(source, leader_id=leader.id), [leader.id], [kind])

    return make


def _of_supplier(source: Source, code: str | None) -> Iterator[Document]:
    ids = [supplier_id for supplier_id, _, _ in suppliers_with_orders(source.round_id, code)]
    return papers.purchase_orders(source, ids)


def _of_round(kind: str) -> Callable[[Source, str | None], Iterator[Document]]:
    return lambda source, _: papers.ROUND_KINDS[kind](source)


def _write_xlsx(document: Document) -> bytes:
    return xlsx.write_xlsx([*document.sheets, *document.annexes])


def _write_pdf(document: Document) -> bytes:
    return pdf.write_pdf(document.sheets)


KINDS: Mapping[str, DocumentKind] = {
    "pickup_sheet": DocumentKind("提货单", "leader", _of_leader("pickup_sheet")),
    "sorting_list": DocumentKind("分拣单", "leader", _of_leader("sorting_list")),
    "pick_list": DocumentKind("总拣货单", None, _of_round("pick_list")),
    "matrix": DocumentKind("矩阵单", None, _of_round("matrix")),
    "purchase_order": DocumentKind("采购单", "supplier", _of_supplier),
    "commission_statement": DocumentKind("佣金对账单", "leader", _of_leader("commission_statement")),
}
FORMATS: Mapping[str, Format] = {
    "xlsx": Format(xlsx.CONTENT_TYPE, _write_xlsx),
    "pdf": Format(pdf.CONTENT_TYPE, _write_pdf),
}
# Kept apart, because the manifest of a round does not have them.
BESIDE: Mapping[tuple[str, str], Beside] = {
    (order_export.KIND, order_export.SUFFIX): order_export.render_order_export,
    (bag_labels.KIND, bag_labels.SUFFIX): bag_labels.render_bag_labels,
    (day_papers.DAY_LABELS, "pdf"): day_papers.render_labels,
    **{
        (kind, suffix): day_papers.render_sheet(kind, suffix)
        for kind in day_papers.SHEETS
        for suffix in ("xlsx", "pdf")
    },
    **{(sales_notes.KIND, suffix): sales_notes.render_note(suffix) for suffix in ("xlsx", "pdf")},
    **{(amendments.KIND, suffix): amendments.render_amendment(suffix) for suffix in ("xlsx", "pdf")},
}
