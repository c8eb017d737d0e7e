"""Planning the routes of a day, and what happens on the way."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from groupbuy.audit import service as audit
from groupbuy.db import db
from groupbuy.db.totals import by_key
from groupbuy.delivery import brought, queries, telling
from groupbuy.delivery.models import DeliveryRoute, DeliveryStop, Discrepancy
from groupbuy.delivery.places import close_gaps, set_order, stop_ids_of
from groupbuy.delivery.rules import MAX_NAME, by_route, moved
from groupbuy.kernel.errors import BadInput, RuleBroken, RunAgain

MAX_UNITS = 10**9
MAX_TEXT = 200
CALL_BACK_WITHIN = timedelta(minutes=30)


def plan_day(*, day: date, now: datetime, actor: str) -> int:
    """Give each leader who hands something out on a day a stop on its usual route; return how many are new.

    Those who have a stop keep it; a route that has left takes nobody any more, they come onto a second one.
    So do goods that were not on a vehicle when it left.
    """
    # Who leaves or is called back meanwhile has a stop, or has none, in the eyes of both.
    db.session.execute(
        select(DeliveryRoute.id).where(DeliveryRoute.day == day).order_by(DeliveryRoute.id).with_for_update()
    )
    new = brought.leaders_without_stop(day)
    for name, leader_ids in by_route((leader.id, leader.route or "") for leader in new).items():
        _append(_waiting_route(day, name), leader_ids)
    if new:
        _log("routes_planned", "delivery_day", day.isoformat(), now, actor, {"stops": len(new)})
    return len(new)


def _waiting_route(day: date, name: str) -> DeliveryRoute:
    """Return a route of that name that has not left; a second one is called ``NAME 2``."""
    for number in range(1, 100):
        wanted = name if number == 1 else f"{name} {number}"
        route = db.session.scalar(
            select(DeliveryRoute)
            .where(DeliveryRoute.day == day, DeliveryRoute.name == wanted)
            .with_for_update()
        )
        if route is None:
            return _add(DeliveryRoute(day=day, name=wanted))
        if route.left_at is None:
            return route
    raise RuleBroken("too_many_routes", f"There are too many routes called {name}.")


def _add(route: DeliveryRoute) -> DeliveryRoute:
    try:
        with db.session.begin_nested():
            db.session.add(route)
    except IntegrityError as error:
        # Somebody else has made it meanwhile: the next attempt finds it.
        raise RunAgain from error
    return route


def _append(route: DeliveryRoute, leader_ids: Sequence[int]) -> None:
    last = db.session.scalar(select(func.max(DeliveryStop.position)).where(DeliveryStop.route_id == route.id))
    tours = select(DeliveryStop.leader_id, func.max(DeliveryStop.tour)).where(DeliveryStop.day == route.day)
    tour_of: Mapping[int, int] = by_key(tours.group_by(DeliveryStop.leader_id))
    try:
        with db.session.begin_nested():
            db.session.add_all(
                DeliveryStop(
                    route_id=route.id,
                    day=route.day,
                    leader_id=leader_id,
                    tour=tour_of.get(leader_id, 0) + 1,
                    position=place,
                )
                for place, leader_id in enumerate(leader_ids, (last or 0) + 1)
            )
    except IntegrityError as error:
        raise RunAgain from error


def add_route(*, day: date, name: str, now: datetime, actor: str) -> DeliveryRoute:
    """Make a route without stops; raise BadInput, RuleBroken ``already_exists``."""
    name = _name(name)
    if db.session.scalar(
        select(DeliveryRoute.id).where(DeliveryRoute.day == day, DeliveryRoute.name == name)
    ):
        raise RuleBroken("already_exists", "A route of that name exists on this day.", param="name")
    route = _add(DeliveryRoute(day=day, name=name))
    _log("route_added", "delivery_route", str(route.id), now, actor, {"name": name})
    return route


def _name(name: str) -> str:
    trimmed = name.strip()
    if not 0 < len(trimmed) <= MAX_NAME:
        raise BadInput("out_of_range", f"A name has 1 to {MAX_NAME} characters.", param="name")
    return trimmed


def change_route(
    *,
    route_id: int,
    version: int,
    driver: str | None,
    driver_phone: str | None,
    capacity_units: int | None,
    now: datetime,
    actor: str,
) -> DeliveryRoute:
    """Say who drives and what fits in; raise NotFound, BadInput, RuleBroken ``changed_meanwhile``."""
    if capacity_units is not None and not 0 < capacity_units <= MAX_UNITS:
        raise BadInput("out_of_range", f"Between 1 and {MAX_UNITS}.", param="capacity_units")
    route = _locked(route_id)
    if route.version != version:
        raise RuleBroken("changed_meanwhile", "Somebody else has changed this route meanwhile; look again.")
    route.driver, route.driver_phone = _text(driver, "driver"), _text(driver_phone, "driver_phone")
    route.capacity_units = capacity_units
    route.version += 1
    db.session.flush()
    _log("route_changed", "delivery_route", str(route.id), now, actor, {"driver": route.driver})
    return route


def _text(text: str | None, param: str) -> str | None:
    trimmed = (text or "").strip()
    if len(trimmed) > MAX_TEXT:
        raise BadInput("too_long", f"At most {MAX_TEXT} characters.", param=param)
    return trimmed or None


def _locked(route_id: int) -> DeliveryRoute:
    queries.get_route(route_id)
    return db.session.get_one(DeliveryRoute, route_id, with_for_update=True, populate_existing=True)


def move_stop(*, stop_id: int, route_id: int, place: int, now: datetime, actor: str) -> DeliveryStop:
    """Put a stop onto a route, at a place counted from 1.

    Raise NotFound, RuleBroken ``route_left`` when either route is on its way, ``other_day``.
    """
    former = queries.get_stop(stop_id).route_id
    # Both routes are locked in the order of their keys, so that two moves never wait for each other.
    routes = {one: _locked(one) for one in sorted({former, route_id})}
    stop = queries.get_stop(stop_id, lock=True)
    if stop.route_id != former:
        raise RunAgain
    if any(route.left_at is not None for route in routes.values()):
        raise RuleBroken("route_left", "This route has left; its stops stay as they are.")
    if stop.day != routes[route_id].day:
        raise RuleBroken("other_day", "This route is of another day.")
    stop.route_id = route_id
    db.session.flush()
    set_order(route_id, moved(stop_ids_of(route_id), stop_id, place))
    close_gaps([former])
    _log("stop_moved", "delivery_stop", str(stop.id), now, actor, {"route": route_id, "place": place})
    return stop


def leave(*, route_id: int, round_ids: Collection[int], now: datetime, actor: str) -> bool:
    """Note that a route has left with what it brings of some rounds; False when it had already.

    The caller has locked the rounds. Raise NotFound, RuleBroken ``no_stops``.
    """
    route = _locked(route_id)
    if route.left_at is not None:
        return False
    brought.carry(route, round_ids)
    if not route.stops:
        raise RuleBroken("no_stops", "This route has no stops.")
    route.left_at = now
    route.version += 1
    db.session.flush()
    telling.tell_of_leaving(route, now=now)
    _log("route_left", "delivery_route", str(route.id), now, actor, {"name": route.name})
    return True


def call_back(*, route_id: int, reason: str, now: datetime, actor: str) -> DeliveryRoute:
    """Note that a route has not left after all: a mistake, soon after, and nothing of it has arrived.

    Raise NotFound, BadInput, RuleBroken ``not_left``, ``too_late``, ``arrived``.
    """
    why = _reason(reason)
    route = _locked(route_id)
    if route.left_at is None:
        raise RuleBroken("not_left", "This route has not left.")
    _check_soon(route.left_at, now)
    # Who arrives locks the stop first.
    stops = [queries.get_stop(stop.id, lock=True) for stop in sorted(route.stops, key=lambda one: one.id)]
    if any(stop.arrived_at is not None for stop in stops):
        raise RuleBroken("arrived", "Goods of this route have been brought to a leader.")
    brought.unload(route)
    route.left_at = None
    route.version += 1
    db.session.flush()
    _log(
        "route_called_back", "delivery_route", str(route.id), now, actor, {"name": route.name, "reason": why}
    )
    return route


def arrive(*, stop_id: int, now: datetime, actor: str) -> DeliveryStop:
    """Note that the goods are at a leader's; a repeat changes nothing. Raise RuleBroken ``not_left``."""
    stop = queries.get_stop(stop_id, lock=True)
    if stop.route.left_at is None:
        raise RuleBroken("not_left", "This route has not left yet.")
    if stop.arrived_at is None:
        stop.arrived_at = now
        db.session.flush()
        telling.tell_of_arrival(stop, now=now)
        _log("goods_arrived", "delivery_stop", str(stop.id), now, actor, {"leader": stop.leader.code})
    return stop


def take_arrival_back(*, stop_id: int, reason: str, now: datetime, actor: str) -> DeliveryStop:
    """Note that goods are not at a leader's after all: a mistake, soon after, and nobody has signed.

    Raise NotFound, BadInput, RuleBroken ``not_arrived``, ``signed``, ``too_late``.
    """
    why = _reason(reason)
    stop = queries.get_stop(stop_id, lock=True)
    if stop.arrived_at is None:
        raise RuleBroken("not_arrived", "These goods have not arrived.")
    if stop.signed_at is not None:
        raise RuleBroken("signed", "These goods have been signed for.")
    _check_soon(stop.arrived_at, now)
    stop.arrived_at = None
    db.session.flush()
    after = {"leader": stop.leader.code, "reason": why}
    _log("goods_not_arrived", "delivery_stop", str(stop.id), now, actor, after)
    return stop


def _reason(reason: str) -> str:
    why = reason.strip()
    if not 0 < len(why) <= MAX_TEXT:
        raise BadInput("required", f"Say why, in at most {MAX_TEXT} characters.", param="reason")
    return why


def _check_soon(since: datetime, now: datetime) -> None:
    if now >= since + CALL_BACK_WITHIN:
        minutes = CALL_BACK_WITHIN // timedelta(minutes=1)
        raise RuleBroken("too_late", f"This can be called back for {minutes} minutes.")


def store_signature(
    *, stop: DeliveryStop, found: Sequence[Discrepancy], note: str | None, now: datetime, actor: str
) -> None:
    """Note that a leader has signed, and what was not as sent; the stop is locked by the caller."""
    if stop.arrived_at is None:
        stop.arrived_at = now
        telling.tell_of_arrival(stop, now=now)
    stop.signed_at, stop.signed_by, stop.note = now, actor, _text(note, "note")
    db.session.add_all(found)
    db.session.flush()
    after = {"leader": stop.leader.code, "discrepancies": len(found)}
    _log("goods_signed", "delivery_stop", str(stop.id), now, actor, after)


def store_later(*, stop: DeliveryStop, found: Sequence[Discrepancy], now: datetime, actor: str) -> None:
    """Note what was found not as sent after a leader had signed; the stop is locked by the caller."""
    db.session.add_all(found)
    db.session.flush()
    after = {"leader": stop.leader.code, "discrepancies": len(found)}
    _log("goods_missed_later", "delivery_stop", str(stop.id), now, actor, after)


def _log(verb: str, kind: str, subject: str, now: datetime, actor: str, after: dict[str, Any]) -> None:
    audit.record(at=now, actor=actor, verb=verb, subject_kind=kind, subject=subject, after=after)
