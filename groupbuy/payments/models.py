"""Cash handed over by leaders, payments and refunds through channels, and what is owed on orders."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from groupbuy.db import Base
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident
from groupbuy.orders.models import Order

# What became of money that was held and has gone back to whoever paid it.
GIVEN_BACK = "given_back"
_LOOKED_AT = text("look_at IS NOT NULL")


class CashHandover(Base):
    """Residents' money that a leader has handed to the operator, in fen; it counts once confirmed."""

    __tablename__ = "cash_handover"
    __table_args__ = (
        CheckConstraint("state IN ('handed', 'confirmed', 'rejected')", name="state"),
        CheckConstraint("amount_fen > 0", name="amount"),
        Index("ix_cash_handover_leader", "leader_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    leader_id: Mapped[int] = mapped_column(ForeignKey("leader.id"))
    state: Mapped[str]
    amount_fen: Mapped[int]
    note: Mapped[str | None]
    submission_key: Mapped[str | None] = mapped_column(unique=True)
    handed_at: Mapped[datetime]
    handed_by: Mapped[str]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    reason: Mapped[str | None]

    leader: Mapped[Leader] = relationship()


class Refund(Base):
    """Money paid back on an order in fen: to the wallet, as cash by the leader, or through a channel.

    Append-only. One through a channel has a row of ``ChannelRefund``, which knows how far it is.
    """

    __tablename__ = "refund"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount"),
        CheckConstraint("target IN ('wallet', 'cash', 'channel')", name="target"),
        Index("ix_refund_order", "order_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"))
    target: Mapped[str]
    amount_fen: Mapped[int]
    reason: Mapped[str]
    submission_key: Mapped[str | None] = mapped_column(unique=True)
    at: Mapped[datetime]
    actor: Mapped[str]


class OrderBooks(Base):
    """How much of an order the ledger has booked as sold and as owed back, each a sum so far in fen."""

    __tablename__ = "order_books"

    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"), primary_key=True, autoincrement=False)
    sold_fen: Mapped[int] = mapped_column(default=0)
    owed_fen: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=0)


class ChannelPayment(Base):
    """A payment through a channel, in fen: of an order, or without one a top-up of the resident's wallet.

    ``number`` is what the channel knows it by. ``new`` until the channel has answered, then ``waiting``;
    at the end ``paid`` or ``closed``, or ``held`` where another amount came than was asked for. ``action`` is
    what the payer does next. ``look_at`` is when the channel is asked again, None at the end.
    ``outcome`` says what became of the money.
    """

    __tablename__ = "channel_payment"
    __table_args__ = (
        CheckConstraint("state IN ('new', 'waiting', 'paid', 'held', 'closed')", name="state"),
        CheckConstraint("amount_fen > 0", name="amount"),
        CheckConstraint("(state IN ('paid', 'held')) = (paid_fen IS NOT NULL)", name="paid"),
        Index("ix_channel_payment_order", "order_id"),
        Index("ix_channel_payment_resident", "resident_id"),
        Index("ix_channel_payment_look", "look_at", postgresql_where=_LOOKED_AT, sqlite_where=_LOOKED_AT),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    channel: Mapped[str]
    way: Mapped[str]
    order_id: Mapped[int | None] = mapped_column(ForeignKey("order.id"))
    resident_id: Mapped[int] = mapped_column(ForeignKey("resident.id"))
    amount_fen: Mapped[int]
    state: Mapped[str] = mapped_column(default="new")
    action: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    outcome: Mapped[str | None]
    reference: Mapped[str | None]
    paid_fen: Mapped[int | None]
    paid_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    look_at: Mapped[datetime | None]
    looks: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None]
    submission_key: Mapped[str | None] = mapped_column(unique=True)

    order: Mapped[Order | None] = relationship()
    resident: Mapped[Resident] = relationship()


class ChannelNotice(Base):
    """A call of a channel that was genuine; each is taken in once. Append-only."""

    __tablename__ = "channel_notice"
    __table_args__ = (UniqueConstraint("channel", "notice_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str]
    notice_id: Mapped[str]
    kind: Mapped[str]
    number: Mapped[str | None]
    result: Mapped[str]
    at: Mapped[datetime]


class ChannelRefund(Base):
    """Money on its way back through a channel, in fen, of a payment that came that way.

    ``queued`` until the channel has been asked, then ``processing``; at the end ``success``, or ``to_wallet``
    where somebody decided so after ``abnormal`` or ``closed``. ``refund_id`` is the refund of an order.
    """

    __tablename__ = "channel_refund"
    __table_args__ = (
        CheckConstraint(
            "state IN ('queued', 'processing', 'success', 'abnormal', 'closed', 'to_wallet')", name="state"
        ),
        CheckConstraint("amount_fen > 0", name="amount"),
        Index("ix_channel_refund_payment", "payment_id"),
        Index("ix_channel_refund_look", "look_at", postgresql_where=_LOOKED_AT, sqlite_where=_LOOKED_AT),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("channel_payment.id"))
    refund_id: Mapped[int | None] = mapped_column(ForeignKey("refund.id"), unique=True)
    amount_fen: Mapped[int]
    reason: Mapped[str]
    state: Mapped[str] = mapped_column(default="queued")
    reference: Mapped[str | None]
    asked_at: Mapped[datetime]
    actor: Mapped[str]
    ended_at: Mapped[datetime | None]
    look_at: Mapped[datetime | None]
    looks: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None]
    submission_key: Mapped[str | None] = mapped_column(unique=True)

    payment: Mapped[ChannelPayment] = relationship()


class RefundRequest(Base):
    """A refund of an order that somebody asked for; a large one waits for a second person.

    ``target`` is ``sources``, to where the money came from, or ``wallet`` or ``cash``.
    """

    __tablename__ = "refund_request"
    __table_args__ = (
        CheckConstraint("state IN ('asked', 'done', 'rejected')", name="state"),
        CheckConstraint("amount_fen > 0", name="amount"),
        CheckConstraint("target IN ('sources', 'wallet', 'cash')", name="target"),
        Index("ix_refund_request_state", "state"),
        Index("ix_refund_request_order", "order_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"))
    amount_fen: Mapped[int]
    target: Mapped[str] = mapped_column(default="sources", server_default="sources")
    reason: Mapped[str]
    state: Mapped[str]
    asked_at: Mapped[datetime]
    asked_by: Mapped[str]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
    words: Mapped[str | None]
    submission_key: Mapped[str | None] = mapped_column(unique=True)

    order: Mapped[Order] = relationship()


class ChannelBill(Base):
    """A day of a channel's own book, in China's time, as it was downloaded last."""

    __tablename__ = "channel_bill"

    channel: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    fetched_at: Mapped[datetime]


class ChannelBillLine(Base):
    """A movement in a channel's own book, in fen; ``number`` is ours."""

    __tablename__ = "channel_bill_line"
    __table_args__ = (
        UniqueConstraint("channel", "kind", "number"),
        CheckConstraint("kind IN ('pay', 'refund')", name="kind"),
        Index("ix_channel_bill_line_day", "channel", "day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str]
    day: Mapped[date]
    kind: Mapped[str]
    number: Mapped[str]
    payment_number: Mapped[str]
    amount_fen: Mapped[int]
    reference: Mapped[str]
    at: Mapped[datetime]


class BillSettlement(Base):
    """What somebody of finance has done about a difference with a channel's bill, in fen.

    ``explain`` books nothing and holds while the two books say what they said then; ``book`` moves
    ``amount_fen``, what the bill has above ours, against ``account``; ``receive`` takes the bill's word for a
    payment of ours. ``asked`` until a second person agrees to a large one.
    """

    __tablename__ = "bill_settlement"
    __table_args__ = (
        CheckConstraint("deed IN ('explain', 'book', 'receive')", name="deed"),
        CheckConstraint("state IN ('asked', 'done')", name="state"),
        Index("ix_bill_settlement_number", "channel", "kind", "number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str]
    day: Mapped[date]
    kind: Mapped[str]
    number: Mapped[str]
    deed: Mapped[str]
    account: Mapped[str | None]
    ours_fen: Mapped[int | None]
    theirs_fen: Mapped[int | None]
    amount_fen: Mapped[int]
    reason: Mapped[str]
    state: Mapped[str]
    asked_at: Mapped[datetime]
    asked_by: Mapped[str]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]
