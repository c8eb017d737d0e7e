"""Settings: days without a market, where suppliers deliver to, and how this installation is set up."""

from types import SimpleNamespace

from flask import current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from wtforms import BooleanField, StringField
from wtforms.validators import InputRequired, Length, Optional

from groupbuy.campaigns import market
from groupbuy.campaigns.models import MarketClosedDay
from groupbuy.config import Settings
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import NotFound
from groupbuy.kernel.times import parse_date
from groupbuy.purchasing import approving, delivering
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.conflicts import SeenForm
from groupbuy.web.admin.fields import DayField
from groupbuy.web.degrees import DegreesField
from groupbuy.web.kit.filters import today
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l


class ClosedDayForm(PageForm):
    """A day without cut-offs."""

    day = DayField(_l("Day"), validators=[InputRequired()], render_kw={"type": "date"})
    reason = StringField(_l("Reason"), validators=[Length(max=60)])


class DeliveryForm(SeenForm):
    """Where suppliers deliver to."""

    address = StringField(
        _l("Delivery address"),
        validators=[Length(max=delivering.MAX_ADDRESS)],
        description=_l("Purchase orders name it as the place of delivery; empty leaves a line to fill in."),
    )
    latitude_e6 = DegreesField(
        _l("Latitude"),
        validators=[Optional()],
        description=_l("In degrees, such as 30.274100; proposed tours begin and end there."),
    )
    longitude_e6 = DegreesField(_l("Longitude"), validators=[Optional()])


class PurchasingForm(PageForm):
    """How purchase orders leave."""

    approve_first = BooleanField(
        _l("Approve every purchase order before it leaves"),
        description=_l("Orders of rounds that close from now on wait as drafts until they are approved."),
    )


@blueprint.route("/settings", methods=["GET", "POST"])
def settings() -> ResponseReturnValue:
    """Show the settings, and close the market on a day."""
    form = ClosedDayForm()

    def store() -> None:
        reason = saving.texts(form, "reason")["reason"]
        if form.day.data is not None:
            market.close_market(day=form.day.data, reason=reason, now=utc_now(), actor=actor().name)

    if form.validate_on_submit() and saving.stored(form, store):
        flash(_("The market is closed on that day; rounds planned already stay."), "ok")
        return redirect(url_for("admin.settings"), 303)
    return _page(form, DeliveryForm(formdata=None, obj=_delivery()))


@blueprint.post("/settings/delivery")
def settings_delivery() -> ResponseReturnValue:
    """Set where suppliers deliver to."""
    form = DeliveryForm()

    def store() -> None:
        now, who = utc_now(), actor().name
        delivering.set_delivery_place(address=form.address.data or "", now=now, actor=who)
        delivering.set_depot(
            latitude_e6=form.latitude_e6.data, longitude_e6=form.longitude_e6.data, now=now, actor=who
        )

    if form.validate_on_submit() and saving.stored(form, store, stands=_delivery):
        flash(_("Saved."), "ok")
        return redirect(url_for("admin.settings"), 303)
    return _page(ClosedDayForm(formdata=None), form)


@blueprint.post("/settings/purchasing")
def settings_purchasing() -> ResponseReturnValue:
    """Choose whether purchase orders are approved before they leave."""
    form = PurchasingForm()

    def store() -> None:
        approving.set_approve_first(wanted=bool(form.approve_first.data), now=utc_now(), actor=actor().name)

    if form.validate_on_submit() and saving.stored(form, store):
        flash(_("Saved."), "ok")
    return redirect(url_for("admin.settings"), 303)


def _page(form: ClosedDayForm, delivery: DeliveryForm) -> ResponseReturnValue:
    clash = saving.conflict_of(delivery, _delivery)
    days = select(MarketClosedDay).where(MarketClosedDay.day >= today()).order_by(MarketClosedDay.day)
    page = render_template(
        "admin/settings.html",
        form=form,
        delivery=delivery,
        purchasing=PurchasingForm(formdata=None, approve_first=approving.approve_first()),
        days=db.session.scalars(days).all(),
        settings=_settings(),
        conflict=clash,
    )
    return page, 409 if clash is not None else 422 if form.errors or delivery.errors else 200


def _delivery() -> SimpleNamespace:
    latitude_e6, longitude_e6 = delivering.depot() or (None, None)
    return SimpleNamespace(
        address=delivering.delivery_place(), latitude_e6=latitude_e6, longitude_e6=longitude_e6
    )


def _settings() -> Settings:
    stored: Settings = current_app.extensions["groupbuy_settings"]
    return stored


@blueprint.post("/settings/closed/<day>/open")
def settings_open(day: str) -> ResponseReturnValue:
    """Let the market be open on a day again."""
    try:
        chosen = parse_date(day)
    except ValueError as error:
        raise NotFound("unknown_day", "There is no such day.") from error
    who = actor().name
    in_transaction(lambda: market.open_market(day=chosen, now=utc_now(), actor=who))
    flash(_("The market is open on that day."), "ok")
    return redirect(url_for("admin.settings"), 303)
