"""What operators and recipients have chosen about notices."""

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from groupbuy.db import Base


class NoticeChoice(Base):
    """Whether a channel tells a role of an event; without a row it is as usual."""

    __tablename__ = "notice_choice"

    event: Mapped[str] = mapped_column(primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    chosen: Mapped[bool]


class NoticeText(Base):
    """The words that an operator has written; of WeChat ``subject`` is the id of the template there."""

    __tablename__ = "notice_text"

    event: Mapped[str] = mapped_column(primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str]
    body: Mapped[str]


class NoticeOptOut(Base):
    """What somebody, such as ``resident:7``, does not want to hear of by a channel."""

    __tablename__ = "notice_opt_out"

    recipient: Mapped[str] = mapped_column(primary_key=True)
    event: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)


class NoticeDials(Base):
    """The hours of notices, as operators have set them; at most one row."""

    __tablename__ = "notice_dials"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    quiet_from: Mapped[int]
    quiet_until: Mapped[int]
    closing_soon_hours: Mapped[int]
