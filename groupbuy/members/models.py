"""Residents, each bound to one leader."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from groupbuy.db import Base
from groupbuy.leaders.models import Leader

_DEFAULT = text("is_default")


class Resident(Base):
    """Who orders. ``leader_id`` is the leader of orders to come, past orders keep their own.

    Who changes leader stays with ``former_leader_id`` in rounds that opened before ``leader_since``.
    """

    __tablename__ = "resident"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    name: Mapped[str]
    phone: Mapped[str]
    leader_id: Mapped[int] = mapped_column(ForeignKey("leader.id"), index=True)
    former_leader_id: Mapped[int | None] = mapped_column(ForeignKey("leader.id"))
    leader_since: Mapped[datetime | None]
    building: Mapped[str | None]
    room: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)
    consent_version: Mapped[str | None]
    consent_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    leader: Mapped[Leader] = relationship(foreign_keys=[leader_id])
    former_leader: Mapped[Leader | None] = relationship(foreign_keys=[former_leader_id])

    def leader_in(self, opens_at: datetime) -> Leader:
        """Return who hands out what this resident orders in a round that opens at a moment."""
        changed_later = self.leader_since is not None and opens_at < self.leader_since
        return self.former_leader if changed_later and self.former_leader is not None else self.leader


class ResidentAddress(Base):
    """A door to which a resident's bags may go; the default is the one that the resident has now."""

    __tablename__ = "resident_address"
    __table_args__ = (
        Index(
            "uq_resident_address_default",
            "resident_id",
            unique=True,
            postgresql_where=_DEFAULT,
            sqlite_where=_DEFAULT,
        ),
        Index("ix_resident_address_resident", "resident_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    resident_id: Mapped[int] = mapped_column(ForeignKey("resident.id"))
    room: Mapped[str]
    is_default: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
