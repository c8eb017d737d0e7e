"""Income and expense of some months, straight from the ledger."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select

from groupbuy.analytics import money_steps
from groupbuy.analytics.account_names import WORDS, names_of
from groupbuy.analytics.money_steps import Step
from groupbuy.catalog.models import Supplier
from groupbuy.db import db
from groupbuy.documents.languages import said
from groupbuy.documents.sheet import Column, Kind, Sheet, table
from groupbuy.finance import queries, rules
from groupbuy.finance.models import Posting
from groupbuy.kernel.money import format_yuan
from groupbuy.leaders.models import Leader

MONEY = ("channel", "cash")
KINDS = ("income", "expense", *MONEY)

# What postings are booked for.
CAUSES: Mapping[str, str] = {
    "order_sale": "商品售出",
    "order_fee": "订单费用",
    "order_payment": "订单收款",
    "channel_payment": "在线收款",
    "top_up": "余额充值",
    "order_owed": "多付应退",
    "order_split": "拆单",
    "refund": "退款",
    "channel_refund": "渠道退款",
    "cash_handover": "货款上交",
    "commission": "团长佣金",
    "commission_extra": "奖励与奖金",
    "helper_share": "助手分成",
    "helper_payment": "支付助手",
    "withdrawal": "提现",
    "wechat_transfer": "微信打款更正",
    "debt_settlement": "团长欠款结清",
    "bill_settlement": "渠道对账差额",
    "goods_receipt": "收货",
    "stock_movement": "库存变动",
    "supplier_adjustment": "供应商调整",
    "supplier_payment": "供应商付款",
}
_TITLES = (("account", "科目"), ("cause", "记账原因"), ("leader", "团长"), ("supplier", "供应商"))
CHART_BARS = 12
STEP_WORDS: Mapping[str, str] = {"day": "日期", "week": "周（周一）", "month": "月份"}


@dataclass(frozen=True, slots=True)
class Narrow:
    """What narrows the report; an empty text narrows nothing.

    ``account`` is an account or the words with which it begins, ``cause`` the kind of a posting's cause.
    ``leader`` and ``supplier`` are codes: only postings count that name one's account on either side.
    """

    account: str = ""
    cause: str = ""
    leader: str = ""
    supplier: str = ""

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """Yield the conditions on postings; a code that nobody has leaves none."""
        if self.cause:
            yield Posting.cause_kind == self.cause
        if self.leader:
            leader_id = db.session.scalar(select(Leader.id).where(Leader.code == self.leader))
            yield queries.touching(rules.of_leader(leader_id) if leader_id else ())
        if self.supplier:
            supplier_id = db.session.scalar(select(Supplier.id).where(Supplier.code == self.supplier))
            yield queries.touching([rules.supplier(supplier_id)] if supplier_id else ())

    @property
    def codes(self) -> dict[str, str]:
        """Return the codes by their names."""
        return {"leader": self.leader, "supplier": self.supplier}

    def takes(self, account: str) -> bool:
        """Tell whether an account is wanted."""
        return not self.account or f"{account}:".startswith(f"{self.account}:")

    def named(self) -> list[tuple[str, str]]:
        """Return what narrows as titles and words."""
        words = {"account": WORDS, "cause": CAUSES}
        chosen = [(name, title, getattr(self, name)) for name, title in _TITLES]
        return [(title, said(words.get(name, {}).get(text, text))) for name, title, text in chosen if text]


@dataclass(frozen=True, slots=True)
class IncomeExpense:
    """What came in and went out from one month to another, by account, in fen.

    ``accounts`` are those there are to choose from; ``steps`` the days, weeks or months one by one, where
    somebody wants them.
    """

    since: str
    until: str
    income: Mapping[str, int]
    expense: Mapping[str, int]
    money: Mapping[str, int]
    accounts: Sequence[str]
    narrow: Narrow
    step: str = ""
    steps: Sequence[Step] = ()

    @property
    def profit_fen(self) -> int:
        """Return income less expense."""
        return sum(self.income.values()) - sum(self.expense.values())

    def bars(self) -> Sequence[tuple[str, int]]:
        """Return the accounts that moved most with their fen, the largest first."""
        every = {**self.income, **self.expense, **self.money}.items()
        return sorted(every, key=lambda one: (-abs(one[1]), one[0]))[:CHART_BARS]


def income_expense(since: str, until: str, narrow: Narrow = Narrow(), step: str = "") -> IncomeExpense:
    """Return the movements of the months from ``since`` to ``until``, with a ``step`` one by one too.

    Raise BadInput ``bad_period``, ``too_many_steps``.
    """
    rules.period_bounds(since)
    rules.period_bounds(until)
    found = queries.balances("", *narrow.conditions(), since=since, until=until)
    shown = {name: fen for name, fen in found.items() if rules.kind_of(name) in KINDS and fen}

    def of(*kinds: str) -> dict[str, int]:
        return {
            name: fen for name, fen in shown.items() if rules.kind_of(name) in kinds and narrow.takes(name)
        }

    steps: Sequence[Step] = ()
    if step in money_steps.STEPS:
        found_by_day = money_steps.moved(*narrow.conditions(), since=since, until=until, takes=narrow.takes)
        steps = money_steps.steps_of(step, found_by_day)
    return IncomeExpense(
        since, until, of("income"), of("expense"), of(*MONEY), list(shown), narrow, step, steps
    )


def income_expense_sheet(report: IncomeExpense) -> Sheet:
    """Return 收支明细表: a row for each account of income and expense, and below them those of money."""
    groups = (("收入", report.income, 1), ("支出", report.expense, -1))
    words = names_of([*report.income, *report.expense, *report.money])
    rows = [
        (said(label), words[name], name, fen * sign)
        for label, accounts, sign in groups
        for name, fen in accounts.items()
    ]
    columns = (
        Column("类别", Kind.TEXT, 10),
        Column("项目", Kind.TEXT, 20),
        Column("科目", Kind.CODE, 28),
        Column("金额", Kind.MONEY, 16, total=True),
    )
    return Sheet(
        "收支明细表",
        columns,
        table(rows),
        head=_head(report),
        closing=[(said(f"收付款 {words[name]}"), format_yuan(fen)) for name, fen in report.money.items()],
    )


def _head(report: IncomeExpense) -> Sequence[tuple[str, str]]:
    span = report.since if report.since == report.until else said(f"{report.since} 至 {report.until}")
    return (("账期", span), *report.narrow.named())


def steps_sheet(report: IncomeExpense) -> Sheet:
    """Return 收支走势表: a row for each day, week or month."""
    columns = (
        Column(STEP_WORDS[report.step], Kind.CODE, 14),
        Column("收入", Kind.MONEY, 16, total=True),
        Column("支出", Kind.MONEY, 16, total=True),
        Column("收支差额", Kind.MONEY, 16, total=True),
    )
    rows = [(one.first.isoformat(), one.income_fen, one.expense_fen, one.profit_fen) for one in report.steps]
    return Sheet("收支走势表", columns, table(rows), head=_head(report))


def sheets(report: IncomeExpense) -> Sequence[Sheet]:
    """Return the sheets of a file, what was asked for first."""
    whole = income_expense_sheet(report)
    return [steps_sheet(report), whole] if report.steps else [whole]
