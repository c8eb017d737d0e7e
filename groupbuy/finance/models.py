"""Postings, the balances that must not be overdrawn, closed periods and the figures operators set."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
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
