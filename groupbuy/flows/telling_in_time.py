"""Who is told that a round has opened, and that it closes soon."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, select

from groupbuy.campaigns import attending
from groupbuy.campaigns.history_models import RoundTold
from groupbuy.campaigns.models import Offer, Round
from groupbuy.campaigns.rules import RoundState
from groupbuy.db import db
from groupbuy.db.upserts import insert_into
from groupbuy.members.models import Resident
from groupbuy.notices import choices, telling
from groupbuy.notices.reach import recipient
from groupbuy.notices.rules import LEADER, RESIDENT
from groupbuy.notices.telling import Notice
from groupbuy.orders import carts
from groupbuy.orders.models import CartLine

OPENED, CLOSING_SOON = "opened", "closing_soon"
MOST_AT_ONCE = 100


def due_openings(now: datetime) -> Sequence[Round]:
    """Return the open rounds of which nobody has been told that they opened."""
    return _untold(OPENED, Round.closes_at > now)


def due_reminders(now: datetime) -> Sequence[Round]:
    """Return the open rounds near their cut-off of which nobody has been told that they close soon.

    One that is open for no longer than that is left out: its opening says the same.
    """
    before = timedelta(hours=choices.hours().closing_soon_hours)
    if not before:
        return []
    soon = _untold(CLOSING_SOON, Round.closes_at > now, Round.closes_at <= now + before)
    return [round_ for round_ in soon if round_.closes_at - round_.opens_at > before]


def _untold(event: str, *conditions: ColumnElement[bool]) -> Sequence[Round]:
    told = select(RoundTold.round_id).where(RoundTold.round_id == Round.id, RoundTold.event == event)
    rounds = select(Round).where(Round.state == RoundState.OPEN, *conditions, ~told.exists())
    return db.session.scalars(rounds.order_by(Round.opens_at, Round.id).limit(MOST_AT_ONCE)).all()


def tell_of_opening(*, round_: Round, now: datetime, zone: ZoneInfo) -> int | None:
    """Tell the leaders who take part, and their residents; None when somebody else has."""
    return _tell_once(round_, OPENED, _their_residents, now, zone)


def tell_of_closing(*, round_: Round, now: datetime, zone: ZoneInfo) -> int | None:
    """Tell the leaders who take part, and who has goods of the round in the cart; None when done before."""
    return _tell_once(round_, CLOSING_SOON, _with_a_cart, now, zone)


def _tell_once(
    round_: Round,
    event: str,
    residents_of: Callable[[Round], Select[int]],
    now: datetime,
    zone: ZoneInfo,
) -> int | None:
    row = insert_into(RoundTold).values(round_id=round_.id, event=event, at=now)
    claimed = db.session.execute(row.on_conflict_do_nothing().returning(RoundTold.round_id)).scalar()
    if claimed is None:
        return None
    values = {
        "round": round_.title,
        "closes": f"{round_.closes_at.astimezone(zone):%m-%d %H:%M}",
        "pickup": round_.pickup_date.isoformat(),
    }
    asked = {LEADER: attending.leaders_of, RESIDENT: residents_of}
    notices = (
        Notice(f"{event}-{round_.id}-{role}-{number}", event, recipient(role, number), values)
        for role, ids in asked.items()
        if choices.is_told(event, role)
        for number in db.session.scalars(ids(round_))
    )
    return telling.tell(notices, now=now)


def _their_residents(round_: Round) -> Select[int]:
    theirs = Resident.leader_id.in_(attending.leaders_of(round_))
    return select(Resident.id).where(Resident.active, theirs).order_by(Resident.id)


def _with_a_cart(round_: Round) -> Select[int]:
    filled = (
        select(Offer.id)
        .join(CartLine, CartLine.offer_id == Offer.id)
        .where(Offer.round_id == round_.id, Offer.state == "active", carts.is_of(Resident.account_id))
    )
    return _their_residents(round_).where(filled.exists())
