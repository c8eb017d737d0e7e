"""Orders and their lines."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from groupbuy.campaigns.models import Offer, OfferVersion, Round
from groupbuy.db import Base
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident

_AWAITING = text("state = 'awaiting_payment'")
_PICKED_UP = text("picked_up_at IS NOT NULL")
_OWED_BACK = text("paid_fen > amount_fen")
_OWN_DAY = text("pickup_date IS NOT NULL")
_SPLIT = text("split_of_id IS NOT NULL")


class Order(Base):
    """What a resident wants from one round, handed out by one leader.

    ``amount_fen`` is the sum of the lines that are still to be delivered and the fees for bringing them,
    ``fee_fen``, which are rows of ``OrderFee``. A paid amount above it is owed back. ``split_of_id`` is the
    order that this one was a part of when it was placed (拆单); ``pickup_date`` its own pickup day, None for
    the round's. ``sold_by_id`` is the leader with whom it was placed where another one hands it out.
    """

    __tablename__ = "order"
    __table_args__ = (
        CheckConstraint(
            "state IN ('awaiting_payment', 'confirmed', 'part_picked_up', 'picked_up', 'cancelled')",
            name="state",
        ),
        CheckConstraint("amount_fen >= 0 AND paid_fen >= 0", name="amounts"),
        UniqueConstraint("leader_id", "pickup_code"),
        Index("ix_order_round_leader", "round_id", "leader_id"),
        Index("ix_order_resident", "resident_id", "placed_at"),
        Index("ix_order_unpaid", "expires_at", postgresql_where=_AWAITING, sqlite_where=_AWAITING),
        Index("ix_order_picked_up", "picked_up_at", postgresql_where=_PICKED_UP, sqlite_where=_PICKED_UP),
        Index("ix_order_owed_back", "id", postgresql_where=_OWED_BACK, sqlite_where=_OWED_BACK),
        Index("ix_order_own_day", "pickup_date", postgresql_where=_OWN_DAY, sqlite_where=_OWN_DAY),
        Index("ix_order_split", "split_of_id", postgresql_where=_SPLIT, sqlite_where=_SPLIT),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"))
    resident_id: Mapped[int] = mapped_column(ForeignKey("resident.id"))
    leader_id: Mapped[int] = mapped_column(ForeignKey("leader.id"))
    state: Mapped[str]
    amount_fen: Mapped[int]
    fee_fen: Mapped[int] = mapped_column(default=0, server_default="0")
    paid_fen: Mapped[int] = mapped_column(default=0)
    paid_at: Mapped[datetime | None]
    pickup_code: Mapped[str]
    picked_up_at: Mapped[datetime | None]
    remark: Mapped[str | None]
    placed_at: Mapped[datetime]
    placed_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    expires_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str | None]
    order_ref: Mapped[str | None] = mapped_column(unique=True)
    submission_key: Mapped[str | None] = mapped_column(unique=True)
    split_of_id: Mapped[int | None] = mapped_column(ForeignKey("order.id"))
    pickup_date: Mapped[date | None]
    sold_by_id: Mapped[int | None] = mapped_column(ForeignKey("leader.id"))
    version: Mapped[int] = mapped_column(default=1)

    lines: Mapped[list["OrderLine"]] = relationship(back_populates="order", order_by="OrderLine.id")
    round: Mapped[Round] = relationship()
    resident: Mapped[Resident] = relationship()
    leader: Mapped[Leader] = relationship(foreign_keys=[leader_id])

    @property
    def day(self) -> date:
        """Return the day on which it is handed out."""
        return self.pickup_date or self.round.pickup_date


class OrderLine(Base):
    """One product of an order: sale units, the price agreed, and the commission agreed.

    The commission is ``rate_bp`` of the amount plus ``fixed_fen`` per unit. With a rule of tiers the
    rate is filled in at the close. A line taken out by an edit is deleted; the audit log keeps it.
    After the close ``quantity`` is what will be delivered: what was lost is in the line's changes.
    ``actual_grams`` is what a weighed line is settled on; without it the line costs its fixed price, which
    for weighed goods is the estimate.
    """

    __tablename__ = "order_line"
    __table_args__ = (
        UniqueConstraint("order_id", "offer_id"),
        CheckConstraint("quantity >= 0", name="quantity"),
        CheckConstraint(
            "amount_fen = quantity * price_fen OR (actual_grams IS NOT NULL AND amount_fen >= 0)",
            name="amount",
        ),
        CheckConstraint("actual_grams > 0", name="actual_grams"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"))
    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id"), index=True)
    offer_version_id: Mapped[int] = mapped_column(ForeignKey("offer_version.id"))
    quantity: Mapped[int]
    price_fen: Mapped[int]
    amount_fen: Mapped[int]
    rate_bp: Mapped[int] = mapped_column(default=0)
    fixed_fen: Mapped[int] = mapped_column(default=0)
    rule_id: Mapped[int | None]
    actual_grams: Mapped[int | None]

    order: Mapped[Order] = relationship(back_populates="lines")
    offer: Mapped[Offer] = relationship()
    offer_version: Mapped[OfferVersion] = relationship()


class OrderFee(Base):
    """What an order costs above its goods, in fen, by what for: ``freight`` or to the ``door``.

    It is what was agreed: an order of which nothing is left carries none of it, its ``fee_fen`` is 0 then.
    ``booked_fen`` is what the ledger has as income, a sum so far; ``version`` counts its bookings.
    """

    __tablename__ = "order_fee"
    __table_args__ = (
        CheckConstraint("amount_fen >= 0", name="amount"),
        CheckConstraint("kind IN ('freight', 'door')", name="kind"),
    )

    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"), primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(primary_key=True)
    amount_fen: Mapped[int]
    booked_fen: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=0)


class LineChange(Base):
    """What a line lost after the close of its round: sale units and fen, and why. Append-only.

    The line's own quantity and amount are lowered in the same transaction, so that what was ordered is
    the line and its changes together. ``cause`` names what decided it, such as ``allocation:7``. Settling
    by ``weight`` takes no units and may charge more: then the amount is below zero. What a line wins as a
    ``substitute`` for another is below zero in units and fen.
    """

    __tablename__ = "line_change"
    __table_args__ = (
        UniqueConstraint("order_line_id", "kind", "cause"),
        CheckConstraint("kind IN ('shortage', 'refund', 'substitute', 'weight')", name="kind"),
        CheckConstraint(
            "(kind = 'weight' AND units = 0) OR (kind = 'substitute' AND units < 0)"
            " OR (kind IN ('shortage', 'refund') AND units > 0)",
            name="units",
        ),
        CheckConstraint(
            "kind = 'weight' OR (kind = 'substitute' AND amount_fen <= 0)"
            " OR (kind IN ('shortage', 'refund') AND amount_fen >= 0)",
            name="amount",
        ),
        Index("ix_line_change_cause", "cause"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"))
    kind: Mapped[str]
    units: Mapped[int]
    amount_fen: Mapped[int]
    cause: Mapped[str]
    at: Mapped[datetime]
    actor: Mapped[str]


class LineSubstitute(Base):
    """What a resident wants in the place of a line that is short: an offer of the round, or the money back.

    Without an offer it is the money, whatever the operator swaps; without a row the operator may swap.
    """

    __tablename__ = "line_substitute"

    order_line_id: Mapped[int] = mapped_column(
        ForeignKey("order_line.id"), primary_key=True, autoincrement=False
    )
    offer_id: Mapped[int | None] = mapped_column(ForeignKey("offer.id"))
    at: Mapped[datetime]


class LineTolerance(Base):
    """How many sale units more a resident takes of a line if that fills a case (凑箱), and what was given.

    What was given is part of the line's quantity.
    """

    __tablename__ = "line_tolerance"
    __table_args__ = (CheckConstraint("units > 0 AND given >= 0 AND given <= units", name="units"),)

    order_line_id: Mapped[int] = mapped_column(
        ForeignKey("order_line.id"), primary_key=True, autoincrement=False
    )
    units: Mapped[int]
    given: Mapped[int] = mapped_column(default=0, server_default="0")
    at: Mapped[datetime]


class Substitution(Base):
    """What came in the place of what was short: sale units of one line on another of the same order.

    ``own`` says that the resident had named it; ``amount_fen`` is what the substitutes cost.
    """

    __tablename__ = "substitution"
    __table_args__ = (
        UniqueConstraint("from_line_id", "to_line_id", "cause"),
        CheckConstraint("units > 0 AND amount_fen >= 0", name="units"),
        Index("ix_substitution_to_line", "to_line_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    from_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"))
    to_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"))
    units: Mapped[int]
    amount_fen: Mapped[int]
    own: Mapped[bool]
    cause: Mapped[str]


class CartLine(Base):
    """What somebody has put into the cart; ``owner`` is ``account:ID``, or ``guest:`` and a secret.

    ``more`` is how many units more are taken if that fills a case.
    """

    __tablename__ = "cart_line"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("more >= 0", name="more"),
    )

    owner: Mapped[str] = mapped_column(primary_key=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id"), primary_key=True)
    quantity: Mapped[int]
    more: Mapped[int] = mapped_column(default=0, server_default="0")
    updated_at: Mapped[datetime] = mapped_column(index=True)


class OrderReview(Base):
    """An order that an operator looks at (订单审核); it waits until ``approved_at`` or its cancelling."""

    __tablename__ = "order_review"

    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"), primary_key=True, autoincrement=False)
    asked_at: Mapped[datetime]
    approved_at: Mapped[datetime | None]


class OrderDoor(Base):
    """The door of an order whose resident has changed doors since; without a row it is the resident's own."""

    __tablename__ = "order_door"

    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"), primary_key=True, autoincrement=False)
    building: Mapped[str | None]
    room: Mapped[str | None]


class OrderCarriage(Base):
    """How an order reaches a resident who does not fetch it: the leader's ``door`` service, or a ``courier``.

    Courier and number are empty for the door.
    """

    __tablename__ = "order_carriage"
    __table_args__ = (
        CheckConstraint("way IN ('door', 'courier')", name="way"),
        CheckConstraint("way = 'door' OR (carrier <> '' AND tracking_no <> '')", name="parcel"),
    )

    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"), primary_key=True, autoincrement=False)
    way: Mapped[str]
    carrier: Mapped[str]
    tracking_no: Mapped[str]
    at: Mapped[datetime]
