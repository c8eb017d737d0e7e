"""Reading what moves from one warehouse to another: one transfer, the list, and their shapes for programs."""

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload, selectinload

from groupbuy.db import db
from groupbuy.kernel.errors import NotFound
from groupbuy.kernel.times import iso
from groupbuy.warehouse.models import StockBatch, StockTransfer, StockTransferLine


def get_transfer(number: str) -> StockTransfer:
    """Return a transfer with its lines, their batches and both warehouses; raise NotFound."""
    lines = selectinload(StockTransfer.lines).joinedload(StockTransferLine.batch)
    found = db.session.scalar(
        latest_first().where(StockTransfer.number == number).options(lines.joinedload(StockBatch.product))
    )
    if found is None:
        raise NotFound("unknown_transfer", "There is no such transfer.")
    return found


def latest_first() -> Select[StockTransfer]:
    """Select transfers with both warehouses, the latest first."""
    places = (joinedload(StockTransfer.origin), joinedload(StockTransfer.target))
    return select(StockTransfer).options(*places).order_by(StockTransfer.id.desc())


def head_as_json(transfer: StockTransfer) -> dict[str, Any]:
    """Return a transfer in a list, in the shape that the API hands out."""
    return {
        "number": transfer.number,
        "from_warehouse": transfer.origin.code,
        "to_warehouse": transfer.target.code,
        "state": transfer.state,
        "sent_at": iso(transfer.sent_at),
    }


def as_json(transfer: StockTransfer) -> dict[str, Any]:
    """Return a transfer with its lines in the shape that the command line and the API hand out."""
    ends = {"arrived_at": transfer.arrived_at, "called_back_at": transfer.called_back_at}
    times = {name: iso(at) if at else None for name, at in ends.items()}
    lines = [_line_as_json(line) for line in transfer.lines]
    return head_as_json(transfer) | {"note": transfer.note} | times | {"lines": lines}


def _line_as_json(line: StockTransferLine) -> dict[str, Any]:
    batch = line.batch
    return {
        "line_id": line.id,
        "product_code": batch.product.code,
        "batch": batch.number,
        "best_before": batch.good_until.isoformat() if batch.good_until else None,
        "sent": line.sent,
        "arrived": line.arrived,
    }
