"""Goods move from one warehouse to another (调拨) in two steps: they are sent, and they arrive.

Between the two they lie in no place where anybody could take them. What has not arrived can be called back.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import update

from groupbuy.audit import service as audit
from groupbuy.catalog.service import get_product
from groupbuy.db import db
from groupbuy.db.bulk import next_ids, table_of
from groupbuy.db.submissions import first_of, store_first
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.warehouse import batching, stock, warehouses
from groupbuy.warehouse.models import StockBatch, StockTransfer, StockTransferLine, Warehouse
from groupbuy.warehouse.rules import IN_TRANSIT, SLIP, Batch, paper_number, taken_for
from groupbuy.warehouse.transfers import get_transfer

SENT, ARRIVED, CALLED_BACK = "sent", "arrived", "called_back"
TRANSFER, DIFFERENCE = "transfer", "transfer_difference"
MAX_LINES = 500
MAX_NOTE = 200
NOWHERE = Batch(warehouse_id=0)
# By product, the batches to send and how many sale units of each.
Lots = Mapping[int, Sequence[tuple[StockBatch, int]]]


@dataclass(frozen=True, slots=True)
class Goods:
    """What is to be sent of a product, in sale units: of one batch, or what expires first."""

    product_code: str
    units: int
    batch_id: int | None = None


def send(
    *,
    from_code: str,
    to_code: str,
    goods: Sequence[Goods],
    now: datetime,
    zone: ZoneInfo,
    actor: str,
    note: str | None = None,
    submission_key: str | None = None,
) -> StockTransfer:
    """Send goods from a warehouse to another; the same key again is the first transfer.

    Raise NotFound, BadInput with param ``lines[i].…``, RuleBroken ``out_of_stock``, ``same_warehouse``,
    ``warehouse_closed``.
    """
    if first := first_of(StockTransfer, submission_key):
        return first
    origin, target = warehouses.get(from_code), warehouses.get_open(to_code)
    _check(origin, target, note)
    lots = _lots(_by_product(goods), origin.id)
    values = {"from_id": origin.id, "to_id": target.id, "note": (note or "").strip() or None}
    transfer = _store(
        lots, now.astimezone(zone), **values, submission_key=submission_key, sent_at=now, sent_by=actor
    )
    for product_id, taken in lots.items():
        _move(product_id, taken, IN_TRANSIT, ("transfer_sent", transfer.id), now, actor)
    _log("stock_sent", transfer, sum(line.sent for line in transfer.lines), now, actor)
    return transfer


def _store(lots: Lots, day: datetime, **values: Any) -> StockTransfer:
    (transfer_id,) = next_ids(table_of(StockTransfer), 1)
    number = paper_number("ST", day, transfer_id)
    transfer = StockTransfer(id=transfer_id, number=number, state=SENT, **values)
    transfer.lines = [
        StockTransferLine(stock_batch_id=batch.id, sent=units)
        for taken in lots.values()
        for batch, units in taken
    ]
    store_first(transfer)
    return transfer


def _check(origin: Warehouse, target: Warehouse, note: str | None) -> None:
    if origin is target:
        raise RuleBroken("same_warehouse", "Choose two different warehouses.", param="to_warehouse")
    if len(note or "") > MAX_NOTE:
        raise BadInput("too_long", f"At most {MAX_NOTE} characters.", param="note")


def arrive(*, number: str, arrived: Mapping[int, int], now: datetime, actor: str) -> StockTransfer:
    """Take in what was sent, once; ``arrived`` is what came by line id, and all of what it leaves out.

    What is missing or too much is booked as a difference in the warehouse to which it was sent. Raise
    NotFound, BadInput with param ``lines[i].arrived``, RuleBroken ``already_arrived``, ``called_back``.
    """
    transfer = get_transfer(number)
    came = _came(transfer, arrived)
    _end(transfer, state=ARRIVED, arrived_at=now, arrived_by=actor)
    for line in transfer.lines:
        line.arrived = came[line.id]
    db.session.flush()
    for product_id, lines in _lines_by_product(transfer).items():
        _land(product_id, lines, transfer.to_id, ("transfer_arrived", transfer.id), now, actor)
        _book_differences(product_id, lines, transfer.to_id, now, actor)
    _log("stock_arrived", transfer, sum(came.values()), now, actor)
    return transfer


def call_back(*, number: str, now: datetime, actor: str) -> StockTransfer:
    """Put what was sent and has not arrived back where it was sent from, once, even if that is closed.

    Raise NotFound, RuleBroken ``already_arrived``, ``called_back``.
    """
    transfer = get_transfer(number)
    _end(transfer, state=CALLED_BACK, called_back_at=now, called_back_by=actor)
    for product_id, lines in _lines_by_product(transfer).items():
        _land(product_id, lines, transfer.from_id, ("transfer_called_back", transfer.id), now, actor)
    _log("stock_called_back", transfer, sum(line.sent for line in transfer.lines), now, actor)
    return transfer


def _end(transfer: StockTransfer, **values: Any) -> None:
    """Let goods be no more on the way; of two people who do so at once the second is told."""
    on_the_way = (StockTransfer.id == transfer.id, StockTransfer.state == SENT)
    ended = update(StockTransfer).where(*on_the_way).values(values).returning(StockTransfer.id)
    if db.session.scalar(ended) is not None:
        return
    db.session.refresh(transfer, ["state"])
    if transfer.state == CALLED_BACK:
        raise RuleBroken("called_back", "Somebody has called this transfer back.")
    raise RuleBroken("already_arrived", "Somebody has taken this transfer in already.")


def _lines_by_product(transfer: StockTransfer) -> dict[int, list[StockTransferLine]]:
    """Return the lines by product in the order of their ids, in which everybody locks them."""
    found: dict[int, list[StockTransferLine]] = {}
    for line in sorted(transfer.lines, key=lambda one: one.batch.product_id):
        found.setdefault(line.batch.product_id, []).append(line)
    return found


def _by_product(goods: Sequence[Goods]) -> dict[int, list[tuple[int, Goods]]]:
    """Return what is to be sent by product in the order of their ids, in which everybody locks them."""
    if not 1 <= len(goods) <= MAX_LINES:
        raise BadInput("required", f"Send between 1 and {MAX_LINES} lines.", param="lines")
    found: dict[int, list[tuple[int, Goods]]] = {}
    for index, one in enumerate(goods):
        if not 1 <= one.units <= stock.MAX_UNITS:
            raise BadInput("out_of_range", f"Between 1 and {stock.MAX_UNITS}.", param=f"lines[{index}].units")
        found.setdefault(get_product(one.product_code).id, []).append((index, one))
    return dict(sorted(found.items()))


def _lots(goods: Mapping[int, Sequence[tuple[int, Goods]]], origin_id: int) -> Lots:
    """Lock the levels and choose the batches to send of each product."""
    lots = {}
    for product_id, wanted in goods.items():
        stock.move_level(product_id, 0)
        lying = batching.there(product_id, warehouse_id=origin_id)
        keys = {row.id: batch for batch, row in lying.items()}
        wishes = [(_wished(one, keys), one.units) for _index, one in wanted]
        taken = taken_for({batch: row.units for batch, row in lying.items()}, wishes)
        if isinstance(taken, int):
            index, one = wanted[taken]
            raise RuleBroken(
                "out_of_stock",
                f"There is not so much of {one.product_code} in this warehouse.",
                param=f"lines[{index}].units",
            )
        lots[product_id] = [(lying[batch], units) for batch, units in sorted(taken.items())]
    return lots


def _wished(one: Goods, keys: Mapping[int, Batch]) -> Batch | None:
    """Return the batch that is wished for; one that does not lie there is one without anything."""
    return None if one.batch_id is None else keys.get(one.batch_id, NOWHERE)


def _move(
    product_id: int,
    taken: Iterable[tuple[StockBatch, int]],
    to_id: int,
    cause: stock.Cause,
    now: datetime,
    actor: str,
) -> None:
    """Book units of batches from where they lie into another warehouse; the level stays as it is."""
    leaves = {row.key: (row.id, units) for row, units in taken}
    known = batching.known(product_id, [_in(batch, to_id) for batch in leaves])
    changes = {row_id: -units for row_id, units in leaves.values()}
    changes |= {known[_in(batch, to_id)].id: units for batch, (_id, units) in leaves.items()}
    stock.note(product_id, changes, stock.last_cost(product_id), TRANSFER, cause, now, actor)


def _came(transfer: StockTransfer, arrived: Mapping[int, int]) -> dict[int, int]:
    """Return what came of each line; ten times what was sent is a slip of the keyboard."""
    if not {line.id for line in transfer.lines} >= set(arrived):
        raise BadInput("unknown_line", "This transfer has no such line.", param="lines")
    came = {}
    for index, line in enumerate(transfer.lines):
        came[line.id] = arrived.get(line.id, line.sent)
        if not 0 <= came[line.id] < SLIP * line.sent:
            raise BadInput(
                "out_of_range",
                f"{line.sent} were sent; ten times as much cannot have come.",
                param=f"lines[{index}].arrived",
            )
    return came


def _land(
    product_id: int,
    lines: Sequence[StockTransferLine],
    place_id: int,
    cause: stock.Cause,
    now: datetime,
    actor: str,
) -> None:
    """Book what is on the way of a product into a warehouse."""
    stock.move_level(product_id, 0)
    on_the_way = batching.known(product_id, [_in(line.batch.key, IN_TRANSIT) for line in lines])
    came = [(on_the_way[_in(line.batch.key, IN_TRANSIT)], line.sent) for line in lines]
    _move(product_id, came, place_id, cause, now, actor)


def _book_differences(
    product_id: int, lines: Sequence[StockTransferLine], place_id: int, now: datetime, actor: str
) -> None:
    there = batching.known(product_id, [_in(line.batch.key, place_id) for line in lines])
    for line in lines:
        if differs := (line.arrived or 0) - line.sent:
            stock.move_level(product_id, differs)
            changes = {there[_in(line.batch.key, place_id)].id: differs}
            cause = ("stock_transfer_line", line.id)
            stock.note(product_id, changes, stock.last_cost(product_id), DIFFERENCE, cause, now, actor)


def _in(batch: Batch, warehouse_id: int) -> Batch:
    return batch._replace(warehouse_id=warehouse_id)


def _log(verb: str, transfer: StockTransfer, units: int, now: datetime, actor: str) -> None:
    audit.record(
        at=now,
        actor=actor,
        verb=verb,
        subject_kind="stock_transfer",
        subject=transfer.number,
        after={"units": units},
    )
