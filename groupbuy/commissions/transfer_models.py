"""Tries to pay withdrawals through WeChat."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from groupbuy.commissions.models import Withdrawal
from groupbuy.db import Base

_LOOKED_AT = text("look_at IS NOT NULL")
_LIVE = text("state NOT IN ('failed', 'mispaid')")


class WechatTransfer(Base):
    """A try to pay a withdrawal through WeChat, in fen, under the number that WeChat knows it by.

    ``queued`` until WeChat has answered, then ``processing`` or, while its payee has to confirm it with
    ``package``, ``waiting``; ``refused`` until WeChat says that it does not have it. At the end ``success``
    or ``failed``; ``stuck`` waits for a person, and ``mispaid`` is what WeChat has paid and we have not
    booked: after the withdrawal had gone another way, or another amount. ``look_at`` is when WeChat is asked
    again.
    """

    __tablename__ = "wechat_transfer"
    __table_args__ = (
        CheckConstraint(
            "state IN ('queued', 'processing', 'waiting', 'refused', 'stuck', 'success', 'failed',"
            " 'mispaid')",
            name="state",
        ),
        CheckConstraint("amount_fen > 0", name="amount"),
        Index(
            "ix_wechat_transfer_live",
            "withdrawal_id",
            unique=True,
            postgresql_where=_LIVE,
            sqlite_where=_LIVE,
        ),
        Index("ix_wechat_transfer_look", "look_at", postgresql_where=_LOOKED_AT, sqlite_where=_LOOKED_AT),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    withdrawal_id: Mapped[int] = mapped_column(ForeignKey("withdrawal.id"), index=True)
    amount_fen: Mapped[int]
    payee: Mapped[str]
    payee_name: Mapped[str]
    state: Mapped[str] = mapped_column(default="queued")
    reference: Mapped[str | None]
    package: Mapped[str | None]
    asked_at: Mapped[datetime]
    actor: Mapped[str]
    ended_at: Mapped[datetime | None]
    look_at: Mapped[datetime | None]
    looks: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None]
    submission_key: Mapped[str | None] = mapped_column(unique=True)

    withdrawal: Mapped[Withdrawal] = relationship()
