"""A part of an order comes on another day (拆单): the rest does not wait, each is followed by itself."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from groupbuy.aftersales import queries as aftersales
from groupbuy.audit import service as audit
from groupbuy.audit.actor import Actor
from groupbuy.campaigns import lifecycle
from groupbuy.campaigns.models import Offer, Round
from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.delivery import brought
from groupbuy.delivery import queries as delivery
from groupbuy.flows.order_log import log_order
from groupbuy.kernel.errors import BadInput, NotFound, RuleBroken
from groupbuy.notices import telling
from groupbuy.notices.reach import recipient
from groupbuy.notices.rules import RESIDENT
from groupbuy.notices.telling import Notice
from groupbuy.orders import splitting
from groupbuy.orders.models import Order, OrderLine
from groupbuy.orders.queries import lock_order
from groupbuy.orders.rules import OrderState
from groupbuy.payments import paying
from groupbuy.pickup import bulk as pickup

LATEST = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Later:
    """What becomes of a product that comes on another day.

    ``split`` orders get a part of their own, ``moved`` ones have nothing else and move as a whole, ``kept``
    ones stay because something about them is being decided or their goods have left.
    """

    split: int
    moved: int
    kept: int
    units: int


def split_order(
    *, order: Order, product_codes: Collection[str], day: date, now: datetime, actor: Actor
) -> Order:
    """Let products of an order come on another day; return the part, or the order where all of it moves.

    Raise BadInput, RuleBroken ``not_splittable`` before the close and once something is handed out,
    ``route_left`` when goods of either day are on their way, ``refund_open``.
    """
    round_ = lifecycle.lock_round(order.round_id)
    lock_order(order)
    _check_day(round_, day)
    _check(order, day)
    chosen = _chosen(order, product_codes)
    found = _take_out(order, chosen, day, now, actor)
    pickup.make_bags(day, leader_ids=[order.leader_id])
    return found


def _check_day(round_: Round, day: date) -> None:
    if not round_.pickup_date <= day <= round_.pickup_date + LATEST:
        raise BadInput("out_of_range", "Choose a later day, at most 60 days later.", param="pickup_date")


def _check(order: Order, day: date) -> None:
    if order.state != OrderState.CONFIRMED or order.round.state not in delivery.TO_DELIVER:
        raise RuleBroken(
            "not_splittable", "Only an order of a closed round of which nothing is handed out can be split."
        )
    if order.day == day:
        raise BadInput("out_of_range", "This order is handed out on this day already.", param="pickup_date")
    for one in (order.day, day):
        if brought.carried(one, order.leader_id, order.round_id):
            raise RuleBroken("route_left", "Goods for this leader have left on one of these days already.")
    if aftersales.held_back([order.id]):
        raise RuleBroken(
            "refund_open", "A refund or exchange of this order is being decided; nothing is handed out."
        )


def _chosen(order: Order, product_codes: Collection[str]) -> list[OrderLine]:
    lines = {line.offer.product.code: line for line in splitting.lines_to_deliver(order)}
    if not product_codes:
        raise BadInput("required", "Say what comes on another day.", param="product_codes")
    for code in product_codes:
        if code not in lines:
            raise BadInput("unknown_product", "The order has no such product.", param="product_codes")
    return [line for code, line in lines.items() if code in product_codes]


def _take_out(order: Order, chosen: Sequence[OrderLine], day: date, now: datetime, actor: Actor) -> Order:
    former = order.day
    if len(chosen) == len(splitting.lines_to_deliver(order)):
        order.pickup_date = None if day == order.round.pickup_date else day
        order.version += 1
        db.session.flush()
        log_order(
            order, "order_moved", now, actor.name, after={"from": former.isoformat(), "to": day.isoformat()}
        )
        _tell(order, order, former, now)
        return order
    part = splitting.part_on(order, day) or splitting.make_part(order, day)
    names = [line.offer.product.code for line in chosen]
    paid = splitting.move_lines(chosen, order=order, part=part)
    paying.book_split(order=order, part=part, amount_fen=paid, now=now, actor=actor.name)
    log_order(
        order,
        "order_split",
        now,
        actor.name,
        after={"part": part.number, "products": names, "to": day.isoformat()},
    )
    taken = {"of": order.number, "amount_fen": part.amount_fen}
    log_order(part, "order_split_off", now, actor.name, after=taken)
    _tell(order, part, former, now)
    return part


def _tell(order: Order, part: Order, former: date, now: datetime) -> None:
    """Leave the resident one note: what comes when, and by which code."""
    goods = "、".join(line.offer_version.name for line in splitting.lines_to_deliver(part))
    values = {
        "order": order.number,
        "goods": goods,
        "former": former.isoformat(),
        "pickup": part.day.isoformat(),
        "code": part.pickup_code,
    }
    who = recipient(RESIDENT, part.resident_id)
    telling.tell([Notice(f"split-{part.id}-{part.version}", "split", who, values)], now=now)


def offer_of(round_: Round, product_code: str) -> Offer:
    """Return what a round sells of a product; raise NotFound."""
    found = db.session.scalar(
        select(Offer)
        .join(Product, Product.id == Offer.product_id)
        .where(Offer.round_id == round_.id, Product.code == product_code, Offer.state == "active")
    )
    if found is None:
        raise NotFound("unknown_product", "The round has no such product.", param="product_code")
    return found


def preview(*, round_: Round, product_code: str, day: date) -> Later:
    """Return what ``deliver_later`` would do now; raise as it does."""
    offer = offer_of(round_, product_code)
    _check_round(round_, day)
    return _reckon([(order, _may_move(order, day)) for order in _affected(offer, round_, day)], offer)


def deliver_later(*, round_: Round, product_code: str, day: date, now: datetime, actor: Actor) -> Later:
    """Let a product of a closed round come on another day for everybody who ordered it.

    Each resident is told once. Raise NotFound, BadInput for the day, RuleBroken ``not_splittable``.
    """
    offer = offer_of(round_, product_code)
    round_ = lifecycle.lock_round(round_.id)
    _check_round(round_, day)
    splitting.lock_all([order.id for order in _affected(offer, round_, day)])
    db.session.expire_all()
    found = [(order, _may_move(order, day)) for order in _affected(offer, round_, day)]
    later = _reckon(found, offer)
    for order, may in found:
        if may:
            _take_out(order, _lines_of(order, offer), day, now, actor)
    pickup.make_bags(day)
    audit.record(
        at=now,
        actor=actor.name,
        verb="product_comes_later",
        subject_kind="round",
        subject=round_.name,
        after={"product": product_code, "pickup_date": day.isoformat(), "units": later.units},
    )
    return later


def _check_round(round_: Round, day: date) -> None:
    _check_day(round_, day)
    if round_.state not in delivery.TO_DELIVER:
        raise RuleBroken("not_splittable", "Only goods of a closed round can come on another day.")


def _affected(offer: Offer, round_: Round, day: date) -> list[Order]:
    kept = None if day != round_.pickup_date else day
    found = db.session.scalars(splitting.orders_with(offer.id, day=day)).all()
    return [order for order in found if kept is None or order.day != kept]


def _may_move(order: Order, day: date) -> bool:
    try:
        _check(order, day)
    except RuleBroken:
        return False
    return True


def _reckon(found: Sequence[tuple[Order, bool]], offer: Offer) -> Later:
    going = [order for order, may in found if may]
    whole = [order for order in going if len(splitting.lines_to_deliver(order)) == 1]
    units = sum(line.quantity for order in going for line in _lines_of(order, offer))
    return Later(len(going) - len(whole), len(whole), len(found) - len(going), units)


def _lines_of(order: Order, offer: Offer) -> list[OrderLine]:
    return [line for line in order.lines if line.offer_id == offer.id]
