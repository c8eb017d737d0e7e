"""Messages to people and what became of them."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from groupbuy.db import Base


class Message(Base):
    """One message to one recipient, unique by its key.

    ``accepted`` means that the channel took it over; ``printed`` that the console showed it and
    nobody received it; ``sending`` that a channel that cannot tell repeats has it in hand, or its worker
    died there. ``documents`` lists what to attach, rendered when the message is sent. ``event`` is what a
    notice is about; then ``recipient`` is such as ``resident:7``, whose address is looked up at sending.
    """

    __tablename__ = "message"
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'sending', 'accepted', 'printed', 'failed')", name="state"),
        Index("ix_message_recipient", "recipient", "id"),
        Index("ix_message_event", "event", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    channel: Mapped[str]
    recipient: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str]
    documents: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(default="queued")
    message_id: Mapped[str]
    created_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    last_error: Mapped[str | None]
    event: Mapped[str | None]


class NotesSeen(Base):
    """Up to which message somebody, such as ``resident:7``, has read what was left on the page."""

    __tablename__ = "notes_seen"

    recipient: Mapped[str] = mapped_column(primary_key=True)
    message_id: Mapped[int]


class WebhookEndpoint(Base):
    """Where another program wants to hear of events; ``secret`` signs what it is sent.

    After a failure it is left in peace until ``quiet_until``, so that a dead one holds up nobody.
    """

    __tablename__ = "webhook_endpoint"

    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str]
    secret: Mapped[str]
    events: Mapped[list[str]] = mapped_column(JSON)
    active: Mapped[bool] = mapped_column(default=True)
    quiet_until: Mapped[datetime | None]
    created_at: Mapped[datetime]


class WebhookDelivery(Base):
    """One event for one endpoint: what is sent, and what came of it."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("endpoint_id", "entry_id"),
        CheckConstraint("state IN ('queued', 'accepted')", name="state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("webhook_endpoint.id"))
    entry_id: Mapped[int] = mapped_column(ForeignKey("audit_entry.id"))
    event: Mapped[str]
    body: Mapped[str]
    state: Mapped[str] = mapped_column(default="queued")
    status: Mapped[int | None]
    replays: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
