"""What is doubtful about an order of another app."""

from collections.abc import Mapping, Sequence

from groupbuy.flows.moving.blocks import buyer_name
from groupbuy.flows.moving.cells import door_in, fen_of, key, split_label
from groupbuy.flows.moving.products import units_of
from groupbuy.flows.moving.rows import Row
from groupbuy.flows.moving.values import Customer, Doubt, Product
from groupbuy.kernel.phones import normalise_phone


def doubts_of(
    cells: Sequence[Row], heads: Sequence[Row], customer: Customer, known: Mapping[str, Product]
) -> list[Doubt]:
    """Return what is doubtful about an order: its rows, the heads of their blocks, its customer."""
    door = door_in(heads[0]["详细地址"]).split("-")
    found = {
        Doubt.NO_PHONE: not customer.phone,
        Doubt.SEVERAL_PHONES: len({normalise_phone(row["联系电话"]) for row in cells if row["联系电话"]}) > 1,
        Doubt.SEVERAL_NAMES: len({buyer_name(row) for row in (*cells, *heads)} - {""}) > 1,
        Doubt.ROOM_DIFFERS: bool(door[-1]) and door[-1] != customer.room.split("-")[-1],
        Doubt.SPEC_DIFFERS: any(_other_spec(row) for row in cells),
        Doubt.PRICE_DIFFERS: any(_other_price(row, known) for row in cells),
        Doubt.UNCLEAR_QUANTITY: any(row["商品"] and not units_of(row) for row in cells),
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
    return product is not None and amount is not None and amount != product.price_fen * units_of(row)
