"""Who is told when a round opens, nears its cut-off, misses its threshold, is late, short or called off."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, String, and_, func, literal, select

from groupbuy.campaigns import attending, offers
from groupbuy.campaigns.history_models import RoundDelay, RoundTold
from groupbuy.campaigns.models import Offer, OfferLeader, OfferVersion, Round
from groupbuy.campaigns.rules import RoundState
from groupbuy.db import db
from groupbuy.db.upserts import insert_into
from groupbuy.kernel.money import format_yuan
from groupbuy.members.models import Resident
from groupbuy.notices import choices, telling
from groupbuy.notices.reach import recipient
from groupbuy.notices.rules import LEADER, RESIDENT
from groupbuy.notices.telling import Notice
from groupbuy.orders.bulk import is_live
from groupbuy.orders.models import CartLine, Order, OrderLine
from groupbuy.orders.shortening import CALLED_OFF, ShortenedOrder

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
        .where(Offer.round_id == round_.id, Offer.state == "active", CartLine.owner == _owner())
    )
    return _their_residents(round_).where(filled.exists())


def _owner() -> ColumnElement[str]:
    return literal("account:").concat(func.cast(Resident.account_id, String))


def change_price(*, offer: Offer, price_fen: int, now: datetime, actor: str) -> OfferVersion:
    """Offer a product at another price from now on, and tell whoever had it in the cart, and the leaders.

    Communities with a price of their own keep it, and hear nothing. Raise BadInput ``out_of_range``.
    """
    former = offers.current_version(offer)
    fresh = offers.change_price(offer=offer, price_fen=price_fen, now=now, actor=actor)
    round_ = db.session.get_one(Round, offer.round_id)
    values = {
        "round": round_.title,
        "goods": fresh.name,
        "former": format_yuan(former.price_fen),
        "price": format_yuan(fresh.price_fen),
    }
    if round_.state == RoundState.OPEN:
        telling.tell(_of_price(round_, offer, fresh, values), now=now)
    return fresh


def _of_price(
    round_: Round, offer: Offer, fresh: OfferVersion, values: Mapping[str, str]
) -> Iterator[Notice]:
    own = select(OfferLeader.leader_id).where(
        OfferLeader.offer_id == offer.id, OfferLeader.price_fen.is_not(None)
    )
    theirs = attending.leaders_of(round_)
    leaders = db.session.scalars(theirs).all()
    spared = set(db.session.scalars(own))
    for leader_id in leaders:
        if leader_id not in spared:
            who = recipient(LEADER, leader_id)
            yield Notice(f"price-{fresh.id}-leader-{leader_id}", "price_changed", who, values)
    in_cart = and_(CartLine.offer_id == offer.id, CartLine.owner == _owner())
    wanting = select(Resident.id).join(CartLine, in_cart).where(Resident.leader_id.in_(theirs))
    for resident_id in db.session.scalars(wanting.where(Resident.leader_id.not_in(own))):
        who = recipient(RESIDENT, resident_id)
        yield Notice(f"price-{fresh.id}-{resident_id}", "price_changed", who, values)


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
