"""What stands in the bank's statement, and what of ours could stand behind a line of it."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, Select, func, select, tuple_

from groupbuy.db import db
from groupbuy.finance import bank_rules
from groupbuy.finance.bank_rules import Expected
from groupbuy.finance.models import BankLine, Posting
from groupbuy.flows import banking
from groupbuy.flows.banking import SIGNED

MOST_CANDIDATES, MOST_PROPOSALS = 50, 10


def selected(
    *, state: str | None = None, since: date | None = None, until: date | None = None
) -> Select[BankLine]:
    """Return a selection of lines, the latest first; both days belong to it."""
    statement = select(BankLine).order_by(BankLine.day.desc(), BankLine.id.desc())
    if state:
        statement = statement.where(BankLine.state == state)
    if since:
        statement = statement.where(BankLine.day >= since)
    if until:
        statement = statement.where(BankLine.day <= until)
    return statement


def page_of_lines(
    statement: Select[BankLine], *, before: tuple[date, int] | None, most: int
) -> Sequence[BankLine]:
    """Return lines of a selection that come after the one with this day and id."""
    if before is not None:
        statement = statement.where(tuple_(BankLine.day, BankLine.id) < before)
    return db.session.scalars(statement.limit(most)).all()


def page_of_missing(*, after: int | None, most: int) -> Sequence[Row[Any]]:
    """Return movements without a line, the oldest first, after the posting with this id."""
    return db.session.execute(banking.missing().where(Posting.id > (after or 0)).limit(most)).all()


def proposals(line: BankLine) -> list[Expected]:
    """Return movements, or a payout file's together, that come to an open line's amount in its days."""
    near = banking.expected(BankLine.id == line.id)
    return bank_rules.proposals(banking.line_of(line), near)[:MOST_PROPOSALS]


def candidates(line: BankLine, proposed: Sequence[Expected] = ()) -> list[Row[Any]]:
    """Return movements in a line's direction: the proposed ones first, then by how near the amount is."""
    first = [posting for one in proposed for posting in one.postings]
    same_way = SIGNED > 0 if line.amount_fen > 0 else SIGNED < 0
    how_near = func.abs(SIGNED - line.amount_fen)
    ours = banking.missing().where(same_way).order_by(None)
    nearest = ours.order_by(Posting.id.in_(first).desc(), how_near, Posting.id)
    return list(db.session.execute(nearest.limit(max(MOST_CANDIDATES, len(first)))))
