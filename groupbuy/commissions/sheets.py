"""What a leader earns on a round, on paper (佣金对账单)."""

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from groupbuy.campaigns.heads import Goods, RoundHead
from groupbuy.commissions.queries import LaterChange
from groupbuy.commissions.rules import agreed_commission
from groupbuy.documents.capitals import rmb_capitals
from groupbuy.documents.languages import said
from groupbuy.documents.sheet import Column, Kind, Row, Sheet, table
from groupbuy.kernel.money import format_yuan
from groupbuy.leaders.heads import LeaderHead
from groupbuy.orders.by_leader import LiveLine, LiveOrder

RateKey = tuple[int, int]
"""Basis points of the amount, and fen per sale unit."""

STATEMENT_COLUMNS = (
    Column("团长", Kind.TEXT, 16),
    Column("活动", Kind.TEXT, 18),
    Column("订单数", Kind.INTEGER, 7),
    Column("件数", Kind.QUANTITY, 8, total=True),
    Column("计佣金额", Kind.MONEY, 13, total=True),
    Column("比例", Kind.TEXT, 12, align="right"),
    Column("佣金", Kind.MONEY, 12, total=True),
    Column("退款扣回", Kind.MONEY, 11, total=True),
    Column("应付", Kind.MONEY, 12, total=True),
    Column("状态", Kind.TEXT, 8, align="center"),
    Column("确认签字", Kind.TEXT, 12),
)
DETAIL_COLUMNS = (
    Column("订单号", Kind.CODE, 15),
    Column("商品编码", Kind.CODE, 14),
    Column("商品", Kind.TEXT, 30),
    Column("件数", Kind.QUANTITY, 7, total=True),
    Column("计佣金额", Kind.MONEY, 12, total=True),
    Column("比例", Kind.TEXT, 14, align="right"),
    Column("佣金", Kind.MONEY, 11, total=True),
)


@dataclass(slots=True)
class RateTotal:
    """What a leader sold and earned at one rate: orders, sale units and fen."""

    orders: int = 0
    units: int = 0
    base_fen: int = 0
    commission_fen: int = 0
    change_fen: int = 0


def commission_of(line: LiveLine) -> int:
    """Return what one line earns, in fen."""
    return _earned(line.amount_fen, line.units, line.rate_bp, line.fixed_fen)


# Neighbours buy the same goods in the same numbers.
@functools.lru_cache(maxsize=20_000)
def _earned(amount_fen: int, units: int, rate_bp: int, fixed_fen: int) -> int:
    return agreed_commission(amount_fen=amount_fen, units=units, rate_bp=rate_bp, fixed_fen=fixed_fen)


def totals_by_rate(
    orders: Iterable[LiveOrder], changes: Iterable[LaterChange]
) -> Mapping[RateKey, RateTotal]:
    """Return what a leader earned at each rate, the highest first."""
    totals: dict[RateKey, RateTotal] = {}
    for order in orders:
        for line in order.lines:
            rate = line.rate_bp, line.fixed_fen
            row = totals.get(rate) or totals.setdefault(rate, RateTotal())
            row.units += line.units
            row.base_fen += line.amount_fen
            row.commission_fen += commission_of(line)
        for rate in {(line.rate_bp, line.fixed_fen) for line in order.lines}:
            totals[rate].orders += 1
    for change in changes:
        totals.setdefault((change.rate_bp, change.fixed_fen), RateTotal()).change_fen += change.amount_fen
    return dict(sorted(totals.items(), reverse=True))


def commission_statement(
    round_: RoundHead, leader: LeaderHead, totals: Mapping[RateKey, RateTotal], *, orders: int
) -> Sheet:
    """Return what a leader is to get for a round, a row per rate, each line rounded by itself."""
    due = sum(row.commission_fen + row.change_fen for row in totals.values())
    return Sheet(
        "佣金对账单",
        STATEMENT_COLUMNS,
        table([_statement_row(round_, leader, rate, row) for rate, row in totals.items()]),
        head=(
            ("活动", f"{round_.title}（{round_.name}）"),
            ("团长", f"{leader.code} {leader.name} {leader.phone}"),
            ("截单", round_.cutoff),
            ("订单", said(f"{orders}单")),
        ),
        closing=(("应付（大写）", rmb_capitals(due)),),
        notes=("佣金按每条订单行四舍五入到分，再逐行相加；明细见电子表格的“明细”页。",),
        signatures=("制表", "审核", "团长确认", "日期"),
        printed=round_.printed,
        landscape=True,
    )


def commission_details(
    round_: RoundHead, leader: LeaderHead, orders: Sequence[LiveOrder], goods: Mapping[int, Goods]
) -> Sheet:
    """Return every line that a leader earns on: the trace of each fen of the statement."""
    return Sheet(
        "佣金明细",
        DETAIL_COLUMNS,
        table(list(_detail_rows(orders, goods))),
        name="明细",
        head=(
            ("活动", f"{round_.title}（{round_.name}）"),
            ("团长", f"{leader.code} {leader.name}"),
        ),
        printed=round_.printed,
    )


@functools.lru_cache(maxsize=1000)
def rate_text(rate_bp: int, fixed_fen: int) -> str:
    """Return a rate for people: ``5.00%``, ``¥0.50/件``."""
    percent = f"{rate_bp // 100}.{rate_bp % 100:02d}%"
    if not fixed_fen:
        return percent
    each = f"{format_yuan(fixed_fen)}/件"
    return f"{percent} + {each}" if rate_bp else each


def _statement_row(round_: RoundHead, leader: LeaderHead, rate: RateKey, row: RateTotal) -> Row:
    return (
        f"{leader.code} {leader.name}",
        round_.title,
        row.orders,
        row.units,
        row.base_fen,
        said(rate_text(*rate)),
        row.commission_fen,
        row.change_fen,
        row.commission_fen + row.change_fen,
        said("待入账"),
        "",
    )


def _detail_rows(orders: Iterable[LiveOrder], goods: Mapping[int, Goods]) -> Iterator[Row]:
    for order in orders:
        for line in sorted(order.lines, key=lambda one: goods[one.offer_id].rank):
            item = goods[line.offer_id]
            rate = said(rate_text(line.rate_bp, line.fixed_fen))
            yield (
                order.number,
                item.code,
                item.label,
                line.units,
                line.amount_fen,
                rate,
                commission_of(line),
            )
