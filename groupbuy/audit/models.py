"""The audit log and its seals."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index
from sqlalchemy.orm import Mapped, mapped_column

from groupbuy.db import Base


class AuditEntry(Base):
    """One change of state: who, when, what, from and to. Never updated, never deleted."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index(None, "subject_kind", "subject"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[str]
    verb: Mapped[str]
    subject_kind: Mapped[str]
    subject: Mapped[str]
    before: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    after: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)


class AuditSeal(Base):
    """A link of the chain of hashes: covers all entries after the former seal up to ``last_id``."""

    __tablename__ = "audit_seal"

    id: Mapped[int] = mapped_column(primary_key=True)
    last_id: Mapped[int] = mapped_column(unique=True)
    entries: Mapped[int]
    digest: Mapped[str]
    sealed_at: Mapped[datetime]
