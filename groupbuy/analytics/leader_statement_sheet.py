"""A leader's statement as a sheet."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from groupbuy.analytics.leader_statement import SOURCES, STEPS, StatementRow, sums_by_source
from groupbuy.documents.capitals import rmb_capitals
from groupbuy.documents.languages import said
from groupbuy.documents.sheet import Column, Kind, Sheet, table
from groupbuy.finance import rules
from groupbuy.kernel.money import format_yuan

COLUMNS = (
    Column("日期", Kind.CODE, 12),
    Column("来源", Kind.TEXT, 14),
    Column("事项", Kind.TEXT, 14),
    Column("活动", Kind.TEXT, 24),
    Column("期次", Kind.CODE, 16),
    Column("待入账", Kind.MONEY, 13, total=True),
    Column("冻结", Kind.MONEY, 13, total=True),
    Column("可提现", Kind.MONEY, 13, total=True),
)


def statement_sheet(
    period: str, leader: str, rows: Sequence[StatementRow], *, carried_fen: int, now: datetime
) -> Sheet:
    """Return a leader's month as a table, each source a figure of its own below it.

    ``carried_fen`` could be withdrawn before it began; with the month it gives what can be at its end.
    """
    sums = sums_by_source(rows)
    closing = [("上期结转（可提现）", format_yuan(carried_fen))]
    closing += [
        (said(f"{said(SOURCES.get(source, source))}（可提现）"), format_yuan(settled))
        for source, (_, _, settled) in sums.items()
    ]
    change = sum(row.settled_fen for row in rows)
    closing.append(("期末可提现", format_yuan(carried_fen + change)))
    if change > 0:
        closing.append(("本期可提现增加（大写）", rmb_capitals(change)))
    return Sheet(
        "佣金账单",
        COLUMNS,
        table([_cells(row) for row in rows]),
        head=(("账期", period), ("团长", leader)),
        closing=closing,
        notes=("每一笔都可在“我的资金”里点开到订单行；负数为退款或提现扣减，期末为负的结转下期抵扣。",),
        signatures=("制表", "审核", "团长确认"),
        printed=f"{now.astimezone(rules.BOOKS):%Y-%m-%d %H:%M}",
        landscape=True,
    )


def _cells(row: StatementRow) -> tuple[Any, ...]:
    return (
        f"{row.at.astimezone(rules.BOOKS):%Y-%m-%d}",
        said(SOURCES.get(row.source, row.source)),
        said(STEPS.get(row.step, row.step)),
        row.round_title or "",
        row.round_name or "",
        row.pending_fen,
        row.frozen_fen,
        row.settled_fen,
    )
