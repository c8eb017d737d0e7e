"""Postings, the balances that must not be overdrawn, closed periods and the figures operators set."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from groupbuy.db import Base

_UNSEALED = text("seal_number IS NULL")


class Posting(Base):
    """One movement of money between two accounts, in fen. Append-only; a correction is a row the other way.

    ``cause_kind``, ``cause_id`` and ``part`` say what it was booked for; they are unique, so that a repeat
    books nothing twice. ``period`` is the month of the books (``2026-11``). Nothing
    of a row is ever changed but ``seal_number``, once, when it is sealed.
    """

    __tablename__ = "posting"
    __table_args__ = (
        UniqueConstraint("cause_kind", "cause_id", "part"),
        CheckConstraint("amount_fen > 0", name="amount"),
        CheckConstraint("debit_account <> credit_account", name="accounts"),
        Index("ix_posting_debit", "debit_account", "period"),
        Index("ix_posting_credit", "credit_account", "period"),
        Index("ix_posting_period", "period", "id"),
        Index("ix_posting_unsealed", "id", postgresql_where=_UNSEALED, sqlite_where=_UNSEALED),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    debit_account: Mapped[str]
    credit_account: Mapped[str]
    amount_fen: Mapped[int]
    cause_kind: Mapped[str]
    cause_id: Mapped[str]
    part: Mapped[str]
    at: Mapped[datetime]
    actor: Mapped[str]
    period: Mapped[str]
    seal_number: Mapped[int | None]


class PostingSeal(Base):
    """A link of the chain of hashes over the postings that carry its number, from 1 on."""

    __tablename__ = "posting_seal"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    postings: Mapped[int]
    amount_fen: Mapped[int]
    digest: Mapped[str]
    sealed_at: Mapped[datetime]


class AccountBalance(Base):
    """The running balance of an account that is spent from; only commission may fall below zero."""

    __tablename__ = "account_balance"
    __table_args__ = (
        CheckConstraint("balance_fen >= 0 OR account LIKE 'commission:%'", name="not_overdrawn"),
    )

    account: Mapped[str] = mapped_column(primary_key=True)
    balance_fen: Mapped[int]


class ClosedPeriod(Base):
    """A month of the books that takes no more postings."""

    __tablename__ = "closed_period"

    period: Mapped[str] = mapped_column(primary_key=True)
    closed_at: Mapped[datetime]
    closed_by: Mapped[str]


class FinanceSetting(Base):
    """A whole number that operators have set; without a row the usual one holds."""

    __tablename__ = "finance_setting"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int]


class BankLine(Base):
    """A movement in the bank's own statement, in fen: above zero came in, below went out.

    ``key`` makes a line one of its kind, so that a file may be sent again. ``open`` until it is matched with
    postings, or set aside with a note.
    """

    __tablename__ = "bank_line"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'matched', 'set_aside')", name="state"),
        CheckConstraint("amount_fen <> 0", name="amount"),
        Index("ix_bank_line_state", "state", "day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    day: Mapped[date]
    amount_fen: Mapped[int]
    who: Mapped[str]
    words: Mapped[str]
    reference: Mapped[str]
    state: Mapped[str] = mapped_column(default="open")
    note: Mapped[str | None]
    imported_at: Mapped[datetime]


class BankMatch(Base):
    """A posting that stands behind a line of the bank; each stands behind one."""

    __tablename__ = "bank_match"

    posting_id: Mapped[int] = mapped_column(ForeignKey("posting.id"), primary_key=True, autoincrement=False)
    line_id: Mapped[int] = mapped_column(ForeignKey("bank_line.id"), index=True)
