"""Goods that leave the stock for no round."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from groupbuy.audit import service as audit
from groupbuy.catalog.models import Product, Supplier
from groupbuy.db import db
from groupbuy.db.bulk import next_ids, table_of
from groupbuy.db.submissions import first_of, store_first
from groupbuy.kernel.errors import BadInput, NotFound
from groupbuy.warehouse import batching, sending_back, stock
from groupbuy.warehouse.models import StockIssue
from groupbuy.warehouse.rules import paper_number
from groupbuy.warehouse.sending_back import SUPPLIER_RETURN

WRITE_OFF = "write_off"
PREFIXES = {WRITE_OFF: "WO", SUPPLIER_RETURN: "SR"}
MAX_REASON = 200
CAUSE = "stock_issue"


def issue(
    *,
    product: Product,
    kind: str,
    units: int,
    reason: str,
    now: datetime,
    zone: ZoneInfo,
    actor: str,
    submission_key: str | None = None,
    batch_id: int | None = None,
    supplier: Supplier | None = None,
) -> StockIssue:
    """Write goods off at the cost of the last that came in, or return them to a supplier that brought them.

    Without a batch those go that expire first; see ``sending_back.settle`` for whose they are. The same key
    again is the first issue. Raise BadInput, RuleBroken ``out_of_stock`` and as that.
    """
    if first := first_of(StockIssue, submission_key):
        return first
    _check(units, reason.strip())
    if supplier is not None and kind != SUPPLIER_RETURN:
        raise BadInput("not_a_return", "Only a return goes to a supplier.", param="supplier_code")
    values = {"kind": kind, "units": units, "reason": reason.strip(), "submission_key": submission_key}
    row = _note(product, now.astimezone(zone), at=now, actor=actor, **values)
    cause = (CAUSE, row.id)
    stock.take(
        product_id=product.id, units=units, kind=kind, cause=cause, now=now, actor=actor, batch_id=batch_id
    )
    if kind == SUPPLIER_RETURN:
        sending_back.settle(row, product, batching.of_movement(kind, cause), supplier)
    _log(row, product.code)
    return row


def _check(units: int, reason: str) -> None:
    if not 1 <= units <= stock.MAX_UNITS:
        raise BadInput("out_of_range", f"Between 1 and {stock.MAX_UNITS}.", param="units")
    if not 1 <= len(reason) <= MAX_REASON:
        raise BadInput("required", f"Say why, in at most {MAX_REASON} characters.", param="reason")


def _note(product: Product, day: datetime, **values: Any) -> StockIssue:
    (issue_id,) = next_ids(table_of(StockIssue), 1)
    row = StockIssue(
        id=issue_id,
        number=paper_number(PREFIXES[values["kind"]], day, issue_id),
        product_id=product.id,
        cost_fen=stock.last_cost(product.id),
        **values,
    )
    store_first(row)
    return row


def _log(row: StockIssue, product_code: str) -> None:
    whose = {"supplier": row.supplier.code} if row.supplier else {}
    audit.record(
        at=row.at,
        actor=row.actor,
        verb=f"stock_{row.kind}",
        subject_kind="product",
        subject=product_code,
        after={"units": row.units, "reason": row.reason, "number": row.number} | whose,
    )


def get_issue(number: str) -> StockIssue:
    """Return an issue by its number; raise NotFound."""
    chosen = select(StockIssue).where(StockIssue.number == number)
    found = db.session.scalar(chosen.options(joinedload(StockIssue.product), joinedload(StockIssue.supplier)))
    if found is None:
        raise NotFound("unknown_issue", "There is no such note.")
    return found
