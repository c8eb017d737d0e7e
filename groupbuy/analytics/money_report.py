"""Income and expense of some months, and one leader's statement, both straight from the ledger."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.documents.sheet import Column, Kind, Sheet, table
from groupbuy.finance import queries, rules
from groupbuy.finance.models import Posting

STAGES = ("pending", "frozen", "settled")
WORDS: Mapping[str, str] = {
    "income:sales": "商品销售",
    "income:fees": "提现手续费",
    "income:rebates": "供应商返利",
    "expense:commission": "团长佣金",
    "expense:goods": "进货成本",
    "expense:stock_loss": "盘亏与报损",
    "stock:goods": "库存商品",
    "channel:bank": "银行付款",
    "channel:cash": "收到现金",
    "channel:manual": "人工收款",
    "channel:elsewhere": "其他平台已收",
    "channel:opening": "建账前已收",
    "channel:wechat": "微信支付",
    "channel:alipay": "支付宝",
    "payable:tax": "代扣税款",
    "payable:refunding": "退款途中",
    "payable:held": "待核款项",
}


@dataclass(frozen=True, slots=True)
class IncomeExpense:
    """What came in and went out from one month to another, by account, in fen."""

    since: str
    until: str
    income: Mapping[str, int]
    expense: Mapping[str, int]
    money: Mapping[str, int]

    @property
    def profit_fen(self) -> int:
        """Return income less expense."""
        return sum(self.income.values()) - sum(self.expense.values())


def income_expense(since: str, until: str) -> IncomeExpense:
    """Return the movements of the months from ``since`` to ``until``; raise BadInput ``bad_period``."""
    rules.period_bounds(since)
    rules.period_bounds(until)
    found = queries.balances(since=since, until=until)

    def of(*kinds: str) -> dict[str, int]:
        return {name: fen for name, fen in found.items() if rules.kind_of(name) in kinds and fen}

    return IncomeExpense(since, until, of("income"), of("expense"), of("channel", "cash"))


def income_expense_sheet(report: IncomeExpense) -> Sheet:
    """Return 收支明细表: a row for each account of income, expense and money."""
    groups = (("收入", report.income, 1), ("支出", report.expense, -1))
    rows = [
        (label, WORDS.get(name, name), name, fen * sign)
        for label, accounts, sign in groups
        for name, fen in accounts.items()
    ]
    columns = (
        Column("类别", Kind.TEXT, 10),
        Column("项目", Kind.TEXT, 20),
        Column("科目", Kind.CODE, 28),
        Column("金额", Kind.MONEY, 16, total=True),
    )
    span = report.since if report.since == report.until else f"{report.since} 至 {report.until}"
    return Sheet("收支明细表", columns, table(rows), head=(("账期", span),))


@dataclass(frozen=True, slots=True)
class StatementRow:
    """A movement of a leader's commission: what it is, which round it is of, and what each stage gains."""

    at: datetime
    what: str
    round_name: str | None
    round_title: str | None
    pending_fen: int
    frozen_fen: int
    settled_fen: int


def statement(leader_id: int, period: str) -> Sequence[StatementRow]:
    """Return a leader's movements in a month, the oldest first; raise BadInput ``bad_period``."""
    rules.period_bounds(period)
    accounts = [rules.commission(leader_id, stage) for stage in STAGES]
    postings = list(reversed(queries.postings_of(accounts, period=period)))
    ids = {int(one.cause_id.partition(":")[0]) for one in postings if one.cause_kind == "commission"}
    rounds = {
        id_: (name, title)
        for id_, name, title in db.session.execute(
            select(Round.id, Round.name, Round.title).where(Round.id.in_(ids))
        )
    }
    return [_row(one, accounts, rounds) for one in postings]


def _row(posting: Posting, accounts: Sequence[str], rounds: Mapping[int, tuple[str, str]]) -> StatementRow:
    gains = [
        posting.amount_fen * ((posting.credit_account == name) - (posting.debit_account == name))
        for name in accounts
    ]
    if posting.cause_kind != "commission":
        return StatementRow(posting.at, f"{posting.cause_kind}:{posting.part}", None, None, *gains)
    name, title = rounds[int(posting.cause_id.partition(":")[0])]
    return StatementRow(posting.at, posting.part.partition(":")[2], name, title, *gains)


STEP_WORDS: Mapping[str, str] = {
    "accrue": "截单入账",
    "freeze": "提货冻结",
    "settle": "售后期满结算",
    "withdrawal:ask": "申请提现",
    "withdrawal:back": "提现退回",
}


def statement_sheet(period: str, leader: str, rows: Sequence[StatementRow]) -> Sheet:
    """Return a leader's month as a table; each row names its round, whose lines have a table of their own."""
    columns = (
        Column("日期", Kind.TEXT, 12),
        Column("事项", Kind.TEXT, 16),
        Column("活动", Kind.TEXT, 24),
        Column("期次", Kind.CODE, 16),
        Column("待入账", Kind.MONEY, 13, total=True),
        Column("冻结", Kind.MONEY, 13, total=True),
        Column("可提现", Kind.MONEY, 13, total=True),
    )
    cells = [
        (
            f"{row.at.astimezone(rules.BOOKS):%Y-%m-%d}",
            STEP_WORDS.get(row.what, row.what),
            row.round_title or "",
            row.round_name or "",
            row.pending_fen,
            row.frozen_fen,
            row.settled_fen,
        )
        for row in rows
    ]
    return Sheet("佣金账单", columns, table(cells), head=(("账期", period), ("团长", leader)))
