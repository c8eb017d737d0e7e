"""Why less of a round's goods is there than was ordered (缺货原因), by purchase line."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, Select, select

from groupbuy.catalog.models import Supplier
from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.purchasing.models import PurchaseOrder, PurchaseOrderLine
from groupbuy.purchasing.queries import FINAL
from groupbuy.purchasing.rules import POState
from groupbuy.warehouse.models import GoodsReceiptLine


class Why(StrEnum):
    """Name what can have happened to goods that were ordered."""

    NOT_BOUGHT = "not_bought"
    REFUSED = "refused"
    NOT_DELIVERED = "not_delivered"
    REJECTED = "rejected"
    STILL_COMING = "still_coming"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why so many sale units of a supplier's are not there; ``words`` is what somebody wrote about it."""

    why: Why
    units: int
    supplier_code: str
    supplier: str
    words: str = ""


def reasons_of(offer_ids: Collection[int]) -> Mapping[int, list[Reason]]:
    """Return by offer why units of it are missing, by supplier code; nothing where none are."""
    rejected = _words_of_rejections(offer_ids)
    found: dict[int, list[Reason]] = {}
    for row in db.session.execute(_lines(offer_ids)):
        found.setdefault(row.offer_id, []).extend(_of_line(row, rejected.get(row.id, "")))
    return found


def _of_line(row: Row[Any], rejection: str) -> Iterator[Reason]:
    """Yield the reasons of a line: what filled a case beyond the order covers what is missing first."""
    who, said = (row.code, row.name), row.confirm_note or ""
    if row.state == POState.CANCELLED:
        if row.ordered > row.from_stock:
            yield Reason(Why.REFUSED, row.ordered - row.from_stock, *who, said)
        return
    if row.shortfall:
        yield Reason(Why.NOT_BOUGHT, row.shortfall, *who)
    gap = max(row.purchased - row.surplus - (row.delivered - row.rejected), 0)
    if sent_back := min(row.rejected, gap):
        yield Reason(Why.REJECTED, sent_back, *who, rejection)
    if gap > sent_back:
        why = Why.NOT_DELIVERED if row.state in FINAL else Why.STILL_COMING
        yield Reason(why, gap - sent_back, *who, said)


def _lines(offer_ids: Collection[int]) -> Select[*tuple[Any, ...]]:
    came = (
        select(
            GoodsReceiptLine.purchase_order_line_id.label("line_id"),
            total(GoodsReceiptLine.delivered).label("delivered"),
            total(GoodsReceiptLine.rejected).label("rejected"),
        )
        .group_by(GoodsReceiptLine.purchase_order_line_id)
        .subquery()
    )
    return (
        select(
            PurchaseOrderLine.id,
            PurchaseOrderLine.offer_id,
            PurchaseOrderLine.ordered,
            PurchaseOrderLine.from_stock,
            PurchaseOrderLine.purchased,
            PurchaseOrderLine.surplus,
            PurchaseOrderLine.shortfall,
            PurchaseOrder.state,
            PurchaseOrder.confirm_note,
            Supplier.code,
            Supplier.name,
            total(came.c.delivered).label("delivered"),
            total(came.c.rejected).label("rejected"),
        )
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseOrderLine.purchase_order_id)
        .join(Supplier, Supplier.id == PurchaseOrder.supplier_id)
        .outerjoin(came, came.c.line_id == PurchaseOrderLine.id)
        .where(PurchaseOrderLine.offer_id.in_(offer_ids))
        .group_by(PurchaseOrderLine.id, PurchaseOrder.id, Supplier.id)
        .order_by(PurchaseOrderLine.offer_id, Supplier.code)
    )


def _words_of_rejections(offer_ids: Collection[int]) -> Mapping[int, str]:
    """Return by purchase line what was written about its rejections, each once."""
    rows = db.session.execute(
        select(GoodsReceiptLine.purchase_order_line_id, GoodsReceiptLine.reject_reason)
        .join(PurchaseOrderLine, PurchaseOrderLine.id == GoodsReceiptLine.purchase_order_line_id)
        .where(PurchaseOrderLine.offer_id.in_(offer_ids), GoodsReceiptLine.reject_reason.is_not(None))
        .order_by(GoodsReceiptLine.id)
    )
    words: dict[int, list[str]] = {}
    for line_id, reason in rows:
        some = words.setdefault(line_id, [])
        if reason and reason not in some:
            some.append(reason)
    return {line_id: "、".join(said) for line_id, said in words.items()}
