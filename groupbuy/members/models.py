"""Residents, each bound to one leader."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from groupbuy.db import Base
from groupbuy.leaders.models import Leader


class Resident(Base):
    """Who orders. ``leader_id`` is the leader of orders to come, past orders keep their own."""

    __tablename__ = "resident"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    name: Mapped[str]
    phone: Mapped[str]
    leader_id: Mapped[int] = mapped_column(ForeignKey("leader.id"), index=True)
    building: Mapped[str | None]
    room: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)
    consent_version: Mapped[str | None]
    consent_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    leader: Mapped[Leader] = relationship()
