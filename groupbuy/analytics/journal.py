"""The finance journal (财务日志): every entry of the ledger, what it was booked for and by whom."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, false, func, or_, select

from groupbuy.analytics.account_names import names_of
from groupbuy.analytics.journal_papers import papers_of, with_paper
from groupbuy.analytics.money_report import CAUSES, Narrow
from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.documents.languages import said
from groupbuy.finance import rules
from groupbuy.finance.models import Posting


@dataclass(frozen=True, slots=True)
class Asked:
    """The first and the last month of the books, what narrows the entries, and the number of a paper."""

    since: str
    until: str
    narrow: Narrow
    paper: str = ""

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """Yield the conditions on postings; raise BadInput ``bad_period``."""
        rules.period_bounds(self.since)
        rules.period_bounds(self.until)
        yield Posting.period >= self.since
        yield Posting.period <= self.until
        yield from self.narrow.conditions()
        if self.narrow.account:
            yield or_(self._is(Posting.debit_account), self._is(Posting.credit_account))
        if self.paper:
            yield with_paper(self.paper)

    def sides(self) -> Iterator[ColumnElement[int]]:
        """Yield what an entry debits and credits the account asked for; nothing where none is."""
        for column in (Posting.debit_account, Posting.credit_account):
            mine = self._is(column) if self.narrow.account else false()
            yield case((mine, Posting.amount_fen), else_=0)

    def _is(self, column: Any) -> ColumnElement[bool]:
        """Return the condition that an account is the one asked for, or one below it."""
        account = self.narrow.account
        found: ColumnElement[bool] = or_(column == account, column.startswith(f"{account}:", autoescape=True))
        return found


@dataclass(frozen=True, slots=True)
class Sums:
    """How many entries there are, and in fen what they move, debit and credit the account asked for."""

    entries: int
    moved_fen: int
    debited_fen: int
    credited_fen: int


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as people read it; ``paper`` is the number of what it was booked for."""

    id: int
    at: datetime
    period: str
    cause_kind: str
    cause: str
    paper: str
    part: str
    debit_account: str
    debit: str
    credit_account: str
    credit: str
    amount_fen: int
    actor: str
    seal_number: int | None


def selection(asked: Asked) -> Select[Posting]:
    """Return the selection of the entries asked for, the latest first; raise BadInput ``bad_period``."""
    return select(Posting).where(*asked.conditions()).order_by(Posting.id.desc())


def sums(asked: Asked) -> Sums:
    """Return what the entries asked for come to; where no account is named none is debited or credited."""
    sides = [total(one) for one in asked.sides()]
    found = select(func.count(), total(Posting.amount_fen), *sides).where(*asked.conditions())
    row = tuple(db.session.execute(found).one())
    return Sums(row[0], row[1], row[2], row[3])


def read(postings: Sequence[Posting]) -> Sequence[Entry]:
    """Return postings in words, in a query for each kind of account and cause among them."""
    accounts = names_of(name for one in postings for name in (one.debit_account, one.credit_account))
    papers = papers_of(postings)
    names = ("id", "at", "period", "cause_kind", "part", "debit_account", "credit_account", "amount_fen")
    return [
        Entry(
            **{name: getattr(one, name) for name in names},
            cause=said(CAUSES.get(one.cause_kind, one.cause_kind)),
            paper=papers.get((one.cause_kind, one.cause_id), one.cause_id),
            debit=accounts[one.debit_account],
            credit=accounts[one.credit_account],
            actor=one.actor,
            seal_number=one.seal_number,
        )
        for one in postings
    ]
