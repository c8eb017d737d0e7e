"""The audit log and its seals."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from groupbuy.db import Base

_UNSEALED = text("seal_id IS NULL")


class AuditEntry(Base):
    """One change of state: who, when, what, from and to. Never deleted, never changed but to be sealed."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_subject", "subject_kind", "subject"),
        Index("ix_audit_entry_unsealed", "id", postgresql_where=_UNSEALED, sqlite_where=_UNSEALED),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[str]
    verb: Mapped[str]
    subject_kind: Mapped[str]
    subject: Mapped[str]
    before: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    after: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    seal_id: Mapped[int | None] = mapped_column(ForeignKey("audit_seal.id"))


class AuditSeal(Base):
    """A link of the chain of hashes over the entries that carry its id; ``number`` counts from 1."""

    __tablename__ = "audit_seal"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    entries: Mapped[int]
    digest: Mapped[str]
    sealed_at: Mapped[datetime]
