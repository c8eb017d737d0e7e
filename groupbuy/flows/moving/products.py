"""Which products an export workbook names, and how many of them a row is about."""

from collections.abc import Sequence

from groupbuy.flows.moving.cells import fen_of, key, split_label
from groupbuy.flows.moving.rows import Row
from groupbuy.flows.moving.values import Product
from groupbuy.orders.export_layout import label_of
from groupbuy.orders.rules import parse_quantity


def products_of(goods: Sequence[Row], rows: Sequence[Row]) -> tuple[Product, ...]:
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
    amount, units = fen_of(row["商品金额"]) or 0, units_of(row)
    return amount // units if units and amount % units == 0 else 0


def units_of(row: Row) -> int:
    """Return how many units a row is about, 0 where that is not clear."""
    try:
        return parse_quantity(row["数量"])
    except (ValueError, OverflowError):
        return 0
