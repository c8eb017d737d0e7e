"""The messages on people's own pages: reading them, and what has been seen."""

from collections.abc import Sequence

from sqlalchemy import Select, func, select

from groupbuy.db import db
from groupbuy.db.upserts import insert_into
from groupbuy.messaging.models import Message, NotesSeen
from groupbuy.messaging.service import PAGE

# More unread ones than this are shown as so many and more.
MOST_COUNTED = 100


def notes_to(recipient: str, *, before: int | None = None, most: int) -> Sequence[Message]:
    """Return the messages on somebody's page, the latest first; ``before`` is where a page ended."""
    left = _to(recipient).order_by(Message.id.desc()).limit(most)
    return db.session.scalars(left if before is None else left.where(Message.id < before)).all()


def _to(recipient: str) -> Select[Message]:
    return select(Message).where(Message.recipient == recipient, Message.channel == PAGE)


def seen_until(recipient: str) -> int:
    """Return the id of the last message that somebody has marked as read, 0 for none."""
    seen = db.session.get(NotesSeen, recipient, populate_existing=True)
    return seen.message_id if seen else 0


def unseen(recipient: str) -> int:
    """Return how many messages are unread, at most MOST_COUNTED."""
    unread = _to(recipient).where(Message.id > seen_until(recipient)).limit(MOST_COUNTED)
    return db.session.scalar(select(func.count()).select_from(unread.subquery())) or 0


def mark_seen(recipient: str, *, until: int) -> None:
    """Mark all messages up to one as read; what was read stays read."""
    row = insert_into(NotesSeen).values(recipient=recipient, message_id=until)
    later = NotesSeen.message_id < row.excluded.message_id
    db.session.execute(
        row.on_conflict_do_update(
            index_elements=[NotesSeen.recipient],
            set_={"message_id": row.excluded.message_id},
            where=later,
        )
    )
