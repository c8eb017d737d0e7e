"""Perishables that nobody fetches: residents are warned, then leaders are asked to decide about them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Select, exists, select, update

from groupbuy.aftersales.models import Replacement
from groupbuy.campaigns.history_models import RoundTold
from groupbuy.campaigns.models import Offer, OfferVersion, Round
from groupbuy.catalog import disposal
from groupbuy.catalog.models import Category, Product
from groupbuy.db import db
from groupbuy.db.bulk import insert_rows, table_of
from groupbuy.db.upserts import insert_into
from groupbuy.delivery.models import DeliveryStop
from groupbuy.finance.dials import dials
from groupbuy.flows import following_up, without_routes
from groupbuy.flows.following_up import Ripe
from groupbuy.kernel.times import local_moment
from groupbuy.notices import telling
from groupbuy.notices.reach import recipient
from groupbuy.notices.rules import LEADER, RESIDENT
from groupbuy.notices.telling import Notice, Value
from groupbuy.orders.models import Order, OrderCarriage, OrderLine
from groupbuy.pickup import unfetched
from groupbuy.pickup.models import OrderAside, PerishableLine, PickupFollowUp
from groupbuy.pickup.unfetched import disposable_from, units_left, warning_time

MOST_AT_ONCE = 100
MONEY: Mapping[bool, Mapping[str, str]] = {
    True: {"zh": "已付的将退还", "en": "what was paid is given back"},
    False: {"zh": "按约定不退款", "en": "as agreed nothing is given back"},
}


class Warned(NamedTuple):
    """A line whose resident is warned: what of it is left, by which rule, and from when on it may go."""

    line_id: int
    order: Order
    name: str
    units: int
    refund: bool
    due_at: datetime


def _shortest() -> timedelta | None:
    """Return how long after goods have arrived the first residents are warned, None without any rule."""
    rule = disposal.shortest()
    return None if rule is None else warning_time(rule // timedelta(hours=1))


def due_stops(now: datetime) -> list[Ripe]:
    """Return the days of leaders whose residents are to be warned."""
    return following_up.ripe_after(now, _shortest(), PickupFollowUp.warned_at)


def due_rounds(now: datetime, zone: ZoneInfo) -> Sequence[Round]:
    """Return the rounds without routes whose residents are to be warned."""
    wait = _shortest()
    if wait is None:
        return []
    day = without_routes.last_day(now, zone, hour=dials().pickup_hour, wait=wait)
    told = exists().where(RoundTold.round_id == Round.id, RoundTold.event == f"perishables {day}")
    return without_routes.rounds_ready(day, ~told)


def warn_stop(*, stop_id: int, now: datetime, zone: ZoneInfo) -> int | None:
    """Warn the residents of a leader's day, once; return how many, None when somebody else has."""
    stop = db.session.get_one(DeliveryStop, stop_id)
    arrived = stop.arrived_at
    if arrived is None or not following_up.mark(stop, "warned_at", now):
        return None
    return _warn(following_up.open_orders(stop), lambda _order: arrived, now, zone)


def warn_round(*, round_id: int, now: datetime, zone: ZoneInfo) -> int | None:
    """Warn the residents of a round without routes, once for a day; return how many, None for a repeat."""
    wait = _shortest()
    if wait is None:
        return None
    hour = dials().pickup_hour
    day = without_routes.last_day(now, zone, hour=hour, wait=wait)
    row = insert_into(RoundTold).values(round_id=round_id, event=f"perishables {day}", at=now)
    if db.session.execute(row.on_conflict_do_nothing().returning(RoundTold.round_id)).scalar() is None:
        return None
    orders = without_routes.left_of_day(round_id, day)
    return _warn(orders, lambda order: local_moment(order.day, f"{hour:02}:00", zone), now, zone)


def _warn(orders: Select[Order], arrived: Callable[[Order], datetime], now: datetime, zone: ZoneInfo) -> int:
    by_order: dict[int, list[Warned]] = {}
    for line_id, order, name, units, hours, refund, aside in db.session.execute(_not_warned(orders)):
        due_at = disposable_from(arrived(order), hours, now)
        line = Warned(line_id, order, name, units, refund, max(due_at, aside or due_at))
        by_order.setdefault(order.id, []).append(line)
    insert_rows(
        table_of(PerishableLine),
        ("order_line_id", "refund", "due_at", "warned_at", "units", "amount_fen"),
        (
            (line.line_id, line.refund, line.due_at, now, 0, 0)
            for found in by_order.values()
            for line in found
        ),
    )
    telling.tell((_warning(found, zone) for found in by_order.values()), now=now)
    return len(by_order)


def _not_warned(orders: Select[Order]) -> Select[*tuple[Any, ...]]:
    """Select perishables of orders that wait: what is sent by a courier or stands for others is left out."""
    known = exists().where(PerishableLine.order_line_id == OrderLine.id)
    brought = exists().where(OrderCarriage.order_id == Order.id)
    promised = exists().where(Replacement.order_id == Order.id)
    return (
        select(
            OrderLine.id,
            Order,
            OfferVersion.name,
            units_left(),
            disposal.hours_of_rule(),
            disposal.refund_of_rule(),
            OrderAside.until,
        )
        .join(Order, Order.id == OrderLine.order_id)
        .join(Offer, Offer.id == OrderLine.offer_id)
        .join(OfferVersion, OfferVersion.id == OrderLine.offer_version_id)
        .join(Product, Product.id == Offer.product_id)
        .outerjoin(Category, Category.id == Product.category_id)
        .outerjoin(OrderAside, OrderAside.order_id == Order.id)
        .where(Order.id.in_(orders.with_only_columns(Order.id).order_by(None)), Offer.state == "active")
        .where(disposal.hours_of_rule().is_not(None), units_left() > 0, ~known, ~brought, ~promised)
        .order_by(OrderLine.id)
    )


def _warning(lines: Sequence[Warned], zone: ZoneInfo) -> Notice:
    order = lines[0].order
    values: dict[str, Value] = {
        "order": order.number,
        "goods": {language: _goods(lines, language) for language in ("zh", "en")},
        "place": order.leader.address or order.leader.name,
        "until": f"{min(line.due_at for line in lines).astimezone(zone):%m-%d %H:%M}",
    }
    return Notice(f"perishable-{order.id}", "perishable", recipient(RESIDENT, order.resident_id), values)


def _goods(lines: Sequence[Warned], language: str) -> str:
    glue, words = ("、", "{} ×{}（{}）") if language == "zh" else (", ", "{} ×{} ({})")
    return glue.join(words.format(line.name, line.units, MONEY[line.refund][language]) for line in lines)


def due_leaders(now: datetime) -> Sequence[int]:
    """Return the leaders, by id, who are to be asked about perishables that may be disposed of."""
    asked = _to_ask(now).with_only_columns(Order.leader_id).distinct().order_by(None)
    return sorted(db.session.scalars(asked.limit(MOST_AT_ONCE)))


def _to_ask(now: datetime) -> Select[PerishableLine]:
    return (
        select(PerishableLine)
        .join(OrderLine, OrderLine.id == PerishableLine.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(PerishableLine.proposed_at.is_(None), PerishableLine.due_at <= now)
        .order_by(PerishableLine.order_line_id)
    )


def ask(*, leader_id: int, now: datetime) -> int | None:
    """Ask a leader what becomes of perishables that nobody has fetched; None when somebody else has.

    Nothing is disposed of by itself. Return of how many orders; of what is gone by now nobody is asked.
    """
    mine = _to_ask(now).where(Order.leader_id == leader_id).with_only_columns(PerishableLine.order_line_id)
    asked = db.session.scalars(
        update(PerishableLine)
        .where(PerishableLine.order_line_id.in_(mine.order_by(None)), PerishableLine.proposed_at.is_(None))
        .values(proposed_at=now)
        .returning(PerishableLine.order_line_id)
        .execution_options(synchronize_session=False)
    ).all()
    if not asked:
        return None
    orders = db.session.scalars(unfetched.to_decide([leader_id], now)).all()
    if orders:
        values: dict[str, Value] = {"count": str(len(orders))}
        key = f"to-dispose-{min(asked)}-{now:%Y%m%d%H%M}"
        telling.tell([Notice(key, "to_dispose", recipient(LEADER, leader_id), values)], now=now)
    return len(orders)
