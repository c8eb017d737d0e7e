"""Routes of a day, the stops on them, and what leaders found missing there."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from groupbuy.campaigns.models import Offer
from groupbuy.db import Base
from groupbuy.leaders.models import Leader


class DeliveryRoute(Base):
    """A tour of one day to pickup points (配送线路), loaded in the reverse order of its stops.

    ``capacity_units`` is what fits into the vehicle, in sale units; nothing is known where it is null.
    """

    __tablename__ = "delivery_route"
    __table_args__ = (
        UniqueConstraint("day", "name"),
        CheckConstraint("capacity_units > 0", name="capacity"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date]
    name: Mapped[str]
    driver: Mapped[str | None]
    driver_phone: Mapped[str | None]
    capacity_units: Mapped[int | None]
    left_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    stops: Mapped[list["DeliveryStop"]] = relationship(
        back_populates="route", order_by="(DeliveryStop.position, DeliveryStop.id)"
    )


class DeliveryStop(Base):
    """A leader's pickup point on a route: all goods that it hands out on that day, of every round.

    What comes after the vehicle has left has a stop of its own: ``tour`` counts those of a day (趟次).
    """

    __tablename__ = "delivery_stop"
    __table_args__ = (
        UniqueConstraint("day", "leader_id", "tour"),
        Index("ix_delivery_stop_route", "route_id", "position"),
        Index("ix_delivery_stop_leader", "leader_id", "day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    route_id: Mapped[int] = mapped_column(ForeignKey("delivery_route.id"))
    day: Mapped[date]
    leader_id: Mapped[int] = mapped_column(ForeignKey("leader.id"))
    tour: Mapped[int] = mapped_column(default=1, server_default="1")
    position: Mapped[int]
    arrived_at: Mapped[datetime | None]
    signed_at: Mapped[datetime | None]
    signed_by: Mapped[str | None]
    note: Mapped[str | None]

    route: Mapped[DeliveryRoute] = relationship(back_populates="stops")
    leader: Mapped[Leader] = relationship()


class CarriedRound(Base):
    """A round of which a leader's goods of a day have left, and for which stop: they leave once."""

    __tablename__ = "carried_round"

    day: Mapped[date] = mapped_column(primary_key=True)
    leader_id: Mapped[int] = mapped_column(ForeignKey("leader.id"), primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("round.id"), primary_key=True)
    stop_id: Mapped[int] = mapped_column(ForeignKey("delivery_stop.id"), index=True)


class RouteProposal(Base):
    """Tours that a solver proposes for a day, until they are taken over or thrown away.

    ``task`` and ``tours`` are those of ``planning``; ``before_m`` is the length of the day's tours when it
    was asked for. A failed one says why: the code of an error or the text of one that nobody foresaw.
    """

    __tablename__ = "route_proposal"
    __table_args__ = (CheckConstraint("state IN ('waiting', 'ready', 'failed')", name="state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(default="waiting")
    task: Mapped[dict[str, Any]] = mapped_column(JSON)
    tours: Mapped[list[Any] | None] = mapped_column(JSON)
    before_m: Mapped[int]
    asked_at: Mapped[datetime]
    asked_by: Mapped[str]
    why: Mapped[str | None]


class Reroute(Base):
    """A day's bags of one leader that another one hands out (改派), with the reason that residents read."""

    __tablename__ = "reroute"
    __table_args__ = (
        CheckConstraint("from_leader_id != to_leader_id", name="leaders"),
        CheckConstraint("(undone_at IS NULL) = (undone_by IS NULL)", name="undone"),
        Index("ix_reroute_day", "day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date]
    from_leader_id: Mapped[int] = mapped_column(ForeignKey("leader.id"))
    to_leader_id: Mapped[int] = mapped_column(ForeignKey("leader.id"))
    reason: Mapped[str]
    at: Mapped[datetime]
    actor: Mapped[str]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None]

    from_leader: Mapped[Leader] = relationship(foreign_keys=[from_leader_id])
    to_leader: Mapped[Leader] = relationship(foreign_keys=[to_leader_id])


class ReroutedOrder(Base):
    """An order that a re-routing has moved."""

    __tablename__ = "rerouted_order"

    reroute_id: Mapped[int] = mapped_column(ForeignKey("reroute.id"), primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"), primary_key=True, index=True)


class Discrepancy(Base):
    """What a leader signed for that was not what had been sent (签收差异), in sale units.

    ``charge_fen`` is what whoever pays owes for it at cost; ``payer`` and ``charge_fen`` are set by the
    decision, which is ``refund`` (the residents go without) or ``dismiss`` (the goods turned up). Nobody
    is charged for what ``never_came``: what a supplier turned out to have left out.
    """

    __tablename__ = "delivery_discrepancy"
    __table_args__ = (
        UniqueConstraint("stop_id", "offer_id"),
        CheckConstraint("sent >= 0 AND got >= 0 AND sent != got", name="units"),
        CheckConstraint("reason IN ('missing', 'damaged', 'surplus')", name="reason"),
        CheckConstraint("decision IN ('refund', 'dismiss')", name="decision"),
        CheckConstraint("payer IN ('supplier', 'driver', 'warehouse')", name="payer"),
        CheckConstraint("(decision IS NULL) = (decided_at IS NULL)", name="decided"),
        CheckConstraint("charge_fen >= 0", name="charge"),
        CheckConstraint("never_came >= 0 AND never_came <= abs(sent - got)", name="never_came"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    stop_id: Mapped[int] = mapped_column(ForeignKey("delivery_stop.id"))
    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id"), index=True)
    sent: Mapped[int]
    got: Mapped[int]
    reason: Mapped[str]
    decision: Mapped[str | None]
    payer: Mapped[str | None]
    charge_fen: Mapped[int] = mapped_column(default=0)
    never_came: Mapped[int] = mapped_column(default=0, server_default="0")
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None]

    stop: Mapped[DeliveryStop] = relationship()
    offer: Mapped[Offer] = relationship()

    @property
    def missing(self) -> int:
        """Return how many sale units did not come whole; negative for too many."""
        return self.sent - self.got

    @property
    def cause(self) -> str:
        """Return the name under which its changes and charges are booked."""
        return f"leader_receipt:{self.id}"
