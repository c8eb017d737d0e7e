"""Goods that come on another day than the rest: of one order, or a product for everybody (拆单)."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import SelectField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired

from groupbuy.campaigns import queries as campaigns
from groupbuy.campaigns.heads import goods_of_round
from groupbuy.campaigns.models import Round
from groupbuy.flows import splitting
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.orders.splitting import lines_to_deliver
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.fields import DayField
from groupbuy.web.admin.orders import my_order
from groupbuy.web.kit.filters import day
from groupbuy.web.kit.forms import Boxes, PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import ngettext


class SplitForm(PageForm):
    """Which goods of an order come on which other day."""

    product_codes = Boxes(_l("Goods that come on another day"), choices=[])
    pickup_date = DayField(_l("New pickup day"), validators=[InputRequired()], render_kw={"type": "date"})


class LaterForm(PageForm):
    """Which product of a round comes on which other day."""

    product_code = SelectField(_l("Product"), validators=[InputRequired()])
    pickup_date = DayField(_l("New pickup day"), validators=[InputRequired()], render_kw={"type": "date"})


@blueprint.route("/orders/<number>/split", methods=["GET", "POST"])
def orders_split(number: str) -> ResponseReturnValue:
    """Let goods of an order come on another day; the rest does not wait."""
    order, form = my_order(number), SplitForm()
    form.product_codes.choices = [
        SelectChoice(line.offer.product.code, f"{line.offer_version.name} × {line.quantity}")
        for line in lines_to_deliver(order)
    ]

    def store() -> None:
        if form.pickup_date.data is None:
            return
        splitting.split_order(
            order=my_order(number),
            product_codes=form.product_codes.data or [],
            day=form.pickup_date.data,
            now=utc_now(),
            actor=actor(),
        )

    return saving.answer(
        form,
        store,
        title=_("Split order %(number)s", number=number),
        back=(url_for("admin.orders_detail", number=number), number),
        deed=_("Split the order"),
        done=_("Done; the resident is told the day and the code."),
    )


@blueprint.route("/rounds/<name>/later", methods=["GET", "POST"])
def campaigns_round_later(name: str) -> ResponseReturnValue:
    """Let a product of a closed round come on another day for everybody; first show whom it touches."""
    round_, form = campaigns.get_round(name), LaterForm()
    goods = sorted(goods_of_round(round_.id).values(), key=lambda one: one.rank)
    form.product_code.choices = [SelectChoice(one.code, f"{one.code} {one.label}") for one in goods]
    back = url_for("admin.campaigns_round", name=name)

    def store() -> None:
        if form.pickup_date.data is None:
            return
        splitting.deliver_later(
            round_=campaigns.get_round(name),
            product_code=form.product_code.data,
            day=form.pickup_date.data,
            now=utc_now(),
            actor=actor(),
        )

    if form.validate_on_submit() and "go" in request.form and saving.stored(form, store):
        flash(_("Done; everybody concerned is told."), "ok")
        return redirect(back, 303)
    page = render_template(
        "admin/round_later.html", form=form, round=round_, effect=_effect(form, round_), back=back
    )
    return page, 422 if form.errors else 200


def _effect(form: LaterForm, round_: Round) -> list[str]:
    """Return what the deed would do, sentence by sentence; nothing before a product and a day are chosen."""
    if form.errors or form.pickup_date.data is None:
        return [_("The pickup day now: %(day)s", day=day(round_.pickup_date))]
    try:
        later = splitting.preview(
            round_=round_, product_code=form.product_code.data, day=form.pickup_date.data
        )
    except GroupbuyError as error:
        saving.blame(form, error)
        return []
    return [
        ngettext(
            "%(num)s order is split: the rest is handed out as planned.",
            "%(num)s orders are split: the rest is handed out as planned.",
            later.split,
        ),
        ngettext(
            "%(num)s order has nothing else and moves as a whole.",
            "%(num)s orders have nothing else and move as a whole.",
            later.moved,
        ),
        ngettext(
            "%(num)s order stays: its goods have left, or something about it is being decided.",
            "%(num)s orders stay: their goods have left, or something about them is being decided.",
            later.kept,
        ),
        _("%(units)s units come on the new day; each resident is told once.", units=later.units),
    ]
