"""An export workbook is read: orders over several rows, merged cells, repeated numbers, and all."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from groupbuy.documents.faults import Fault, UnreadableTable, of_file
from groupbuy.documents.workbooks import SheetRows, read_sheets
from groupbuy.flows.moving.cells import door_in, fen_of, key, name_of, remark_of, room_of, split_label
from groupbuy.flows.moving.totals import Bill, differences_of
from groupbuy.flows.moving.values import Customer, Doubt, Export, Line, Product, Purchase
from groupbuy.kernel.phones import normalise_phone
from groupbuy.orders.export_layout import BUYERS, GOODS, NOTES, POINTS, label_of
from groupbuy.orders.rules import parse_quantity

MAX_ROWS = 2_000
NEEDED = ("跟团号", "商品", "数量", "商品金额", "联系电话")
DOORS = ("楼号", "房号", "弄号")
_STARTED = re.compile(r"下单时间\s*[:：]\s*([\d\-: /]{10,19}\d)")
_BRACKET = re.compile(r"[（(].*")

Row = Mapping[str, str]


@dataclass(slots=True)
class _Block:
    """Rows that another app has put together: one buyer, one amount, perhaps several orders."""

    head: Row
    rows: list[tuple[int, Row]] = field(default_factory=list)


_Placed = tuple[int, Row, _Block]
"""A row with its number and its block."""


def read_export(content: bytes) -> Export:
    """Read an export workbook.

    Raise UnreadableTable for a file that is no such workbook, is too large, or is not safe to read.
    """
    sheets = read_sheets(content, (BUYERS, GOODS, POINTS, NOTES))
    rows = _buyers(sheets)
    goods, points = _optional(sheets, GOODS), _optional(sheets, POINTS)
    products = _products(goods, [row for _, row in rows])
    blocks = _blocks(rows, sheets[BUYERS])
    title = next((row["团购标题"] for row in (*goods, *points) if row["团购标题"]), "")
    started = _started(sheets.get(NOTES))
    known = {key(one.label): one for one in products}
    placed = [
        (running, _customer([row for _, row, _ in some], some[0][2].head), some)
        for (running, _), some in _gather(blocks).items()
    ]
    group = f"{title}|{started}"
    purchases = tuple(_purchase(running, some, customer, known, group) for running, customer, some in placed)
    customers: dict[str, Customer] = {}
    for _, customer, _ in placed:
        customers.setdefault(customer.key, customer)
    bills = _bills((customer, some) for _, customer, some in placed)
    differences, compared = differences_of(goods, points, purchases, bills)
    return Export(" ".join(title.split()), started, products, customers, purchases, differences, compared)


def _buyers(sheets: Mapping[str, SheetRows]) -> list[tuple[int, Row]]:
    if BUYERS not in sheets:
        raise of_file("missing_column", f"The workbook has no sheet {BUYERS}.")
    rows = _rows(sheets[BUYERS], NEEDED)
    if len(rows) > MAX_ROWS:
        raise of_file(
            "out_of_range", f"The workbook is too long: at most {MAX_ROWS:,} rows of orders are read."
        )
    return rows


class _Cells(dict[str, str]):
    """A row by the names of its columns; a column that is not there is empty."""

    def __missing__(self, name: str) -> str:
        return ""


def _rows(sheet: SheetRows, needed: Sequence[str]) -> list[tuple[int, Row]]:
    """Return rows that are not blank with their numbers, by header; raise UnreadableTable."""
    names = _names(sheet)
    missing = [
        Fault(1, name, "missing_column", f"The column {name} is missing.")
        for name in needed
        if name not in names
    ]
    if missing:
        raise UnreadableTable(missing)
    return [
        (number, _Cells(zip(names, (cell.strip() for cell in row), strict=False)))
        for number, row in enumerate(sheet.rows[1:], 2)
        if any(cell.strip() for cell in row)
    ]


def _names(sheet: SheetRows) -> list[str]:
    """Return the headers; an example in brackets behind a door's column is left out."""
    texts = ["".join(text.split()) for text in (sheet.rows[0] if sheet.rows else ())]
    return [short if (short := _BRACKET.sub("", text)) in DOORS else text for text in texts]


def _optional(sheets: Mapping[str, SheetRows], name: str) -> list[Row]:
    return [row for _, row in _rows(sheets[name], ())] if name in sheets else []


def _started(notes: SheetRows | None) -> str:
    text = "\n".join(cell for row in (notes.rows if notes else ()) for cell in row)
    match = _STARTED.search(text)
    return match[1].strip() if match else ""


def _products(goods: Sequence[Row], rows: Sequence[Row]) -> tuple[Product, ...]:
    """Return the products of the summary, then those that only orders name."""
    found: dict[str, Product] = {}
    for row in goods:
        label = label_of(row["商品"], row["规格"])
        if row["商品"]:
            code = row["商品编码"] or row["商品ID"]
            found.setdefault(
                key(label), Product(label, row["商品"], row["规格"], code, fen_of(row["团当前单价"]) or 0)
            )
    for row in rows:
        if row["商品"] and key(row["商品"]) not in found:
            name, spec = split_label(row["商品"])
            found[key(row["商品"])] = Product(row["商品"], name, spec, "", _unit_price(row))
    return tuple(found.values())


def _unit_price(row: Row) -> int:
    amount, units = fen_of(row["商品金额"]) or 0, _units(row)
    return amount // units if units and amount % units == 0 else 0


def _units(row: Row) -> int:
    try:
        return parse_quantity(row["数量"])
    except (ValueError, OverflowError):
        return 0


def _blocks(rows: Sequence[tuple[int, Row]], sheet: SheetRows) -> list[_Block]:
    """Cut rows where a new amount of an order stands; a merged or empty cell goes on with the one above."""
    names = _names(sheet)
    place = names.index("订单金额") if "订单金额" in names else names.index("跟团号")
    blocks: list[_Block] = []
    for number, row in rows:
        goes_on = (number - 1, place) in sheet.covered or not row[names[place]]
        if not (blocks and goes_on):
            blocks.append(_Block(row))
        blocks[-1].rows.append((number, row))
    return blocks


def _buyer(head: Row) -> str:
    """Return what makes two blocks one buyer's: the name and the door."""
    return f"{key(_name(head))}|{key(_room(head) or head['详细地址'])}"


def _name(row: Row) -> str:
    return name_of(row["收货人"] or row["下单人"])


def _room(row: Row) -> str:
    return room_of(row["楼号"], row["房号"], row["详细地址"])


def _gather(blocks: Sequence[_Block]) -> dict[tuple[str, str], list[_Placed]]:
    """Return rows by running number and buyer: each is one order."""
    gathered: dict[tuple[str, str], list[_Placed]] = {}
    for block in blocks:
        buyer = _buyer(block.head)
        for number, row in block.rows:
            running = row["跟团号"] or block.head["跟团号"]
            gathered.setdefault((running, buyer), []).append((number, row, block))
    return gathered


def _purchase(
    running: str, rows: Sequence[_Placed], customer: Customer, known: Mapping[str, Product], group: str
) -> Purchase:
    heads = list({id(block): block.head for _, _, block in rows}.values())
    identity = f"{group}|{running}|{key(customer.name)}"
    return Purchase(
        ref=hashlib.sha256(identity.encode()).hexdigest()[:32],
        number=running,
        rows=tuple(number for number, _, _ in rows),
        customer=customer.key,
        lines=_lines([row for _, row, _ in rows]),
        remark=remark_of(*(head[name] for head in heads for name in ("团员备注", "备注"))),
        doubts=tuple(_doubts([row for _, row, _ in rows], heads, customer, known)),
    )


def _bills(placed: Iterable[tuple[Customer, Sequence[_Placed]]]) -> dict[str, Bill]:
    """Return what each customer's blocks say is to be paid, each block once."""
    seen: set[int] = set()
    bills: dict[str, Bill] = {}
    for customer, rows in placed:
        for _, _, block in rows:
            head, former = block.head, bills.get(customer.key, Bill(customer.name, 0, 0))
            stated = fen_of(head["订单金额"])
            if stated is None or id(block) in seen:
                continue
            seen.add(id(block))
            added = (fen_of(head["运费"]) or 0) - (fen_of(head["优惠"]) or 0)
            bills[customer.key] = Bill(former.buyer, former.stated_fen + stated, former.added_fen + added)
    return bills


def _customer(rows: Sequence[Row], head: Row) -> Customer:
    phones = [phone for row in (head, *rows) if (phone := normalise_phone(row["联系电话"]))]
    name, room = _name(head), _room(head)
    phone = phones[0] if phones else ""
    return Customer(phone or f"{key(name)}|{key(room)}", name, phone, room)


def _lines(rows: Sequence[Row]) -> tuple[Line, ...]:
    """Return the lines of an order, a product once; rows without product or quantity are left out."""
    units: Counter[str] = Counter()
    amounts: Counter[str] = Counter()
    labels: dict[str, str] = {}
    for row in rows:
        if row["商品"] and (count := _units(row)):
            label = labels.setdefault(key(row["商品"]), row["商品"])
            units[label] += count
            amounts[label] += fen_of(row["商品金额"]) or 0
    return tuple(Line(label, count, amounts[label]) for label, count in units.items())


def _doubts(
    cells: Sequence[Row], heads: Sequence[Row], customer: Customer, known: Mapping[str, Product]
) -> list[Doubt]:
    door = door_in(heads[0]["详细地址"]).split("-")
    found = {
        Doubt.NO_PHONE: not customer.phone,
        Doubt.SEVERAL_PHONES: len({normalise_phone(row["联系电话"]) for row in cells if row["联系电话"]}) > 1,
        Doubt.SEVERAL_NAMES: len({_name(row) for row in (*cells, *heads)} - {""}) > 1,
        Doubt.ROOM_DIFFERS: bool(door[-1]) and door[-1] != customer.room.split("-")[-1],
        Doubt.SPEC_DIFFERS: any(_other_spec(row) for row in cells),
        Doubt.PRICE_DIFFERS: any(_other_price(row, known) for row in cells),
        Doubt.UNCLEAR_QUANTITY: any(row["商品"] and not _units(row) for row in cells),
        Doubt.UNCLEAR_AMOUNT: any(fen_of(row["商品金额"]) is None for row in cells),
        Doubt.REFUNDED: _any_amount(heads, "退款金额"),
        Doubt.REDUCED: _any_amount(heads, "优惠"),
        Doubt.FREIGHT: _any_amount(heads, "运费"),
    }
    return [doubt for doubt, is_so in found.items() if is_so]


def _any_amount(heads: Sequence[Row], column: str) -> bool:
    return any((fen_of(head[column]) or 0) > 0 for head in heads)


def _other_spec(row: Row) -> bool:
    spec = split_label(row["商品"])[1]
    return bool(spec and row["规格"]) and key(spec) != key(row["规格"])


def _other_price(row: Row, known: Mapping[str, Product]) -> bool:
    product, amount = known.get(key(row["商品"])), fen_of(row["商品金额"])
    return product is not None and amount is not None and amount != product.price_fen * _units(row)
