"""Tries to pay withdrawals through WeChat."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from groupbuy.commissions.models import Withdrawal
from groupbuy.db import Base

_LOOKED_AT = text("look_at IS NOT NULL")
_LIVE = text("state NOT IN ('failed', 'mispaid', 'mended')")


class TransferBatch(Base):
    """Withdrawals that somebody has sent through WeChat in one go.

    ``left_out`` are those that could not be sent: number, code and a sentence of each.
    """

    __tablename__ = "transfer_batch"

    id: Mapped[int] = mapped_column(primary_key=True)
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    submission_key: Mapped[str | None] = mapped_column(unique=True)
    left_out: Mapped[Sequence[Any]] = mapped_column(JSON, default=list)


class WechatTransfer(Base):
    """A try to pay a withdrawal through WeChat, in fen, under the number that WeChat knows it by.

    ``queued`` until WeChat has answered, then ``processing`` or, while its payee has to confirm it with
    ``package``, ``waiting``; ``refused`` until WeChat says that it does not have it. At the end ``success``
    or ``failed``; ``stuck`` waits for a person, and ``mispaid`` is what WeChat has paid and we have not
    booked: after the withdrawal had gone another way, or another amount; ``mended`` once somebody has had it
    booked. ``paid_fen`` is what WeChat has paid, None where it does not say, and ``mend_fen`` what
    ``mend_asked_by`` wants to have booked, which a second person has to confirm. ``look_at`` is when WeChat
    is asked again, and ``called_back_at`` when somebody wanted the money back that its payee has not
    confirmed.
    """

    __tablename__ = "wechat_transfer"
    __table_args__ = (
        CheckConstraint(
            "state IN ('queued', 'processing', 'waiting', 'refused', 'stuck', 'success', 'failed',"
            " 'mispaid', 'mended')",
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
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("transfer_batch.id"), index=True)
    state: Mapped[str] = mapped_column(default="queued")
    reference: Mapped[str | None]
    package: Mapped[str | None]
    paid_fen: Mapped[int | None]
    called_back_at: Mapped[datetime | None]
    mend_fen: Mapped[int | None]
    mend_asked_by: Mapped[str | None]
    asked_at: Mapped[datetime]
    actor: Mapped[str]
    ended_at: Mapped[datetime | None]
    look_at: Mapped[datetime | None]
    looks: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None]
    submission_key: Mapped[str | None] = mapped_column(unique=True)

    withdrawal: Mapped[Withdrawal] = relationship()
