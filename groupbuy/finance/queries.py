"""Reading the ledger."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select, union_all

from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.finance import rules
from groupbuy.finance.models import AccountBalance, ClosedPeriod, Posting


def credits_less_debits(*conditions: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Return a selection of each account's credits less its debits, in fen."""
    both = union_all(
        select(Posting.credit_account.label("account"), Posting.amount_fen.label("fen")).where(*conditions),
        select(Posting.debit_account, -Posting.amount_fen).where(*conditions),
    ).subquery()
    return select(both.c.account, total(both.c.fen)).group_by(both.c.account).order_by(both.c.account)


def credits_less_debits_by_day(
    day: ColumnElement[str], *conditions: ColumnElement[bool], since: str, until: str
) -> Select[*tuple[Any, ...]]:
    """Return a selection of credits less debits of income and expense by month, day and account, in fen."""
    wanted = (*conditions, *_within(since, until))
    names = (Posting.credit_account, Posting.debit_account)
    both = union_all(
        *(
            select(
                Posting.period,
                day.label("day"),
                name.label("account"),
                (Posting.amount_fen * sign).label("fen"),
            ).where(*wanted, or_(name.like("income:%"), name.like("expense:%")))
            for name, sign in zip(names, (1, -1), strict=True)
        )
    ).subquery()
    by = (both.c.period, both.c.day, both.c.account)
    return select(*by, total(both.c.fen)).group_by(*by).order_by(*by)


def balances(
    prefix: str = "", *conditions: ColumnElement[bool], since: str | None = None, until: str | None = None
) -> Mapping[str, int]:
    """Return the balances of accounts that begin with a text, as people read them, in fen.

    ``since`` and ``until`` are the first and the last month that count; only postings under the
    conditions do.
    """
    rows = db.session.execute(credits_less_debits(*conditions, *_within(since, until)))
    return {name: rules.balance(name, fen) for name, fen in rows if name.startswith(prefix)}


def touching(accounts: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a posting moves something into or out of one of some accounts."""
    return or_(Posting.debit_account.in_(accounts), Posting.credit_account.in_(accounts))


def _within(since: str | None, until: str | None) -> list[ColumnElement[bool]]:
    bounds = [Posting.period >= since] if since else []
    return [*bounds, Posting.period <= until] if until else bounds


def balance(account: str) -> int:
    """Return one account's balance as people read it, reckoned from its postings, in fen."""
    credited = (
        db.session.scalar(select(total(Posting.amount_fen)).where(Posting.credit_account == account)) or 0
    )
    debited = (
        db.session.scalar(select(total(Posting.amount_fen)).where(Posting.debit_account == account)) or 0
    )
    return rules.balance(account, credited - debited)


def available(account: str) -> int:
    """Return the running balance of an account that is spent from, in fen."""
    return db.session.scalar(select(AccountBalance.balance_fen).where(AccountBalance.account == account)) or 0


def lock_available(account: str) -> int:
    """Return the running balance of an account, in fen, which nobody else moves until the commit."""
    mine = select(AccountBalance.balance_fen).where(AccountBalance.account == account)
    return db.session.scalar(mine.with_for_update()) or 0


def postings_of(
    accounts: Sequence[str], *, period: str | None = None, most: int | None = None
) -> Sequence[Posting]:
    """Return the postings of accounts, the latest first, of one month or of all."""
    statement = select(Posting).where(touching(accounts)).order_by(Posting.id.desc())
    if period is not None:
        statement = statement.where(Posting.period == period)
    return db.session.scalars(statement.limit(most)).all()


def periods_of(accounts: Sequence[str]) -> Sequence[str]:
    """Return the months in which accounts moved, the latest first."""
    months = select(Posting.period).where(touching(accounts)).distinct().order_by(Posting.period.desc())
    return db.session.scalars(months).all()


def may_close(period: str, now: datetime) -> bool:
    """Tell whether a month can be closed now; raise BadInput ``bad_period``."""
    over = now >= rules.period_bounds(period)[1] + rules.SETTLES_DOWN
    return over and db.session.get(ClosedPeriod, period) is None


def closed_periods() -> Sequence[ClosedPeriod]:
    """Return the closed months, the latest first."""
    return db.session.scalars(select(ClosedPeriod).order_by(ClosedPeriod.period.desc())).all()
