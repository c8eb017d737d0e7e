"""A queued notice on its way to a phone: taken in hand, handed over, and what became of it.

Gateways for text messages and WeChat cannot all tell a repeat. So a notice is marked before it is handed
over; one that is found marked may have arrived, and is shown to a person and not sent again by itself.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import update

from groupbuy.db import db
from groupbuy.jobs.service import Patience
from groupbuy.messaging.models import Message
from groupbuy.messaging.senders import Refused
from groupbuy.notices import choices, reach, rules
from groupbuy.notices.rules import SMS

# A try may wait for the end of the quiet hours, which must not look like a clock that was set back.
PATIENCE = Patience(longest=timedelta(hours=choices.MOST_QUIET))
QUIET = "quiet hours"
NO_ADDRESS = "there is no address any more"
IN_DOUBT = "it may have arrived: the process that sent it ended on the way"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A notice that is in hand: where it goes, and what it says."""

    message_id: int
    reference: str
    address: str
    subject: str
    body: str


def address_of(message: Message) -> str:
    """Return where a notice goes today; raise Refused when its recipient cannot be reached any more."""
    person = reach.people([message.recipient]).get(message.recipient)
    address = person.address(message.channel) if person else None
    if address is None:
        raise Refused(NO_ADDRESS)
    return address


def waits_until(message_id: int, *, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Return when a text message may leave that has come into the quiet hours, else None."""
    channel = db.session.get_one(Message, message_id).channel
    if channel != SMS:
        return None
    hours = choices.hours()
    return rules.quiet_until(now, zone, hours.quiet_from, hours.quiet_until)


def take_in_hand(message_id: int) -> Outgoing:
    """Mark a notice as on its way; raise Refused where it may have arrived or has no address."""
    message = db.session.get_one(Message, message_id, with_for_update=True, populate_existing=True)
    if message.state == "sending":
        raise Refused(IN_DOUBT)
    address = address_of(message)
    message.state = "sending"
    db.session.flush()
    return Outgoing(message.id, message.message_id, address, message.subject, message.body)


def put_back(message_id: int, *, error: str) -> None:
    """Note that a channel has not taken a notice, which then is tried again or given up."""
    db.session.execute(
        update(Message)
        .where(Message.id == message_id, Message.state == "sending")
        .values(state="queued", last_error=error)
        .execution_options(synchronize_session=False)
    )
