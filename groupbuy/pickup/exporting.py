"""The order export (团购订单导出): the three tables and the notes that leaders know from other apps."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from groupbuy.campaigns.heads import Goods
from groupbuy.documents.sheet import Column, Kind, Row, Sheet, table
from groupbuy.kernel.phones import mask_phone
from groupbuy.leaders.heads import LeaderHead
from groupbuy.orders.by_leader import LiveOrder
from groupbuy.orders.export_layout import (
    BUYER_COLUMNS,
    BUYERS,
    GOODS,
    GOODS_COLUMNS,
    NOTES,
    POINT_COLUMNS,
    POINTS,
    label_of,
)
from groupbuy.pickup.rules import door

# A wider sheet is not read back; the summary by goods has all of them.
MOST_GOODS = 600
NOT_KEPT = "-"
_MONEY = {
    *("商品金额", "运费", "优惠", "订单金额", "退款金额", "团当前单价", "商品总金额"),
    *("优惠总金额", "订单总金额", "订单退款总金额"),
}
_NUMBERS = {"数量", "销售数量", "订单总数", "商品总数"}
_CODES = {"跟团号", "联系电话", "服务小区电话", "商品ID", "商品编码"}
_WIDE = {"商品": 28, "详细地址": 24, "服务小区": 30, "服务小区地址": 30, "团员备注": 20, "团购标题": 24}


@dataclass(frozen=True, slots=True)
class ExportHead:
    """What the export says about the round: its title, and since when and until when orders are placed."""

    title: str
    since: str
    until: str
    shows_phones: bool


Served = Sequence[tuple[LeaderHead, Sequence[LiveOrder]]]
"""Leaders with their orders."""


def order_export(head: ExportHead, served: Served, goods: Mapping[int, Goods]) -> tuple[Sheet, ...]:
    """Return the four sheets of leaders' live orders; cancelled orders and goods are not in them."""
    named = _distinct(goods)
    wanted = {offer_id for units in _units_by_point(served) for offer_id in units}
    ordered = sorted((goods[offer_id] for offer_id in wanted), key=lambda one: one.rank)
    rows = [
        row for leader, orders in served for one in orders for row in _buyer_rows(head, leader, one, named)
    ]
    extra = [label_of(*named[one.offer_id]) for one in ordered[:MOST_GOODS]]
    return (
        _sheet(BUYERS, BUYER_COLUMNS, rows),
        _sheet(GOODS, GOODS_COLUMNS, list(_goods_rows(head, served, ordered, named))),
        _sheet(POINTS, POINT_COLUMNS, list(_point_rows(head, served, ordered)), extra),
        _notes(head, cut=len(ordered) > MOST_GOODS),
    )


def _distinct(goods: Mapping[int, Goods]) -> dict[int, tuple[str, str]]:
    """Return name and specification by offer; where two are alike the code makes the difference."""
    times = Counter(label_of(one.name, one.spec) for one in goods.values())
    return {
        one.offer_id: (
            one.name if times[label_of(one.name, one.spec)] == 1 else f"{one.name} {one.code}",
            one.spec,
        )
        for one in goods.values()
    }


def _sheet(name: str, columns: Sequence[str], rows: Sequence[Row], more: Sequence[str] = ()) -> Sheet:
    titled = [Column(title, _kind(title), _WIDE.get(title, 12)) for title in columns]
    counts = [Column(title, Kind.INTEGER, 12) for title in more]
    return Sheet("", [*titled, *counts], table(rows), name=name, landscape=True)


def _kind(title: str) -> Kind:
    if title in _MONEY:
        return Kind.MONEY
    if title in _NUMBERS:
        return Kind.INTEGER
    return Kind.CODE if title in _CODES else Kind.TEXT


def _buyer_rows(
    head: ExportHead, leader: LeaderHead, order: LiveOrder, named: Mapping[int, tuple[str, str]]
) -> Iterator[Row]:
    home = door(order.building, order.room)
    phone = order.phone if head.shows_phones else mask_phone(order.phone)
    total = sum(line.amount_fen for line in order.lines)
    for place, line in enumerate(order.lines):
        name, spec = named[line.offer_id]
        # What belongs to the order and not to a line stands in its first row.
        sums = (order.fee_fen, 0, total + order.fee_fen, 0)
        paid: tuple[int | None, ...] = sums if place == 0 else (None, None, None, None)
        yield (
            *(order.name, order.remark if place == 0 else None, None, order.number),
            *(label_of(name, spec), spec, line.units, line.amount_fen, *paid),
            *("顾客自提", leader.pickup_point, leader.name, leader.phone, leader.pickup_point),
            *(order.name, phone, str(home), leader.name, home.room, home.building, None),
        )


def _units_by_point(served: Served) -> Iterator[Counter[int]]:
    for _, orders in served:
        units: Counter[int] = Counter()
        for order in orders:
            for line in order.lines:
                units[line.offer_id] += line.units
        yield units


def _goods_rows(
    head: ExportHead, served: Served, ordered: Sequence[Goods], named: Mapping[int, tuple[str, str]]
) -> Iterator[Row]:
    units: Counter[int] = Counter()
    amounts: Counter[int] = Counter()
    for line in (line for _, orders in served for order in orders for line in order.lines):
        units[line.offer_id] += line.units
        amounts[line.offer_id] += line.amount_fen
    owner = served[0][0].name if len(served) == 1 else NOT_KEPT
    for one in ordered:
        name, spec = named[one.offer_id]
        count, amount = units[one.offer_id], amounts[one.offer_id]
        # Whoever ordered before a price changed kept the former one; then no one price says it.
        price = amount // count if amount % count == 0 else None
        kept = (NOT_KEPT, NOT_KEPT)
        yield (
            head.title,
            owner,
            name,
            one.code,
            one.code,
            spec,
            one.zone,
            *kept,
            count,
            price,
            amount,
            *kept,
        )


def _point_rows(head: ExportHead, served: Served, ordered: Sequence[Goods]) -> Iterator[Row]:
    for (leader, orders), units in zip(served, _units_by_point(served), strict=True):
        amount = sum(line.amount_fen for order in orders for line in order.lines)
        yield (
            *(head.title, leader.pickup_point, leader.name, leader.phone, leader.pickup_point, leader.name),
            *(len(orders), amount, 0, amount, 0, units.total()),
            *(units[one.offer_id] for one in ordered[:MOST_GOODS]),
        )


def _notes(head: ExportHead, *, cut: bool) -> Sheet:
    lines = [
        f"{BUYERS}：每张订单一段，订单金额写在第一行，不包含已取消的订单和商品",
        f"{GOODS}：商品汇总售卖件数，不包含已取消的订单和商品",
        f"{POINTS}：按自提点汇总商品售卖件数，不包含已取消的订单和商品",
        f"{POINTS}只列前 {MOST_GOODS} 种商品，其余见{GOODS}" if cut else "",
        "" if head.shows_phones else "提货七天后，手机号不再完整显示",
        "筛选条件：全部",
        f"下单时间：{head.since}至{head.until}",
    ]
    return Sheet("", [Column(NOTES, width=80)], table([(line,) for line in lines]), name=NOTES)
