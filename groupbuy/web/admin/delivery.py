"""The day's routes: planning them, who drives, how they are loaded."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField, StringField
from wtforms.validators import InputRequired, Length

from groupbuy.db.transaction import in_transaction
from groupbuy.delivery import brought, missing, planning, queries, service
from groupbuy.delivery.loading import loads_of, zones_of
from groupbuy.delivery.models import DeliveryRoute
from groupbuy.delivery.proposed import proposed
from groupbuy.delivery.rules import MAX_NAME, over_capacity
from groupbuy.delivery.service import MAX_TEXT
from groupbuy.http.row_ids import row_id
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError, NotFound
from groupbuy.kernel.times import parse_date
from groupbuy.pickup import capacity
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.delivery_columns import tables_of
from groupbuy.web.admin.fields import WholeField, optional
from groupbuy.web.admin.listing import asked, file_of
from groupbuy.web.kit.filters import today
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import translate_sentence


class DayForm(PageForm):
    """The day that is planned."""

    day = HiddenField(validators=[InputRequired()])


class NewRouteForm(DayForm):
    """A route that no leader has as its usual one."""

    name = StringField(_l("Name of the route"), validators=[InputRequired(), Length(max=MAX_NAME)])


class RouteForm(PageForm):
    """Who drives, and what fits in."""

    version = HiddenField()
    driver = StringField(_l("Driver"), validators=[Length(max=MAX_TEXT)])
    driver_phone = StringField(_l("Driver's phone"), validators=[Length(max=MAX_TEXT)])
    capacity_units = WholeField(_l("Room for units"), validators=optional())


class MoveForm(PageForm):
    """Where a stop goes."""

    route = HiddenField(validators=[InputRequired()])
    place = WholeField(_l("Place"), validators=[InputRequired()])


@dataclass(frozen=True, slots=True)
class RouteLoad:
    """A route with the sale units of each of its stops."""

    route: DeliveryRoute
    units: Mapping[int, int]

    @property
    def total(self) -> int:
        """Return the sale units of all stops."""
        return sum(self.units.get(stop.id, 0) for stop in self.route.stops)

    @property
    def too_many(self) -> int:
        """Return how many do not fit."""
        return over_capacity(self.total, self.route.capacity_units)


@blueprint.get("/delivery")
def delivery() -> ResponseReturnValue:
    """Show the routes of a day, today's or the next one where nothing is asked for."""
    days = queries.days_to_deliver(since=today())
    day = _day(asked("day")) or (days[0] if days else today())
    units, bags = brought.units_of_stops(day), capacity.bags_of_day(day)
    routes = [RouteLoad(route, units) for route in queries.routes_of(day)]
    found = missing.discrepancies(day=day)
    tables = tables_of((load.route for load in routes), units, bags, found)
    return file_of(f"deliveries-{day}", *tables) or render_template(
        "admin/delivery.html",
        day=day,
        days=days,
        routes=routes,
        units=units,
        bags=bags,
        unplanned=brought.leaders_without_stop(day),
        found=found,
        proposal=proposed(day),
        obstacle=planning.obstacle(day),
        form=NewRouteForm(data={"day": day.isoformat()}),
    )


def _day(text: str | None) -> date | None:
    try:
        return parse_date(text) if text else None
    except ValueError:
        return None


@blueprint.post("/delivery/plan")
def delivery_plan() -> ResponseReturnValue:
    """Give each leader of a day a stop on its usual route."""
    day = day_of_form()
    new = in_transaction(lambda: service.plan_day(day=day, now=utc_now(), actor=actor().name))
    flash(_("%(count)s stops were planned.", count=new), "ok")
    return _to_day(day)


def day_of_form() -> date:
    """Return the day that a form names; raise NotFound."""
    form = DayForm()
    day = _day(form.day.data) if form.validate() else None
    if day is None:
        raise NotFound("unknown_day", "There is no such day.")
    return day


@blueprint.post("/delivery/routes")
def delivery_add() -> ResponseReturnValue:
    """Make another route."""
    form = NewRouteForm()
    day = _day(form.day.data) or today()
    if form.validate():
        try:
            in_transaction(
                lambda: service.add_route(
                    day=day, name=form.name.data or "", now=utc_now(), actor=actor().name
                )
            )
        except GroupbuyError as error:
            flash(translate_sentence(error.message), "bad")
    else:
        flash(_("A route needs a name."), "bad")
    return _to_day(day)


def _to_day(day: date) -> ResponseReturnValue:
    return redirect(url_for("admin.delivery", day=day.isoformat()), 303)


@blueprint.route("/delivery/routes/<int:route_id>", methods=["GET", "POST"])
def delivery_route(route_id: int) -> ResponseReturnValue:
    """Show a route and its stops; say who drives."""
    route = queries.get_route(route_id)
    units, loads = brought.units_of_stops(route.day), loads_of(route)
    form = RouteForm(data=_as_stored(route))

    def store() -> None:
        service.change_route(
            route_id=route_id,
            version=row_id(form.version.data) or 0,
            driver=form.driver.data,
            driver_phone=form.driver_phone.data,
            capacity_units=form.capacity_units.data,
            now=utc_now(),
            actor=actor().name,
        )

    return saving.answer(
        form,
        store,
        template="admin/delivery_route.html",
        title=route.name,
        back=(url_for("admin.delivery", day=route.day.isoformat()), _("Deliveries")),
        then=request.path,
        load=RouteLoad(route, units),
        loads=loads,
        zones=zones_of(loads),
        can_call_back=_can_call_back(route),
        since=utc_now() - service.CALL_BACK_WITHIN,
        others=[one for one in queries.routes_of(route.day) if one.left_at is None],
    )


def _can_call_back(route: DeliveryRoute) -> bool:
    if route.left_at is None or utc_now() >= route.left_at + service.CALL_BACK_WITHIN:
        return False
    return not any(stop.arrived_at for stop in route.stops)


def _as_stored(route: DeliveryRoute) -> dict[str, object]:
    return {
        "version": str(route.version),
        "driver": route.driver,
        "driver_phone": route.driver_phone,
        "capacity_units": route.capacity_units,
    }


@blueprint.post("/delivery/stops/<int:stop_id>/move")
def delivery_move(stop_id: int) -> ResponseReturnValue:
    """Put a stop to another place or onto another route."""
    form, route_id = MoveForm(), queries.get_stop(stop_id).route_id
    target = row_id(form.route.data)
    if form.validate() and target is not None:
        try:
            in_transaction(
                lambda: service.move_stop(
                    stop_id=stop_id,
                    route_id=target,
                    place=form.place.data or 0,
                    now=utc_now(),
                    actor=actor().name,
                )
            )
        except GroupbuyError as error:
            flash(translate_sentence(error.message), "bad")
    else:
        flash(_("Say which place on the route the stop gets."), "bad")
    return redirect(url_for("admin.delivery_route", route_id=route_id), 303)
