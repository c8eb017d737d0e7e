"""The workbook's own summaries against what its orders add up to: equal, or each difference by its name."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from groupbuy.flows.moving.cells import fen_of, key
from groupbuy.flows.moving.values import Difference, Purchase
from groupbuy.orders.export_layout import POINT_COLUMNS, label_of
from groupbuy.orders.rules import parse_quantity

Figure = tuple[str, str]
"""A figure, and the product or buyer it is about; empty for the whole workbook."""

_OF_ALL = {"订单总数": "orders", "商品总数": "units", "商品总金额": "amount_fen", "订单总金额": "paid_fen"}


@dataclass(frozen=True, slots=True)
class Bill:
    """What a buyer's orders say is to be paid, and what they add to the goods or take off, in fen."""

    buyer: str
    stated_fen: int
    added_fen: int


def differences_of(
    goods: Sequence[Mapping[str, str]],
    points: Sequence[Mapping[str, str]],
    purchases: Sequence[Purchase],
    bills: Mapping[str, Bill],
) -> tuple[tuple[Difference, ...], int]:
    """Return each figure that differs, and how many were compared.

    ``bills`` are by customer.
    """
    stated = dict(_of_points(points)) | dict(_of_goods(goods))
    found = _found(purchases, bills)
    pairs = [(figure, value, found.get(figure, 0)) for figure, value in stated.items()]
    theirs: Counter[str] = Counter()
    for one in purchases:
        theirs[one.customer] += one.amount_fen
    for customer, bill in bills.items():
        pairs.append((("paid_by_fen", bill.buyer), bill.stated_fen, theirs[customer] + bill.added_fen))
    different = [Difference(*figure, stated, found) for figure, stated, found in pairs if stated != found]
    names = {key(label): label for label in _labels(goods, purchases)}
    shown = [
        Difference(one.figure, names.get(one.about, one.about), one.stated, one.found) for one in different
    ]
    return tuple(shown), len(pairs)


def _labels(goods: Sequence[Mapping[str, str]], purchases: Sequence[Purchase]) -> Iterator[str]:
    yield from (line.label for one in purchases for line in one.lines)
    yield from (label_of(row["商品"], row["规格"]) for row in goods)


def _of_goods(goods: Sequence[Mapping[str, str]]) -> Iterator[tuple[Figure, int]]:
    units: Counter[str] = Counter()
    amounts: Counter[str] = Counter()
    for row in goods:
        if row["商品"]:
            label = key(label_of(row["商品"], row["规格"]))
            units[label] += _count(row["销售数量"])
            amounts[label] += fen_of(row["商品总金额"]) or 0
    yield from ((("units_of", label), value) for label, value in units.items())
    yield from ((("amount_of_fen", label), value) for label, value in amounts.items())


def _of_points(points: Sequence[Mapping[str, str]]) -> Iterator[tuple[Figure, int]]:
    columns = list(points[0]) if points else []
    for column in columns:
        cells = [row[column] for row in points]
        if column in _OF_ALL:
            money = _OF_ALL[column].endswith("_fen")
            yield (
                (_OF_ALL[column], ""),
                sum(((fen_of(cell) or 0) if money else _count(cell)) for cell in cells),
            )
        elif column and column not in POINT_COLUMNS:
            yield ("units_of", key(column)), sum(_count(cell) for cell in cells)


def _count(text: str) -> int:
    try:
        return parse_quantity(text)
    except (ValueError, OverflowError):
        return 0


def _found(purchases: Sequence[Purchase], bills: Mapping[str, Bill]) -> dict[Figure, int]:
    found: Counter[Figure] = Counter()
    for one in purchases:
        found["orders", ""] += 1
        for line in one.lines:
            for figure, value in (("units", line.units), ("amount", line.amount_fen)):
                label = key(line.label)
                found[f"{figure}_fen" if figure == "amount" else figure, ""] += value
                found[f"{figure}_of_fen" if figure == "amount" else f"{figure}_of", label] += value
    found["paid_fen", ""] = found["amount_fen", ""] + sum(bill.added_fen for bill in bills.values())
    return dict(found)
