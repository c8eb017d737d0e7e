"""Vehicles leave and goods arrive; both are taken back where it was said by mistake."""

from collections.abc import Callable, Sequence

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from groupbuy.campaigns.rules import RoundState
from groupbuy.db.transaction import in_transaction
from groupbuy.delivery import brought, queries, service
from groupbuy.delivery.models import DeliveryRoute
from groupbuy.delivery.service import MAX_TEXT
from groupbuy.flows import dispatching
from groupbuy.kernel.clock import utc_now
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.delivery import RouteLoad
from groupbuy.web.kit.asking import ask_first
from groupbuy.web.kit.forms import Boxes, PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l

# Rounds of which something is still to be received.
AWAITED = (RoundState.CLOSED, RoundState.ORDERED)


class LeaveForm(PageForm):
    """Which rounds a later vehicle brings."""

    later = Boxes(_l("Not on it, comes with a later vehicle"))


class CallBackForm(PageForm):
    """Why a route that was said to have left has not."""

    reason = StringField(_l("Why it has not left"), validators=[InputRequired(), Length(max=MAX_TEXT)])


class NotArrivedForm(PageForm):
    """Why goods that were said to be at a leader's are not."""

    reason = StringField(_l("Why they have not arrived"), validators=[InputRequired(), Length(max=MAX_TEXT)])


@blueprint.route("/delivery/routes/<int:route_id>/leave", methods=["GET", "POST"])
def delivery_leave(route_id: int) -> ResponseReturnValue:
    """Say what it means that a route leaves, and note it."""
    route = queries.get_route(route_id)
    form, back = _leave_form(route), url_for("admin.delivery_route", route_id=route_id)

    def store() -> None:
        later = form.data.get("later") or []
        dispatching.leave(route_id=route_id, now=utc_now(), actor=actor(), later=later)

    if form.validate_on_submit() and saving.stored(form, store):
        flash(_("%(route)s has left.", route=route.name), "ok")
        return redirect(back, 303)
    load = RouteLoad(route, brought.units_of_stops(route.day))
    return ask_first(
        "admin",
        _("Does %(route)s leave now?", route=route.name),
        [
            _(
                "%(stops)s stops with %(units)s units are on their way.",
                stops=len(route.stops),
                units=load.total,
            ),
            _("The stops cannot be moved any more; the leaders can sign for their goods."),
        ],
        deed=_("It leaves"),
        back=back,
        form=form,
    )


def _leave_form(route: DeliveryRoute) -> PageForm:
    """Ask for what is not on the vehicle where something has not been received yet."""
    rounds = brought.rounds_on(route)
    awaited = [one for one in rounds if one.state in AWAITED]
    if not awaited or len(rounds) == 1:
        return PageForm()
    form = LeaveForm()
    form.later.choices = [
        (one.name, _("%(round)s, not received yet", round=f"{one.title} {one.name}")) for one in awaited
    ]
    return form


@blueprint.route("/delivery/routes/<int:route_id>/call-back", methods=["GET", "POST"])
def delivery_call_back(route_id: int) -> ResponseReturnValue:
    """Ask why a route has not left after all, and note it."""
    route, form = queries.get_route(route_id), CallBackForm()

    def call_back(reason: str) -> None:
        dispatching.call_back(route_id=route_id, reason=reason, now=utc_now(), actor=actor())

    return _ask_why(
        form,
        call_back,
        _("Does %(route)s come back before its first stop?", route=route.name),
        [
            _("Its stops can be moved again, and the leaders can sign only once it leaves again."),
            _("Residents have been told that it left; they are not told again when it leaves."),
        ],
        deed=_("Call back"),
        done=_("Called back: the route stands in the yard again."),
        route_id=route_id,
    )


@blueprint.post("/delivery/stops/<int:stop_id>/arrive")
def delivery_arrive(stop_id: int) -> ResponseReturnValue:
    """Note that the goods are at a leader's."""
    stop = in_transaction(lambda: service.arrive(stop_id=stop_id, now=utc_now(), actor=actor().name))
    return redirect(url_for("admin.delivery_route", route_id=stop.route_id), 303)


@blueprint.route("/delivery/stops/<int:stop_id>/not-arrived", methods=["GET", "POST"])
def delivery_not_arrived(stop_id: int) -> ResponseReturnValue:
    """Ask why goods are not at a leader's after all, and note it."""
    stop, form = queries.get_stop(stop_id), NotArrivedForm()

    def take_back(reason: str) -> None:
        dispatching.take_arrival_back(stop_id=stop_id, reason=reason, now=utc_now(), actor=actor())

    return _ask_why(
        form,
        take_back,
        _("Have the goods for %(leader)s not arrived?", leader=stop.leader.name),
        [
            _("Residents have been told that their goods are there; they are not told again."),
            _("Reminders and the confirmation by itself count from the new arrival."),
        ],
        deed=_("Not arrived yet"),
        done=_("Taken back: these goods are on their way again."),
        route_id=stop.route_id,
    )


def _ask_why(
    form: CallBackForm | NotArrivedForm,
    take_back: Callable[[str], None],
    question: str,
    consequences: Sequence[str],
    *,
    deed: str,
    done: str,
    route_id: int,
) -> ResponseReturnValue:
    """Ask why something is taken back that was said by mistake, and take it back."""
    back = url_for("admin.delivery_route", route_id=route_id)
    if form.validate_on_submit() and saving.stored(form, lambda: take_back(form.reason.data or "")):
        flash(done, "ok")
        return redirect(back, 303)
    return ask_first("admin", question, consequences, deed=deed, back=back, form=form, danger=True)
