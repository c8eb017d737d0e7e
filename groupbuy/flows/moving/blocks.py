"""Orders over several rows: where another app has put rows together, and what is one order."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from groupbuy.documents.workbooks import SheetRows
from groupbuy.flows.moving.cells import key, name_of, room_of
from groupbuy.flows.moving.rows import Row, headers_of


@dataclass(slots=True)
class Block:
    """Rows that another app has put together: one buyer, one amount, perhaps several orders."""

    head: Row
    rows: list[tuple[int, Row]] = field(default_factory=list)


# A row with its number and its block.
Placed = tuple[int, Row, Block]


def cut_blocks(rows: Sequence[tuple[int, Row]], sheet: SheetRows) -> list[Block]:
    """Cut rows where a new amount of an order stands; a merged or empty cell goes on with the one above."""
    names = headers_of(sheet)
    place = names.index("订单金额") if "订单金额" in names else names.index("跟团号")
    blocks: list[Block] = []
    for number, row in rows:
        goes_on = (number - 1, place) in sheet.covered or not row[names[place]]
        if not (blocks and goes_on):
            blocks.append(Block(row))
        blocks[-1].rows.append((number, row))
    return blocks


def _buyer(head: Row) -> str:
    """Return what makes two blocks one buyer's: the name and the door."""
    return f"{key(buyer_name(head))}|{key(buyer_room(head) or head['详细地址'])}"


def buyer_name(row: Row) -> str:
    """Return who gets the goods of a row, else who ordered them."""
    return name_of(row["收货人"] or row["下单人"])


def buyer_room(row: Row) -> str:
    """Return behind which door the goods of a row are wanted."""
    return room_of(row["楼号"], row["房号"], row["详细地址"])


def gather(blocks: Sequence[Block]) -> dict[tuple[str, str], list[Placed]]:
    """Return rows by running number and buyer: each is one order."""
    gathered: dict[tuple[str, str], list[Placed]] = {}
    for block in blocks:
        buyer = _buyer(block.head)
        for number, row in block.rows:
            running = row["跟团号"] or block.head["跟团号"]
            gathered.setdefault((running, buyer), []).append((number, row, block))
    return gathered
