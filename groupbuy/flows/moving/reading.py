"""An export workbook is read: orders over several rows, merged cells, repeated numbers, and all."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from groupbuy.documents.workbooks import SheetRows, read_sheets
from groupbuy.flows.moving.blocks import Placed, buyer_name, buyer_room, cut_blocks, gather
from groupbuy.flows.moving.cells import fen_of, key, remark_of
from groupbuy.flows.moving.doubting import doubts_of
from groupbuy.flows.moving.products import products_of, units_of
from groupbuy.flows.moving.rows import Row, buyers_of, optional_rows
from groupbuy.flows.moving.totals import Bill, differences_of
from groupbuy.flows.moving.values import Customer, Export, Line, Product, Purchase
from groupbuy.kernel.phones import normalise_phone
from groupbuy.orders.export_layout import BUYERS, GOODS, NOTES, POINTS

_STARTED = re.compile(r"下单时间\s*[:：]\s*([\d\-: /]{10,19}\d)")


def read_export(content: bytes) -> Export:
    """Read an export workbook.

    Raise UnreadableTable for a file that is no such workbook, is too large, or is not safe to read.
    """
    sheets = read_sheets(content, (BUYERS, GOODS, POINTS, NOTES))
    rows = buyers_of(sheets)
    goods, points = optional_rows(sheets, GOODS), optional_rows(sheets, POINTS)
    products = products_of(goods, [row for _, row in rows])
    blocks = cut_blocks(rows, sheets[BUYERS])
    title = next((row["团购标题"] for row in (*goods, *points) if row["团购标题"]), "")
    started = _started(sheets.get(NOTES))
    known = {key(one.label): one for one in products}
    placed = [
        (running, _customer([row for _, row, _ in some], some[0][2].head), some)
        for (running, _), some in gather(blocks).items()
    ]
    group = f"{title}|{started}"
    purchases = tuple(_purchase(running, some, customer, known, group) for running, customer, some in placed)
    customers: dict[str, Customer] = {}
    for _, customer, _ in placed:
        customers.setdefault(customer.key, customer)
    bills = _bills((customer, some) for _, customer, some in placed)
    differences, compared = differences_of(goods, points, purchases, bills)
    return Export(" ".join(title.split()), started, products, customers, purchases, differences, compared)


def _started(notes: SheetRows | None) -> str:
    text = "\n".join(cell for row in (notes.rows if notes else ()) for cell in row)
    match = _STARTED.search(text)
    return match[1].strip() if match else ""


def _purchase(
    running: str, rows: Sequence[Placed], customer: Customer, known: Mapping[str, Product], group: str
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
        doubts=tuple(doubts_of([row for _, row, _ in rows], heads, customer, known)),
    )


def _bills(placed: Iterable[tuple[Customer, Sequence[Placed]]]) -> dict[str, Bill]:
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
    name, room = buyer_name(head), buyer_room(head)
    phone = phones[0] if phones else ""
    return Customer(phone or f"{key(name)}|{key(room)}", name, phone, room)


def _lines(rows: Sequence[Row]) -> tuple[Line, ...]:
    """Return the lines of an order, a product once; rows without product or quantity are left out."""
    units: Counter[str] = Counter()
    amounts: Counter[str] = Counter()
    labels: dict[str, str] = {}
    for row in rows:
        if row["商品"] and (count := units_of(row)):
            label = labels.setdefault(key(row["商品"]), row["商品"])
            units[label] += count
            amounts[label] += fen_of(row["商品金额"]) or 0
    return tuple(Line(label, count, amounts[label]) for label, count in units.items())
