"""Transfer notes (调拨单) as workbooks: what lies in a warehouse, and how much of it is to be sent."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from groupbuy.catalog.bulk import product_ids
from groupbuy.catalog.models import Product
from groupbuy.documents.faults import Fault
from groupbuy.documents.templates import TemplateColumn, write_template
from groupbuy.flows.importing import cells
from groupbuy.flows.importing.layout import Column
from groupbuy.flows.importing.sheet import Row, Sheet, Table
from groupbuy.kernel.errors import BadInput
from groupbuy.warehouse import batching
from groupbuy.warehouse.models import StockBatch
from groupbuy.warehouse.rules import Batch, taken_for

PRODUCT, BATCH, UNTIL, UNITS = "商品编码", "批次", "保质期至", "数量"
ANY = ""

COLUMNS = (
    Column(PRODUCT, cells.reference, required=True),
    Column("品名", cells.name, optional=True),
    Column("规格", cells.name, optional=True),
    Column("单位", cells.name, optional=True),
    Column(BATCH, cells.name, blank=ANY),
    Column(UNTIL, cells.day, blank=ANY),
    Column("在库数量", cells.name, optional=True),
    Column(UNITS, cells.quantity),
)
TEMPLATE = (
    TemplateColumn(PRODUCT, required=True, explanation="商品编码", example="P1"),
    TemplateColumn("品名", explanation="仅供参考"),
    TemplateColumn("规格", explanation="仅供参考"),
    TemplateColumn("单位", explanation="仅供参考"),
    TemplateColumn(BATCH, explanation="批次号；批次和保质期都留空则先到期先出", example="B20261122"),
    TemplateColumn(UNTIL, explanation="保质期至，同一批次号有几个保质期时必填", example="2026-12-31"),
    TemplateColumn("在库数量", explanation="仅供参考"),
    TemplateColumn(UNITS, explanation="调出数量（销售单位），不调的留空", example="6"),
)

Lots = tuple[tuple[StockBatch, int], ...]
"""Batches in the warehouse that sends, and how many sale units of each."""


@dataclass(frozen=True, slots=True)
class TransferFile:
    """What a workbook wants to send, or why it cannot be sent."""

    lots: Lots = ()
    faults: tuple[Fault, ...] = ()


def write_transfer(place_name: str, rows: Sequence[tuple[StockBatch, Product]]) -> bytes:
    """Return the workbook to write down in what is to be sent of what lies in a warehouse."""
    notes = (f"从{place_name}调出：填好数量后在 新建调拨 → 从表格导入 上传，核对后再发出。",)
    texts = [
        (
            *(one.code, one.name, one.spec or "", one.unit),
            *(batch.number, str(batch.good_until or ""), str(batch.units)),
        )
        for batch, one in rows
    ]
    return write_template("调拨", TEMPLATE, notes, texts)


def read_transfer(table: Table, *, origin_id: int, zone: ZoneInfo) -> TransferFile:
    """Choose the batches that a workbook wants out of a warehouse; list every fault in one go."""
    sheet = Sheet(table, COLUMNS, zone)
    lots: Lots = ()
    if sheet.complete:
        rows = [row for row in sheet.rows() if row[1][sheet.at(UNITS)] is not None]
        sheet.refuse_repeats(rows, BATCH, UNTIL, PRODUCT)
        sheet.resolve(rows, PRODUCT, product_ids(sheet.values(rows, PRODUCT)))
        lots = tuple(_lots(sheet, rows, origin_id))
        if not rows and not sheet.faults:
            sheet.refuse(1, UNITS, "required", "Write down how much is to be sent.")
    return TransferFile(faults=tuple(sorted(set(sheet.faults)))) if sheet.faults else TransferFile(lots)


def _lots(sheet: Sheet, rows: Sequence[Row], origin_id: int) -> Iterator[tuple[StockBatch, int]]:
    faulty, wanted = sheet.faulty_rows(), dict[int, list[tuple[int, dict[str, Any]]]]()
    for number, values in rows:
        if number not in faulty:
            cell = dict(zip((column.name for column in sheet.present), values, strict=True))
            wanted.setdefault(cell[PRODUCT], []).append((number, cell))
    for product_id, lines in sorted(wanted.items()):
        yield from _of_product(sheet, lines, batching.there(product_id, warehouse_id=origin_id))


def _of_product(
    sheet: Sheet, lines: Sequence[tuple[int, Mapping[str, Any]]], lying: Mapping[Batch, StockBatch]
) -> Iterator[tuple[StockBatch, int]]:
    wishes, numbers = [], []
    for number, cell in lines:
        try:
            wishes.append((_named(cell, lying), cell[UNITS]))
            numbers.append(number)
        except BadInput as error:
            sheet.refuse(number, error.param or "", error.code, error.message)
    taken = taken_for({key: row.units for key, row in lying.items()}, wishes)
    if isinstance(taken, int):
        there = sum(row.units for row in lying.values())
        few = BadInput("out_of_stock", f"There is not so much in this warehouse; {there} lie there in all.")
        sheet.refuse(numbers[taken], UNITS, few.code, few.message)
    else:
        yield from ((lying[key], units) for key, units in sorted(taken.items()))


def _named(cell: Mapping[str, Any], lying: Mapping[Batch, StockBatch]) -> Batch | None:
    """Return the batch that a line names, None for what expires first; raise BadInput."""
    if cell[BATCH] == ANY and cell[UNTIL] == ANY:
        return None
    found = [key for key in lying if key.number == cell[BATCH] and cell[UNTIL] in (ANY, key.best_before)]
    if not found:
        raise BadInput("unknown_batch", "This batch does not lie in this warehouse.", param=BATCH)
    if len(found) > 1:
        raise BadInput("required", "Several batches have this number; add the best-before day.", param=UNTIL)
    return found[0]
