"""Who is told when a round misses its threshold, is late, short or called off, and what goods weigh."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from groupbuy.campaigns.history_models import RoundDelay
from groupbuy.campaigns.models import Offer, OfferVersion, Round
from groupbuy.db import db
from groupbuy.notices import telling
from groupbuy.notices.reach import recipient
from groupbuy.notices.rules import LEADER, RESIDENT
from groupbuy.notices.telling import Notice
from groupbuy.orders.bulk import is_live
from groupbuy.orders.models import Order, OrderLine
from groupbuy.orders.shortening import CALLED_OFF


def tell_of_missing(*, round_: Round, missed: Sequence[Offer], now: datetime) -> None:
    """Tell the buyers of offers that miss their threshold, and the leaders, before lines are dropped."""
    ids = [offer.id for offer in missed]
    rows = db.session.execute(
        select(Order.resident_id, Order.leader_id, OfferVersion.name)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(OfferVersion, OfferVersion.id == OrderLine.offer_version_id)
        .where(Order.round_id == round_.id, is_live(), OrderLine.offer_id.in_(ids), OrderLine.quantity > 0)
        .distinct()
        .order_by(OfferVersion.name)
    )
    goods: dict[str, list[str]] = {}
    for resident_id, leader_id, name in rows:
        for who in (recipient(RESIDENT, resident_id), recipient(LEADER, leader_id)):
            if name not in goods.setdefault(who, []):
                goods[who].append(name)
    telling.tell(
        (
            Notice(
                f"below-{ids[0]}-{who}",
                "below_threshold",
                who,
                {"round": round_.title, "goods": "、".join(names)},
            )
            for who, names in sorted(goods.items())
        ),
        now=now,
    )


def living(round_id: int) -> list[str]:
    """Return whose orders of a round are alive, and whose leaders: residents first."""
    mine = (Order.round_id == round_id, is_live())
    residents = select(Order.resident_id).where(*mine).distinct().order_by(Order.resident_id)
    leaders = select(Order.leader_id).where(*mine).distinct().order_by(Order.leader_id)
    return [
        *(recipient(RESIDENT, number) for number in db.session.scalars(residents)),
        *(recipient(LEADER, number) for number in db.session.scalars(leaders)),
    ]


def tell_of_cancelling(*, round_: Round, who: Sequence[str], reason: str, now: datetime) -> None:
    """Tell people that a round was cancelled before its close, for too few orders or by an operator."""
    missed = reason == "below_threshold"
    event = "below_threshold" if missed else "called_off"
    values = {"round": round_.title} | ({"goods": round_.title} if missed else {"reason": reason})
    notices = (Notice(f"cancelled-{round_.id}-{one}", event, one, values) for one in who)
    telling.tell(notices, now=now)


def delay_key(delay_id: int, resident_id: int) -> str:
    """Return the key of the note that a resident gets of a delay."""
    return f"delay-{delay_id}-{resident_id}"


def tell_of_delay(*, round_: Round, delay: RoundDelay, now: datetime) -> None:
    """Tell each resident with a live order the new day, and that cancelling is free; and the leaders."""
    values = {
        "round": round_.title,
        "former": delay.former_date.isoformat(),
        "pickup": delay.pickup_date.isoformat(),
        "reason": delay.reason,
    }
    notices = (
        Notice(delay_key(delay.id, int(one.removeprefix("resident:"))), "delayed", one, values)
        if one.startswith(RESIDENT)
        else Notice(f"delay-{delay.id}-{one}", "delayed", one, values)
        for one in living(round_.id)
    )
    telling.tell(notices, now=now)


def tell_of_calling_off(*, round_: Round, who: Sequence[str], reason: str, now: datetime) -> None:
    """Tell each resident and leader once that the round is off, whatever the number of orders."""
    cause = f"{CALLED_OFF}:{round_.id}"
    values = {"round": round_.title, "reason": reason}
    notices = (
        Notice(f"shortage-{cause}-{one.removeprefix(f'{RESIDENT}:')}", "called_off", one, values)
        for one in who
    )
    telling.tell(notices, now=now)


def shortage_key(cause: str, resident_id: int) -> str:
    """Return the key of the note that a resident gets of a decision, named as in the lines' changes."""
    return f"shortage-{cause}-{resident_id}"
