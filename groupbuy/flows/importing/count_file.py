"""Count sheets (盘点表) as workbooks: made from the books, and read again once somebody has counted."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
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
from groupbuy.warehouse import counting, warehouses
from groupbuy.warehouse.counting import Books, Counted
from groupbuy.warehouse.models import StockBatch
from groupbuy.warehouse.rules import NEVER, Batch

PRODUCT, PLACE, BATCH, UNTIL = "商品编码", "仓库编码", "批次", "保质期至"
SEEN, COUNTED, MADE_AFTER = "账面数量", "实盘数量", "盘点版本"

COLUMNS = (
    Column(PRODUCT, cells.reference, required=True),
    Column("品名", cells.name, optional=True),
    Column("规格", cells.name, optional=True),
    Column("单位", cells.name, optional=True),
    Column(PLACE, cells.reference, required=True),
    Column("仓库", cells.name, optional=True),
    Column("货位", cells.free_text, optional=True),
    Column(BATCH, cells.name, blank=""),
    Column(UNTIL, cells.day, blank=NEVER),
    Column(SEEN, cells.limit, blank=0),
    Column(COUNTED, cells.limit),
    Column("备注", cells.free_text, optional=True),
    Column(MADE_AFTER, cells.limit),
)
TEMPLATE = (
    TemplateColumn(PRODUCT, required=True, explanation="商品编码，勿改", example="P1"),
    TemplateColumn("品名", explanation="仅供参考"),
    TemplateColumn("规格", explanation="仅供参考"),
    TemplateColumn("单位", explanation="仅供参考"),
    TemplateColumn(PLACE, required=True, explanation="仓库编码，勿改", example="MAIN"),
    TemplateColumn("仓库", explanation="仅供参考"),
    TemplateColumn("货位", explanation="中心仓的货位，仅供参考"),
    TemplateColumn(BATCH, explanation="批次号，无批次留空", example="B20261122"),
    TemplateColumn(UNTIL, explanation="保质期至，如 2026-12-31，无则留空", example="2026-12-31"),
    TemplateColumn(SEEN, explanation="制表时的账面数量，勿改；新增的行留空", example="12"),
    TemplateColumn(COUNTED, explanation="实际点到的数量（销售单位）；没点的留空，点到没有写 0", example="11"),
    TemplateColumn("备注", explanation="不入账"),
    TemplateColumn(MADE_AFTER, explanation="制表时的流水号，勿改；新增的行留空"),
)
NOTES = (
    "填好实盘数量后在 库存 → 上传盘点表 上传；先看差异，确认后入账，只入账一次。",
    "制表之后有出入库的批次不能再按本表入账，请重新下载。",
)


@dataclass(frozen=True, slots=True)
class CountFile:
    """What a count sheet says: the lines that were counted, or why it cannot be booked."""

    lines: tuple[Counted, ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def differing(self) -> list[Counted]:
        """Return the lines that are not as in the books."""
        return [line for line in self.lines if line.difference]


def write_counts(rows: Sequence[tuple[StockBatch, Product]], *, made_after: int) -> bytes:
    """Return the workbook to count batches with; ``made_after`` is the last movement that it knows of."""
    return write_template("盘点表", TEMPLATE, NOTES, [_texts(batch, one, made_after) for batch, one in rows])


def _texts(batch: StockBatch, product: Product, made_after: int) -> Sequence[str]:
    goods = (product.code, product.name, product.spec or "", product.unit)
    place = (batch.warehouse.code, batch.warehouse.name, counting.shelf_of(batch, product))
    lot = (batch.number, str(batch.good_until or ""))
    return (*goods, *place, *lot, str(batch.units), "", "", str(made_after))


def read_counts(table: Table, *, zone: ZoneInfo) -> CountFile:
    """Check every line of a count sheet against the books; list every fault in one go."""
    sheet = Sheet(table, COLUMNS, zone)
    if not sheet.complete:
        return CountFile(faults=_sorted(sheet))
    rows = [row for row in sheet.rows() if row[1][sheet.at(COUNTED)] is not None]
    sheet.refuse_repeats(rows, PLACE, BATCH, UNTIL, PRODUCT)
    sheet.resolve(rows, PRODUCT, product_ids(sheet.values(rows, PRODUCT)))
    sheet.resolve(rows, PLACE, {place.code: place for place in warehouses.all_places()})
    lines = list(_lines(sheet, rows))
    if not lines and not sheet.faults:
        sheet.refuse(1, COUNTED, "required", "Write down what was counted; nothing was.")
    return CountFile(faults=_sorted(sheet)) if sheet.faults else CountFile(tuple(lines))


def book_counts(table: Table, *, now: datetime, zone: ZoneInfo, actor: str) -> CountFile:
    """Book the differences of a count sheet that has no fault, once; else book nothing and say why.

    Raise RuleBroken ``stock_changed`` when goods move at this moment.
    """
    found = read_counts(table, zone=zone)
    counting.book(lines=found.lines, now=now, actor=actor)
    return found


def _sorted(sheet: Sheet) -> tuple[Fault, ...]:
    return tuple(sorted(set(sheet.faults)))


def _lines(sheet: Sheet, rows: Sequence[Row]) -> Iterator[Counted]:
    """Yield the lines that are in order; note a fault of each other one."""
    books = counting.books_of(sheet.values(rows, PRODUCT))
    # Rows that somebody has added know of no movement; they were counted with the others.
    made_after = max(sheet.values(rows, MADE_AFTER), default=None)
    faulty = sheet.faulty_rows()
    for number, values in rows:
        if number in faulty:
            continue
        cell = dict(zip((column.name for column in sheet.present), values, strict=True))
        if cell[MADE_AFTER] is None:
            cell[MADE_AFTER] = made_after
        try:
            yield _line(cell, books)
        except BadInput as error:
            sheet.refuse(number, error.param or "", error.code, error.message)


def _line(cell: Mapping[str, Any], books: Books) -> Counted:
    """Return a line as the books know it; raise BadInput whose param is the column."""
    key = Batch(cell[UNTIL], cell[BATCH], cell[PLACE].id)
    batch = books.batches.get((cell[PRODUCT], key))
    if batch is None and key != Batch(warehouse_id=key.warehouse_id):
        raise BadInput(
            "unknown_batch",
            "This batch never lay in this warehouse; leave batch and day empty to count it without.",
            param=BATCH,
        )
    if cell[MADE_AFTER] is None:
        raise BadInput(
            "required", "Download the sheet anew; nothing says when it was made.", param=MADE_AFTER
        )
    units, moved = (batch.units, books.moved.get(batch.id, 0)) if batch else (0, 0)
    if units != cell[SEEN] or moved > cell[MADE_AFTER]:
        raise BadInput(
            "stock_changed",
            "This has moved since the sheet was made; download a new one, or leave the count empty.",
            param=SEEN,
        )
    return Counted(books.products[cell[PRODUCT]], cell[PLACE], units, cell[COUNTED], batch)
