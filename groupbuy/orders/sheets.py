"""The lists of the warehouse: the pick list of a round (总拣货单) and the matrix (矩阵单)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from groupbuy.campaigns.heads import Goods, RoundHead
from groupbuy.documents.languages import said
from groupbuy.documents.sheet import Column, Group, Kind, Row, Sheet, table
from groupbuy.kernel.money import format_yuan
from groupbuy.kernel.sorting import natural_key
from groupbuy.leaders.heads import LeaderHead
from groupbuy.orders.by_goods import GoodsTotal, LeaderGoods

# More columns fit no sheet of paper.
LEADERS_IN_BLOCK = 20
MAX_NAME_IN_HEADER = 8
MIN_WIDTH, MAX_WIDTH = 6, 9
TEMPERATURE_ZONES = ("常温", "冷藏", "冷冻")

PICK_COLUMNS = (
    Column("序号", Kind.INTEGER, 6),
    Column("货位", Kind.TEXT, 10),
    Column("商品编码", Kind.CODE, 14),
    Column("商品名称", Kind.TEXT, 28),
    Column("规格", Kind.TEXT, 14),
    Column("单价", Kind.MONEY, 10),
    Column("总价", Kind.MONEY, 14, total=True),
    Column("订购数", Kind.TEXT, 9, align="right"),
    Column("团长", Kind.TEXT, 7, align="right"),
    Column("合计数量", Kind.QUANTITY, 10, total=True),
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a block stands in the matrix of a round, and what the whole round sells."""

    number: int
    of: int
    overall: str


def pick_list(
    round_: RoundHead, totals: Sequence[GoodsTotal], goods: Mapping[int, Goods], overall: str
) -> Sheet:
    """Return all goods of a round as somebody walks along the shelves, a row per price.

    They stand by temperature zone, place on the shelf and code; goods without a place end their zone.
    """
    ordered = sorted(totals, key=lambda row: (_walk_key(goods[row.offer_id]), row.price_fen))
    kinds = len({row.offer_id for row in totals})
    return Sheet(
        "总拣货单",
        PICK_COLUMNS,
        list(_by_zone(ordered, goods)),
        head=(
            ("活动", f"{round_.title}（{round_.name}）"),
            ("截单", round_.cutoff),
            ("提货日期", round_.pickup_date),
            ("合计", f"{said(f'{kinds}种商品')} {overall}"),
        ),
        signatures=("拣货", "复核", "日期"),
        printed=round_.printed,
    )


def overall_text(*, leaders: int, orders: int, units: int, amount_fen: int) -> str:
    """Return what a whole round sells, for the head of its lists."""
    return said(f"{leaders}位团长 {orders}单 {units}件 {format_yuan(amount_fen)}")


def _walk_key(goods: Goods) -> tuple[Any, ...]:
    known = goods.zone in TEMPERATURE_ZONES
    zone = TEMPERATURE_ZONES.index(goods.zone) if known else len(TEMPERATURE_ZONES)
    return zone, goods.zone, not goods.shelf_place, natural_key(goods.shelf_place.upper()), goods.rank


def _by_zone(ordered: Sequence[GoodsTotal], goods: Mapping[int, Goods]) -> Iterator[Group]:
    numbered = enumerate(ordered, 1)
    for zone, rows in groupby(numbered, key=lambda item: goods[item[1].offer_id].zone):
        yield Group(
            [_pick_row(number, row, goods[row.offer_id]) for number, row in rows], said(zone), subtotal=True
        )


def _pick_row(number: int, row: GoodsTotal, goods: Goods) -> Row:
    counts = (said(f"{row.orders}单"), said(f"{row.leaders}位"))
    named = (goods.shelf_place, goods.code, goods.name, goods.spec)
    return (number, *named, row.price_fen, row.amount_fen, *counts, row.units)


def blocks(leaders: Sequence[LeaderHead]) -> Sequence[Sequence[LeaderHead]]:
    """Return leaders by route, each route cut into blocks that fit on paper; no route comes last."""
    ordered = sorted(leaders, key=lambda one: (not one.route, natural_key(one.route), natural_key(one.code)))
    cut: list[Sequence[LeaderHead]] = []
    for _, group in groupby(ordered, key=lambda leader: leader.route):
        route = list(group)
        cut += [route[start : start + LEADERS_IN_BLOCK] for start in range(0, len(route), LEADERS_IN_BLOCK)]
    return cut


def matrix_block(
    round_: RoundHead,
    leaders: Sequence[LeaderHead],
    ordered: Sequence[LeaderGoods],
    goods: Mapping[int, Goods],
    place: Place,
) -> Sheet:
    """Return one block of the matrix: rows of goods that are not zero, a column per leader."""
    units, amounts = _cells(leaders, ordered)
    chosen = sorted((goods[offer_id] for offer_id in units), key=lambda one: one.rank)
    route = leaders[0].route or said("未分线路")
    return Sheet(
        said(f"矩阵单 {place.number}/{place.of}"),
        _matrix_columns(leaders),
        table([_matrix_row(one, units[one.offer_id], amounts[one.offer_id]) for one in chosen]),
        name=f"{place.number} {route}",
        head=(
            ("活动", f"{round_.title}（{round_.name}）"),
            ("线路", said(f"{route}，{len(leaders)}位团长")),
            ("提货日期", round_.pickup_date),
            ("全期合计", place.overall),
        ),
        printed=round_.printed,
        landscape=True,
        frozen_columns=2,
    )


def _cells(
    leaders: Sequence[LeaderHead], ordered: Sequence[LeaderGoods]
) -> tuple[dict[int, list[int | None]], dict[int, int]]:
    """Return by offer the units in the order of the leaders, None for none, and the amount in fen."""
    columns = {leader.id: column for column, leader in enumerate(leaders)}
    units: dict[int, list[int | None]] = {}
    amounts: dict[int, int] = {}
    for cell in ordered:
        row, column = units.setdefault(cell.offer_id, [None] * len(leaders)), columns[cell.leader_id]
        row[column] = (row[column] or 0) + cell.units
        amounts[cell.offer_id] = amounts.get(cell.offer_id, 0) + cell.amount_fen
    return units, amounts


def _matrix_columns(leaders: Sequence[LeaderHead]) -> tuple[Column, ...]:
    # A code that fits stands in one line; a number of pieces always fits.
    width = max(MIN_WIDTH, min(MAX_WIDTH, max(len(leader.code) for leader in leaders) + 1))
    return (
        Column("商品编码", Kind.CODE, 9),
        Column("商品名称", Kind.TEXT, 24),
        *(Column(_column_title(leader), Kind.INTEGER, width, total=True) for leader in leaders),
        Column("合计", Kind.QUANTITY, 7, total=True),
        Column("金额", Kind.MONEY, 11, total=True),
    )


def _column_title(leader: LeaderHead) -> str:
    """Return a leader's code and name, not taller than a header should be."""
    long = len(leader.name) > MAX_NAME_IN_HEADER
    return f"{leader.code}\n{leader.name[: MAX_NAME_IN_HEADER - 1] + '…' if long else leader.name}"


def _matrix_row(goods: Goods, units: Sequence[int | None], amount_fen: int) -> Row:
    return (goods.code, goods.label, *units, sum(unit or 0 for unit in units), amount_fen)
