"""One leader's statement of a month (佣金账单) from the ledger: commission, rewards, bonuses, payouts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import String, Subquery, case, cast, literal, select, union_all

from groupbuy.campaigns.models import Round
from groupbuy.commissions.debts import CAUSE as DEBT
from groupbuy.commissions.extras import CAUSE as EXTRA
from groupbuy.commissions.helper_payments import CAUSE as PAID_HELPERS
from groupbuy.commissions.helpers import CAUSE as HELPERS
from groupbuy.commissions.models import CommissionExtra
from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.finance import queries, rules
from groupbuy.finance.models import Posting
from groupbuy.leaders.models import Leader

STAGES = ("pending", "frozen", "settled")
OF_LEADERS = "commission:leader:%"
COMMISSION, WITHDRAWAL = "commission", "withdrawal"
OF_ROUNDS = (COMMISSION, HELPERS)
SOURCES: Mapping[str, str] = {
    COMMISSION: "佣金",
    "referral": "推荐奖励",
    "referral_2": "二级推荐奖励",
    "bonus": "活动奖金",
    HELPERS: "助手分成",
    PAID_HELPERS: "已付助手",
    WITHDRAWAL: "提现",
    "wechat_transfer": "微信打款更正",
    DEBT: "欠款结清",
}
STEPS: Mapping[str, str] = {
    "accrue": "截单入账",
    "freeze": "提货冻结",
    "settle": "售后期满结算",
    "accrue_back": "退款或缺货扣回",
    "freeze_back": "冻结相应减少",
    "settle_back": "可提现相应减少",
    "share": "随佣金结算",
    "paid": "助手确认收款",
    "ask": "申请提现",
    "back": "提现退回",
    "mend": "按微信实付更正",
    "repaid": "团长还款",
    "written_off": "平台核销",
}


@dataclass(frozen=True, slots=True)
class StatementRow:
    """A movement of a leader's money: where it comes from, which step, its round, what each stage gains.

    ``extra_id`` names the reward or bonus whose lines stand behind it.
    """

    at: datetime
    source: str
    step: str
    round_name: str | None
    round_title: str | None
    extra_id: int | None
    pending_fen: int
    frozen_fen: int
    settled_fen: int


def statement(leader_id: int, period: str) -> Sequence[StatementRow]:
    """Return a leader's movements in a month, the oldest first; raise BadInput ``bad_period``."""
    rules.period_bounds(period)
    accounts = [rules.commission(leader_id, stage) for stage in STAGES]
    postings = list(reversed(queries.postings_of(accounts, period=period)))
    ids = {int(one.cause_id.partition(":")[0]) for one in postings if one.cause_kind in OF_ROUNDS}
    extras = _extras({int(one.cause_id) for one in postings if one.cause_kind == EXTRA})
    rounds = _rounds(ids | {one.round_id for one in extras.values()})
    return [_row(one, accounts, rounds, extras) for one in postings]


def carried(leader_id: int, period: str) -> int:
    """Return what a leader could withdraw before a month began, in fen; below zero is carried as owed."""
    account = rules.commission(leader_id, "settled")
    earlier = queries.balances(account, Posting.period < period, queries.touching([account]))
    return earlier.get(account, 0)


def months() -> Subquery:
    """Return by leader and month what it brought to pending, frozen and settled, in fen."""
    moved, owners = _moved(), _owners()
    sums = (
        total(case((owners.c.stage == stage, moved.c.fen), else_=0)).label(f"{stage}_fen") for stage in STAGES
    )
    return (
        select(moved.c.period, owners.c.code, owners.c.name, *sums)
        .join(owners, owners.c.account == moved.c.account)
        .group_by(moved.c.period, owners.c.code, owners.c.name)
        .subquery()
    )


def _moved() -> Subquery:
    """Return by account and month what leaders' accounts gained, in fen."""
    sides = (
        select(account.label("account"), Posting.period, fen.label("fen")).where(account.like(OF_LEADERS))
        for account, fen in (
            (Posting.credit_account, Posting.amount_fen),
            (Posting.debit_account, -Posting.amount_fen),
        )
    )
    both = union_all(*sides).subquery()
    sums = select(both.c.account, both.c.period, total(both.c.fen).label("fen"))
    return sums.group_by(both.c.account, both.c.period).subquery()


def _owners() -> Subquery:
    """Return whose account is which."""
    name = literal(OF_LEADERS.removesuffix("%")) + cast(Leader.id, String) + literal(":")
    accounts = (
        select(Leader.code, Leader.name, literal(stage).label("stage"), (name + stage).label("account"))
        for stage in STAGES
    )
    return union_all(*accounts).subquery()


def _extras(ids: set[int]) -> dict[int, CommissionExtra]:
    rows = db.session.scalars(select(CommissionExtra).where(CommissionExtra.id.in_(ids))).all() if ids else ()
    return {row.id: row for row in rows}


def _rounds(ids: set[int]) -> dict[int, tuple[str, str]]:
    rows = db.session.execute(select(Round.id, Round.name, Round.title).where(Round.id.in_(ids)))
    return {id_: (name, title) for id_, name, title in rows}


def _row(
    posting: Posting,
    accounts: Sequence[str],
    rounds: Mapping[int, tuple[str, str]],
    extras: Mapping[int, CommissionExtra],
) -> StatementRow:
    gains = [
        posting.amount_fen * ((posting.credit_account == name) - (posting.debit_account == name))
        for name in accounts
    ]
    step = _step(posting)
    if posting.cause_kind == EXTRA:
        extra = extras[int(posting.cause_id)]
        return StatementRow(posting.at, extra.kind, step, *rounds[extra.round_id], extra.id, *gains)
    if posting.cause_kind in OF_ROUNDS:
        named = rounds[int(posting.cause_id.partition(":")[0])]
        return StatementRow(posting.at, posting.cause_kind, step, *named, None, *gains)
    return StatementRow(posting.at, posting.cause_kind, step, None, None, None, *gains)


def _step(posting: Posting) -> str:
    """Return which step of a commission's life a posting is, with ``_back`` where it goes the other way."""
    step, debit = posting.part.rpartition(":")[2], posting.debit_account
    ends = {"accrue": ":pending", "freeze": ":frozen", "settle": ":settled"}
    return f"{step}_back" if step in ends and debit.endswith(ends[step]) else step


def sums_by_source(rows: Sequence[StatementRow]) -> dict[str, tuple[int, int, int]]:
    """Return what each source has brought to pending, frozen and settled, in fen, in the usual order."""
    sums: dict[str, tuple[int, int, int]] = {}
    for source in sorted({row.source for row in rows}, key=_place):
        mine = [row for row in rows if row.source == source]
        sums[source] = (
            sum(row.pending_fen for row in mine),
            sum(row.frozen_fen for row in mine),
            sum(row.settled_fen for row in mine),
        )
    return sums


def _place(source: str) -> tuple[int, str]:
    known = list(SOURCES)
    return (known.index(source) if source in known else len(known)), source
