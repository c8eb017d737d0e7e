"""Tours that a solver proposes for a day: asked for, worked out by a worker, taken over or thrown away."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from groupbuy.audit import service as audit
from groupbuy.db import db
from groupbuy.delivery import brought, queries
from groupbuy.delivery.models import DeliveryRoute, DeliveryStop, RouteProposal
from groupbuy.delivery.places import close_gaps, set_order
from groupbuy.delivery.rules import (
    MINUTES_A_DAY,
    Drop,
    Place,
    Task,
    Tour,
    Vehicle,
    check_task,
    keeps_to,
    metres_of,
    room_left,
)
from groupbuy.jobs import service as jobs
from groupbuy.kernel import ids
from groupbuy.kernel.errors import GroupbuyError, NotFound, RuleBroken, RunAgain
from groupbuy.leaders.models import Leader
from groupbuy.purchasing.delivering import depot

ROUTES_JOB = "routes"
NO_TOURS = "no_tours"


def obstacle(day: date) -> GroupbuyError | None:
    """Return why no tours can be proposed for a day, None where nothing is in the way."""
    try:
        _check_solver()
        task_of(day)
    except RuleBroken as error:
        return error
    return None


def _check_solver() -> None:
    if find_spec("pyvrp") is None:
        raise RuleBroken("no_solver", "Proposing tours needs the extra: pip install 'groupbuy[routes]'.")


def task_of(day: date) -> Task:
    """Return what is to be planned: every leader with a place whose goods wait, beside those who stay.

    Routes that have left keep their stops. Raise RuleBroken ``route_left`` when all have, ``not_planned``,
    ``no_depot``, and what ``rules.check_task`` raises.
    """
    routes, start = _waiting(day), depot()
    stops = {stop.leader_id: stop for route in routes for stop in route.stops}
    unplanned = brought.leaders_without_stop(day)
    if not stops and not unplanned and queries.routes_of(day) != routes:
        raise RuleBroken("route_left", "All routes of this day have left; their stops stay as they are.")
    if not stops or unplanned:
        raise RuleBroken("not_planned", "Give every leader of this day a stop first.")
    of_stops = brought.units_of_stops(day)
    units = {one: of_stops[stop.id] for one, stop in stops.items() if stop.id in of_stops}
    if start is None:
        raise RuleBroken("no_depot", "Say in the settings where the warehouse lies; tours begin there.")
    placed = {one: place_of(stops[one].leader) for one in sorted(units)}
    drops = tuple(
        Drop(one, units[one], place, *hours_of(stops[one].leader))
        for one, place in placed.items()
        if place is not None
    )
    task = Task(start, _vehicles(routes, units, drops), drops)
    check_task(task)
    return task


def _waiting(day: date) -> Sequence[DeliveryRoute]:
    """Return the routes of a day that have not left: a leader has one stop on them at most."""
    return [route for route in queries.routes_of(day) if route.left_at is None]


def place_of(leader: Leader) -> Place | None:
    """Return where a pickup point lies; one without a place has its community's."""
    for one in (leader, leader.community):
        if one is not None and one.latitude_e6 is not None and one.longitude_e6 is not None:
            return one.latitude_e6, one.longitude_e6
    return None


def hours_of(leader: Leader) -> tuple[int, int]:
    """Return between which minutes of the day a leader takes goods; the whole day where nothing is said."""
    late = leader.goods_until_min
    return leader.goods_from_min or 0, MINUTES_A_DAY if late is None else late


def _vehicles(
    routes: Sequence[DeliveryRoute], units: Mapping[int, int], drops: Sequence[Drop]
) -> tuple[Vehicle, ...]:
    wanted, placed = sum(drop.units for drop in drops), {drop.leader_id for drop in drops}
    staying = {
        route.id: sum(units.get(stop.leader_id, 0) for stop in route.stops if stop.leader_id not in placed)
        for route in routes
    }
    return tuple(
        Vehicle(route.id, room_left(route.capacity_units, staying[route.id], wanted)) for route in routes
    )


def find_proposal(day: date) -> RouteProposal | None:
    """Return what was proposed for a day, or is being worked out."""
    return db.session.scalar(select(RouteProposal).where(RouteProposal.day == day))


def propose(*, day: date, now: datetime, actor: str) -> RouteProposal:
    """Ask a worker for tours of a day; a former proposal is thrown away.

    Raise RuleBroken ``no_solver`` and what ``task_of`` raises.
    """
    _check_solver()
    task = task_of(day)
    db.session.execute(delete(RouteProposal).where(RouteProposal.day == day))
    row = RouteProposal(
        day=day, task=asdict(task), before_m=_present_metres(day, task), asked_at=now, asked_by=actor
    )
    try:
        with db.session.begin_nested():
            db.session.add(row)
    except IntegrityError as error:
        # Somebody else has asked meanwhile: the next attempt finds it.
        raise RunAgain from error
    jobs.enqueue(kind=ROUTES_JOB, key=f"{day}-{ids.token()[:12]}", payload={"proposal": row.id}, now=now)
    _log("tours_proposed", day, now, actor, {"stops": len(task.drops)})
    return row


def _present_metres(day: date, task: Task) -> int:
    placed = {drop.leader_id for drop in task.drops}
    tours = ([stop.leader_id for stop in route.stops if stop.leader_id in placed] for route in _waiting(day))
    return sum(metres_of(task, tour) for tour in tours)


def task_to_solve(proposal_id: int) -> Task | None:
    """Return what is to be worked out for a proposal; None when nobody waits for it any more."""
    row = db.session.get(RouteProposal, proposal_id)
    return task_from(row.task) if row is not None and row.state == "waiting" else None


def solve(task: Task) -> list[Tour] | None:
    """Work out tours, which takes seconds; None where none keeps to what the vehicles carry.

    Raise ModuleNotFoundError where the solver is not installed.
    """
    tours: list[Tour] | None = import_module("groupbuy.delivery.solving").tours_for(task)
    return tours


def keep(*, proposal_id: int, tours: Sequence[Tour] | None) -> str:
    """Store the tours of a proposal that somebody waits for; return a word for the run log."""
    row = db.session.get(RouteProposal, proposal_id, with_for_update=True, populate_existing=True)
    if row is None or row.state != "waiting":
        return "gone"
    if tours is None or not keeps_to(task_from(row.task), tours):
        row.state, row.why = "failed", NO_TOURS
    else:
        row.state, row.tours = "ready", [asdict(tour) for tour in tours]
    db.session.flush()
    return row.state


def fail(*, proposal_id: int, why: str) -> None:
    """Note that a proposal could not be worked out."""
    waiting = (RouteProposal.id == proposal_id, RouteProposal.state == "waiting")
    db.session.execute(update(RouteProposal).where(*waiting).values(state="failed", why=why))


def take_over(*, day: date, now: datetime, actor: str) -> int:
    """Put the stops of a day onto the routes and into the order of its proposal; return how many.

    Who has no place on the map stays on its route, behind the others. Raise NotFound, RuleBroken
    ``not_ready``, ``changed_meanwhile`` when goods, routes or places are others now, ``route_left``.
    """
    row = _locked(day)
    if row.state != "ready":
        raise RuleBroken("not_ready", "These tours are not ready yet.")
    task, tours = task_from(row.task), tours_from(row.tours or ())
    _lock_routes(day)
    if task_of(day) != task:
        raise RuleBroken(
            "changed_meanwhile", "The day has changed since these tours were proposed; ask again."
        )
    _reorder(day, tours)
    _log("tours_taken_over", day, now, actor, {"stops": len(task.drops), "before_m": row.before_m})
    db.session.delete(row)
    db.session.flush()
    return len(task.drops)


def _lock_routes(day: date) -> None:
    of_day = select(DeliveryRoute).where(DeliveryRoute.day == day).order_by(DeliveryRoute.id)
    db.session.scalars(of_day.with_for_update().execution_options(populate_existing=True)).all()


def _reorder(day: date, tours: Sequence[Tour]) -> None:
    routes = {route.id: route for route in _waiting(day)}
    stops = {stop.leader_id: stop.id for route in routes.values() for stop in route.stops}
    going = {leader_id for tour in tours for leader_id in tour.leader_ids}
    for tour in tours:
        reached = [stops[leader_id] for leader_id in tour.leader_ids]
        staying = [stop.id for stop in routes[tour.route_id].stops if stop.leader_id not in going]
        db.session.execute(
            update(DeliveryStop).where(DeliveryStop.id.in_(reached)).values(route_id=tour.route_id)
        )
        set_order(tour.route_id, [*reached, *staying])
    close_gaps(routes)
    db.session.flush()
    db.session.expire_all()


def throw_away(*, day: date, now: datetime, actor: str) -> None:
    """Forget what was proposed for a day; raise NotFound."""
    db.session.delete(_locked(day))
    db.session.flush()
    _log("tours_thrown_away", day, now, actor, {})


def _locked(day: date) -> RouteProposal:
    chosen = select(RouteProposal).where(RouteProposal.day == day).with_for_update()
    row = db.session.scalar(chosen.execution_options(populate_existing=True))
    if row is None:
        raise NotFound("unknown_proposal", "No tours are proposed for this day.")
    return row


def task_from(plain: Mapping[str, Any]) -> Task:
    return Task(
        _place(plain["depot"]),
        tuple(Vehicle(**one) for one in plain["vehicles"]),
        tuple(Drop(**{**one, "place": _place(one["place"])}) for one in plain["drops"]),
    )


def _place(pair: Sequence[int]) -> Place:
    return pair[0], pair[1]


def tours_from(plain: Sequence[Mapping[str, Any]]) -> list[Tour]:
    """Return tours as they were stored."""
    return [Tour(one["route_id"], tuple(one["leader_ids"])) for one in plain]


def _log(verb: str, day: date, now: datetime, actor: str, after: dict[str, Any]) -> None:
    audit.record(
        at=now, actor=actor, verb=verb, subject_kind="delivery_day", subject=day.isoformat(), after=after
    )
