"""Jobs to do after the commit, and the log of what ran."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from groupbuy.db import Base


class Job(Base):
    """A piece of work with an effect outside the database, unique by what it does."""

    __tablename__ = "job"
    __table_args__ = (
        UniqueConstraint("kind", "key"),
        CheckConstraint("state IN ('queued', 'done', 'failed', 'unknown')", name="state"),
        Index(
            "ix_job_due",
            "run_at",
            postgresql_where=text("state = 'queued'"),
            sqlite_where=text("state = 'queued'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    key: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(default="queued")
    run_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    lease: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    last_error: Mapped[str | None]
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class MadeFile(Base):
    """A large file that somebody wants, kept for a week; ``done`` of ``rows`` are ready."""

    __tablename__ = "made_file"
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'making', 'done', 'failed')", name="state"),
        CheckConstraint("suffix IN ('xlsx', 'csv')", name="suffix"),
        Index("ix_made_file_account", "account_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    report: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    suffix: Mapped[str]
    name: Mapped[str]
    state: Mapped[str] = mapped_column(default="queued")
    rows: Mapped[int]
    done: Mapped[int] = mapped_column(default=0)
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    asked_at: Mapped[datetime]
    made_at: Mapped[datetime | None]


class RunEntry(Base):
    """One thing the scheduler did: what, when it was due, when it ran, how it ended."""

    __tablename__ = "run_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    subject: Mapped[str]
    due_at: Mapped[datetime]
    ran_at: Mapped[datetime] = mapped_column(index=True)
    finished_at: Mapped[datetime | None]
    result: Mapped[str]
    detail: Mapped[str | None]


class Heartbeat(Base):
    """The last tick of each scheduler process, for the alarm that nobody ticks."""

    __tablename__ = "heartbeat"

    holder: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
