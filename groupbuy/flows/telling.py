"""Who is told when a round misses its threshold, is late, short or called off, and what goods weigh."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select

from groupbuy.campaigns.history_models import RoundDelay
from groupbuy.campaigns.models import Offer, OfferVersion, Round
from groupbuy.db import db
from groupbuy.kernel.money import format_yuan
from groupbuy.notices import telling
from groupbuy.notices.reach import recipient
from groupbuy.notices.rules import LEADER, RESIDENT
from groupbuy.notices.telling import Notice
from groupbuy.orders.bulk import is_live
from groupbuy.orders.models import Order, OrderLine
from groupbuy.orders.shortening import CALLED_OFF, ShortenedOrder


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


def tell_of_calling_off(
    *, round_: Round, orders: Iterable[ShortenedOrder], reason: str, now: datetime
) -> None:
    """Tell each resident once that the round is off, whatever the number of orders."""
    cause = f"{CALLED_OFF}:{round_.id}"
    values = {"round": round_.title, "reason": reason}
    telling.tell(
        (
            Notice(shortage_key(cause, number), "called_off", recipient(RESIDENT, number), values)
            for number in sorted({order.resident_id for order in orders})
        ),
        now=now,
    )


def shortage_key(cause: str, resident_id: int) -> str:
    """Return the key of the note that a resident gets of a decision, named as in the lines' changes."""
    return f"shortage-{cause}-{resident_id}"


def tell_of_shortage(
    *, round_: Round, cause: str, lost: Iterable[tuple[int, str, int, int, str]], now: datetime
) -> None:
    """Tell each resident once what does not come; whoever gets something else instead hears of that.

    Of each: resident id, goods, sale units, fen less, and a text of what comes in its place.
    """
    texts: dict[int, list[str]] = {}
    sums: dict[int, int] = {}
    compensated = set()
    for resident_id, goods, units, amount_fen, instead in lost:
        compensated |= {resident_id} if instead else set()
        texts.setdefault(resident_id, []).append(f"{goods} 缺 {units} 件{instead}")
        sums[resident_id] = sums.get(resident_id, 0) + amount_fen
    telling.tell(
        (
            Notice(
                shortage_key(cause, resident_id),
                "substituted" if resident_id in compensated else "short",
                recipient(RESIDENT, resident_id),
                {
                    "round": round_.title,
                    "goods": "；".join(goods),
                    "amount": format_yuan(sums[resident_id]),
                },
            )
            for resident_id, goods in sorted(texts.items())
        ),
        now=now,
    )


def tell_of_weights(
    *, round_: Round, cause: str, weighed: Iterable[tuple[int, str, int, int]], now: datetime
) -> None:
    """Tell each resident what the goods weigh: resident id, goods, grams, fen more or less of each."""
    texts: dict[int, list[str]] = {}
    sums: dict[int, int] = {}
    for resident_id, goods, grams, change_fen in weighed:
        texts.setdefault(resident_id, []).append(f"{goods} 实重 {grams}g")
        sums[resident_id] = sums.get(resident_id, 0) + change_fen
    telling.tell(
        (
            Notice(
                shortage_key(cause, resident_id),
                "weighed",
                recipient(RESIDENT, resident_id),
                {
                    "round": round_.title,
                    "goods": "；".join(goods),
                    "difference": _difference(sums[resident_id]),
                },
            )
            for resident_id, goods in sorted(texts.items())
        ),
        now=now,
    )


def _difference(fen: int) -> str:
    if fen > 0:
        return f"比预估多 {format_yuan(fen)}，需补差价"
    return f"比预估少 {format_yuan(-fen)}，已付的将退还" if fen else "与预估金额相同"
