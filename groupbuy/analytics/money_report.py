"""Income and expense of some months, straight from the ledger."""

from collections.abc import Mapping
from dataclasses import dataclass

from groupbuy.documents.sheet import Column, Kind, Sheet, table
from groupbuy.finance import queries, rules

WORDS: Mapping[str, str] = {
    "income:sales": "商品销售",
    "income:freight": "运费",
    "income:door": "送货上门费",
    "income:fees": "提现手续费",
    "income:rebates": "供应商返利",
    "expense:commission": "团长佣金",
    "expense:referral": "推荐奖励",
    "expense:bonus": "活动奖金",
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
