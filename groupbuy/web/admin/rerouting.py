"""A leader falls ill: another one hands out the bags of a day; what it moves is shown before it is done."""

from datetime import date

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from wtforms import BooleanField, SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length

from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.delivery import queries
from groupbuy.delivery.rerouting import get_reroute, reroutes_of
from groupbuy.flows import rerouting
from groupbuy.flows.rerouting import MAX_REASON, Moving
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError, NotFound
from groupbuy.kernel.sorting import natural_key
from groupbuy.kernel.times import parse_date
from groupbuy.leaders.models import Leader
from groupbuy.leaders.queries import get_leader
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import translate_sentence


class RerouteForm(PageForm):
    """Whose bags go to whom, and why."""

    from_leader = SelectField(_l("Leader who is away"), validators=[InputRequired()])
    to_leader = SelectField(_l("Leader who hands out instead"), validators=[InputRequired()])
    reason = StringField(
        _l("Reason, shown to residents"), validators=[InputRequired(), Length(max=MAX_REASON)]
    )
    confirmed = BooleanField(_l("Yes, this pickup point takes so many bags on this day."))


@blueprint.route("/delivery/days/<text>/reroute", methods=["GET", "POST"])
def delivery_reroute(text: str) -> ResponseReturnValue:
    """Show what re-routing a leader's bags of a day moves, do it, and list what was re-routed."""
    day, form = _day(text), RerouteForm()
    form.from_leader.choices = [_choice(one) for one in queries.leaders_of_day(day)]
    form.to_leader.choices = [_choice(one) for one in _active()]

    def store() -> None:
        rerouting.reroute(
            day=day,
            old=get_leader(form.from_leader.data),
            new=get_leader(form.to_leader.data),
            reason=form.reason.data or "",
            now=utc_now(),
            actor=actor(),
            confirmed=bool(form.confirmed.data),
        )

    sent = form.validate_on_submit()
    if sent and "go" in request.form and saving.stored(form, store):
        flash(_("Done; everybody concerned is told."), "ok")
        return redirect(request.path, 303)
    page = render_template(
        "admin/delivery_reroute.html",
        day=day,
        form=form,
        moving=_moving(form, day) if sent and not form.form_errors else None,
        reroutes=reroutes_of(day),
    )
    return page, 422 if form.errors else 200


def _day(text: str) -> date:
    try:
        return parse_date(text)
    except ValueError as error:
        raise NotFound("unknown_day", "There is no such day.") from error


def _choice(leader: Leader) -> SelectChoice:
    return SelectChoice(leader.code, f"{leader.code} {leader.name}")


def _active() -> list[Leader]:
    found = db.session.scalars(select(Leader).where(Leader.state == "active"))
    return sorted(found, key=lambda leader: natural_key(leader.code))


def _moving(form: RerouteForm, day: date) -> Moving | None:
    try:
        return rerouting.preview(
            day=day, old=get_leader(form.from_leader.data), new=get_leader(form.to_leader.data)
        )
    except GroupbuyError as error:
        saving.blame(form, error)
        return None


@blueprint.post("/delivery/reroutes/<int:reroute_id>/undo")
def delivery_reroute_undo(reroute_id: int) -> ResponseReturnValue:
    """Give the bags back that have not been handed out."""
    day = get_reroute(reroute_id).day
    try:
        in_transaction(lambda: rerouting.undo(reroute_id=reroute_id, now=utc_now(), actor=actor()))
        flash(_("Done; everybody concerned is told."), "ok")
    except GroupbuyError as error:
        flash(translate_sentence(error.message), "bad")
    return redirect(url_for("admin.delivery_reroute", text=day.isoformat()), 303)
