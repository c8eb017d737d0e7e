"""Answers given to writes with a key, so that a repeat gets the same answer."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from groupbuy.db import Base


class IdempotencyKey(Base):
    """The first answer to a keyed write of one account."""

    __tablename__ = "idempotency_key"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    status: Mapped[int]
    body: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(index=True)
