"""Messages to people and what became of them."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from groupbuy.db import Base


class Message(Base):
    """One message to one recipient, unique by its key.

    ``accepted`` means that the channel took it over; ``printed`` that the console showed it and
    nobody received it. ``documents`` lists what to attach, rendered when the message is sent.
    """

    __tablename__ = "message"
    __table_args__ = (CheckConstraint("state IN ('queued', 'accepted', 'printed', 'failed')", name="state"),)

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
