"""A queued message becomes a letter with its documents; what became of it is noted."""

from collections.abc import Callable
from datetime import datetime

from groupbuy.audit.service import SCHEDULER
from groupbuy.campaigns import lifecycle
from groupbuy.campaigns.rules import RoundState
from groupbuy.db import db
from groupbuy.messaging.models import Message
from groupbuy.messaging.senders import File, Letter
from groupbuy.messaging.service import Attachment
from groupbuy.notices import sending as notices
from groupbuy.purchasing import amending
from groupbuy.purchasing import queries as purchasing
from groupbuy.purchasing import service as purchase_orders
from groupbuy.purchasing.history import AMENDMENT_KEY, ORDER_KEY
from groupbuy.purchasing.models import PurchaseAmendment


def letter(message_id: int, *, sender: str, render: Callable[[Attachment], File]) -> Letter:
    """Return a message as a letter, its documents rendered from what is stored when they are asked for.

    A notice goes to the address that its recipient has today; raise Refused where there is none.
    """
    message = db.session.get_one(Message, message_id)
    attachments = [Attachment(**document) for document in message.documents]
    return Letter(
        message.message_id,
        sender,
        message.recipient if message.event is None else notices.address_of(message),
        message.subject,
        message.body,
        len(attachments),
        lambda: [render(attachment) for attachment in attachments],
    )


def note_outcome(message_id: int, *, outcome: str, now: datetime) -> None:
    """Note that a message was accepted or only printed.

    An accepted purchase order has left; when it was the last one, its round is ordered.
    """
    message = db.session.get_one(Message, message_id, with_for_update=True)
    message.state = outcome
    message.accepted_at = now if outcome == "accepted" else None
    db.session.flush()
    if outcome != "accepted":
        return
    if message.key.startswith(ORDER_KEY):
        order_has_left(int(message.key.removeprefix(ORDER_KEY)), now=now, actor=SCHEDULER)
    elif message.key.startswith(AMENDMENT_KEY):
        amendment = db.session.get_one(PurchaseAmendment, int(message.key.removeprefix(AMENDMENT_KEY)))
        amending.note_told(amendment=amendment, now=now, actor=SCHEDULER)


def note_failure(message_id: int, *, error: str) -> None:
    """Note that a message was refused for good, or could not be sent however often it was tried."""
    message = db.session.get_one(Message, message_id, with_for_update=True)
    message.state, message.last_error = "failed", error
    db.session.flush()


def order_has_left(order_id: int, *, now: datetime, actor: str) -> None:
    """Note that a purchase order has gone to its supplier, and the round ordered with the last one."""
    order = purchasing.get_purchase_order(order_id)
    if purchase_orders.mark_sent(order_id=order_id, now=now, actor=actor):
        look_whether_all_left(order.round_id, now=now, actor=actor)


def look_whether_all_left(round_id: int, *, now: datetime, actor: str) -> None:
    """Note that a round is ordered once none of its purchase orders waits to leave."""
    # The round's row is locked, so that of two last orders one sees the other.
    round_ = lifecycle.lock_round(round_id)
    if purchasing.all_sent(round_.id):
        lifecycle.move(round_=round_, old=(RoundState.CLOSED,), new=RoundState.ORDERED, now=now, actor=actor)
