"""The lists a leader works with: the pickup sheet (提货单) and the sorting list (分拣单)."""

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, zip_longest
from typing import TypeVar

from groupbuy.campaigns.heads import Goods, RoundHead
from groupbuy.documents.languages import said
from groupbuy.documents.measures import lines_of, width_of
from groupbuy.documents.sheet import Column, Group, Kind, Row, Sheet
from groupbuy.kernel.money import format_yuan
from groupbuy.kernel.phones import mask_phone
from groupbuy.leaders.heads import LeaderHead
from groupbuy.pickup.packing import PackedBag

T = TypeVar("T")

# A row of a spreadsheet has room for 24 lines, and a row of paper should not break.
MOST_LINES = 18
GOODS_WIDTH, REMARK_WIDTH = 31, 12
REMARK_ROOM = MOST_LINES * REMARK_WIDTH
SHORT_REMARK = 60

PICKUP_COLUMNS = (
    Column("扫码", Kind.QR, 9),
    Column("提货码", Kind.CODE, 10),
    Column("楼栋/房号", Kind.TEXT, 10),
    Column("收货人", Kind.TEXT, 10),
    Column("手机", Kind.CODE, 12),
    Column("商品×数量", Kind.GOODS, GOODS_WIDTH),
    Column("件数", Kind.QUANTITY, 6, total=True),
    Column("金额", Kind.MONEY, 11, total=True),
    Column("备注", Kind.TEXT, REMARK_WIDTH),
    Column("已提/签收", Kind.TEXT, 9, align="center"),
)
SORTING_COLUMNS = (
    Column("楼号", Kind.TEXT, 10),
    Column("房号", Kind.TEXT, 12),
    Column("收货人", Kind.TEXT, 18),
    Column("电话", Kind.CODE, 14),
    Column("数量", Kind.QUANTITY, 8, total=True),
    Column("备注", Kind.TEXT, 28),
)


def pickup_sheet(round_: RoundHead, leader: LeaderHead, bags: Sequence[PackedBag], *, orders: int) -> Sheet:
    """Return a leader's pickup sheet: a row per bag, by building and room, phones masked."""
    return Sheet(
        "提货单",
        PICKUP_COLUMNS,
        _by_building(bags),
        head=(*_head(round_, leader), ("合计", _sums(bags, orders))),
        notes=("请凭提货码或二维码提货；当面点清，如有缺损请即时与团长确认。",),
        signatures=("团长签字", "日期"),
        printed=round_.printed,
    )


def sorting_list(round_: RoundHead, leader: LeaderHead, bags: Sequence[PackedBag], *, orders: int) -> Sheet:
    """Return a leader's goods, each with the bags it belongs into."""
    rows: dict[int, list[Row]] = {}
    known: dict[int, Goods] = {}
    for bag in bags:
        whose = (bag.door.building, bag.door.room, bag.name, mask_phone(bag.phone))
        remark = _short(bag.remark)
        for goods, units in bag.goods:
            known[goods.offer_id] = goods
            rows.setdefault(goods.offer_id, []).append((*whose, units, remark))
    ordered = sorted(known.values(), key=lambda goods: goods.rank)
    groups = [Group(rows[one.offer_id], f"{one.code}  {one.label}", subtotal=True) for one in ordered]
    return Sheet(
        "分拣单",
        SORTING_COLUMNS,
        groups,
        head=(*_head(round_, leader), ("合计", f"{said(f'{len(ordered)}种商品')} {_sums(bags, orders)}")),
        signatures=("分拣", "复核", "日期"),
        printed=round_.printed,
    )


def _by_building(bags: Iterable[PackedBag]) -> Sequence[Group]:
    groups = [
        Group([row for bag in theirs for row in _pickup_rows(bag)], label, subtotal=True)
        for label, theirs in groupby(bags, key=lambda bag: bag.door.building_label)
    ]
    # Where all live in one building, or none is known, a heading would say nothing.
    return groups if len(groups) > 1 else [Group(group.rows) for group in groups]


def _pickup_rows(bag: PackedBag) -> Iterator[Row]:
    """Yield a bag's row, and further ones for what no spreadsheet shows in one: sums stand in the first."""
    named = [(_weighed_label(one, bag.grams), units) for one, units in bag.goods]
    goods = _portions([(item, _lines_of_goods(item[0])) for item in named])
    remarks = ["".join(some) for some in _portions(_sizes(bag.remark), REMARK_ROOM)]
    for number, (some, remark) in enumerate(zip_longest(goods, remarks)):
        whose = (bag.code, str(bag.door), bag.name)
        first = (bag.units, bag.amount_fen) if number == 0 else (None, None)
        yield (
            bag.code if number == 0 else None,
            *whose,
            mask_phone(bag.phone),
            tuple(some or ()),
            *first,
            remark or "",
            _mark(bag) if number == 0 else said("（续）"),
        )


def _weighed_label(goods: Goods, grams: Mapping[int, int]) -> str:
    weight = grams.get(goods.offer_id)
    return f"{goods.label} {said(f'实重{weight}g')}" if weight else goods.label


def _sizes(remark: str) -> Iterator[tuple[str, int]]:
    """Yield a short remark as it is, a long one by its characters, each with the room it takes."""
    if len(remark) <= REMARK_WIDTH and "\n" not in remark:
        yield from [(remark, REMARK_ROOM)] if remark else []
        return
    for char in remark:
        yield char, REMARK_WIDTH if char == "\n" else width_of(char)


def _mark(bag: PackedBag) -> str:
    return f"☑ {bag.handed_out}" if bag.handed_out else "□"


@functools.lru_cache(maxsize=20_000)
def _lines_of_goods(label: str) -> int:
    return lines_of(label, GOODS_WIDTH - 5)


def _portions(parts: Iterable[tuple[T, int]], room: int = MOST_LINES) -> list[list[T]]:
    """Return parts in order, in portions whose sizes add up to no more than there is room for."""
    portions: list[list[T]] = []
    used = room
    for part, size in parts:
        if not portions or used + size > room:
            portions.append([])
            used = 0
        portions[-1].append(part)
        used += size
    return portions


def _short(remark: str) -> str:
    """Return a remark that is repeated with every product; the pickup sheet has the whole."""
    return remark if len(remark) <= SHORT_REMARK else f"{remark[: SHORT_REMARK - 1]}…"


def _head(round_: RoundHead, leader: LeaderHead) -> tuple[tuple[str, str], ...]:
    return (
        ("活动", f"{round_.title}（{round_.name}）"),
        ("团长", f"{leader.code} {leader.name} {leader.phone}"),
        ("自提点", leader.pickup_point or "—"),
        ("自提时间", f"{round_.pickup_date} {leader.pickup_hours}"),
    )


def _sums(bags: Sequence[PackedBag], orders: int) -> str:
    units, amount = sum(bag.units for bag in bags), sum(bag.amount_fen for bag in bags)
    fees = sum(bag.fee_fen for bag in bags)
    above = said(f"（含运费 {format_yuan(fees)}）") if fees else ""
    return said(f"{orders}单 {len(bags)}户 {units}件 {format_yuan(amount)}") + above
