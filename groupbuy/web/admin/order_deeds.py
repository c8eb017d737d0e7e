"""What an operator does to an order: mark it paid, change its goods, cancel it with a reason."""

from collections.abc import Sequence

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import FieldList, Form, FormField, HiddenField, StringField
from wtforms.validators import InputRequired, Length

from groupbuy.campaigns.queries import OfferForLeader, offers_for_leader
from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import bringing, ordering
from groupbuy.flows.ordering import Wish
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.kernel.money import format_yuan
from groupbuy.orders.carriage import MAX_CARRIER, MAX_TRACKING, carriage_of
from groupbuy.orders.models import Order
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.fields import WholeField, optional
from groupbuy.web.admin.orders import my_order
from groupbuy.web.admin.round_deeds import ReasonForm
from groupbuy.web.keeping_aside import aside_page, end_aside
from groupbuy.web.kit.asking import ask_first
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import ngettext, translate_sentence


class LineForm(Form):  # type: ignore[misc]  # WTForms ships no types.
    """How much of one product."""

    class Meta(PageForm.Meta):
        csrf = False

    code = HiddenField()
    quantity = WholeField(_l("Quantity"), validators=optional())


class ChangeForm(PageForm):
    """The whole new list of an order."""

    lines = FieldList(FormField(LineForm), max_entries=1000)
    remark = StringField(_l("Remark"), validators=[Length(max=200)])


class ParcelForm(PageForm):
    """Which courier has an order."""

    carrier = StringField(_l("Courier"), validators=[InputRequired(), Length(max=MAX_CARRIER)])
    tracking_no = StringField(_l("Tracking number"), validators=[InputRequired(), Length(max=MAX_TRACKING)])


def _page(number: str) -> str:
    return url_for("admin.orders_detail", number=number)


@blueprint.post("/orders/<number>/paid")
def orders_paid(number: str) -> ResponseReturnValue:
    """Mark an order paid in full."""
    in_transaction(lambda: ordering.mark_paid(order=my_order(number), now=utc_now(), actor=actor()))
    flash(_("The order is marked paid."), "ok")
    return redirect(_page(number), 303)


@blueprint.post("/orders/<number>/approve")
def orders_approve(number: str) -> ResponseReturnValue:
    """Approve an order that waited for a review."""
    in_transaction(lambda: ordering.approve_order(order=my_order(number), now=utc_now(), actor=actor()))
    flash(_("The order is approved."), "ok")
    return redirect(_page(number), 303)


@blueprint.route("/orders/<number>/parcel", methods=["GET", "POST"])
def orders_parcel(number: str) -> ResponseReturnValue:
    """Note which courier has an order, and under which number."""
    order = my_order(number)
    form = ParcelForm(obj=carriage_of(order.id))

    def store() -> None:
        bringing.hand_to_courier(
            order=my_order(number),
            carrier=form.carrier.data or "",
            tracking_no=form.tracking_no.data or "",
            now=utc_now(),
            actor=actor(),
        )

    title = _("Order %(number)s by courier", number=number)
    return saving.answer(form, store, title=title, back=(_page(number), _("Order")))


@blueprint.route("/orders/<number>/aside", methods=["GET", "POST"])
def orders_aside(number: str) -> ResponseReturnValue:
    """Keep an order aside at its pickup point until a day."""
    back = (_page(number), _("Order"))
    return aside_page(my_order(number), back=back, template="admin/form.html", actor=actor())


@blueprint.post("/orders/<number>/aside/end")
def orders_aside_end(number: str) -> ResponseReturnValue:
    """Keep an order aside no longer."""
    return end_aside(my_order(number), back=_page(number), actor=actor())


@blueprint.route("/orders/<number>/cancel", methods=["GET", "POST"])
def orders_cancel(number: str) -> ResponseReturnValue:
    """Say what cancelling gives back, and do it with a reason."""
    order = my_order(number)
    form = ReasonForm()
    if form.validate_on_submit():
        in_transaction(
            lambda: ordering.cancel_order(
                order=my_order(number), reason=form.reason.data or "", now=utc_now(), actor=actor()
            )
        )
        flash(_("The order has been cancelled."), "ok")
        return redirect(_page(number), 303)
    units = sum(line.quantity for line in order.lines)
    sentences = [
        ngettext("%(num)s unit goes back into stock.", "%(num)s units go back into stock.", units),
        _("%(amount)s that was paid is owed back.", amount=format_yuan(order.paid_fen)),
        _("The resident sees the reason. This cannot be undone."),
    ]
    return ask_first(
        "admin",
        _("Cancel order %(number)s?", number=number),
        sentences,
        deed=_("Cancel the order"),
        back=_page(number),
        form=form,
        danger=True,
    )


@blueprint.route("/orders/<number>/change", methods=["GET", "POST"])
def orders_change(number: str) -> ResponseReturnValue:
    """Change the quantities of an order; the stock follows."""
    order = my_order(number)
    offered = offers_for_leader(round_id=order.round_id, leader_id=order.leader_id)
    form = ChangeForm(data=_filled(order, offered))
    if form.validate_on_submit() and _change(form, number):
        flash(_("The order has been changed; the stock has followed."), "ok")
        return redirect(_page(number), 303)
    ids = [offer.product_id for offer in offered]
    products = {product.code: product for product in db.session.query(Product).filter(Product.id.in_(ids))}
    prices = {offer.product_code: offer.price_fen for offer in offered}
    page = render_template(
        "admin/order_change.html", order=order, form=form, products=products, prices=prices
    )
    return page, 422 if form.errors else 200


def _filled(order: Order, offered: Sequence[OfferForLeader]) -> dict[str, object]:
    held = {line.offer_id: line.quantity for line in order.lines}
    lines = [{"code": offer.product_code, "quantity": held.get(offer.offer_id)} for offer in offered]
    return {"lines": lines, "remark": order.remark or ""}


def _change(form: ChangeForm, number: str) -> bool:
    wishes = [Wish(row.code.data, row.quantity.data) for row in form.lines if row.quantity.data]
    try:
        in_transaction(
            lambda: ordering.change_order(
                order=my_order(number), wishes=wishes, now=utc_now(), actor=actor(), remark=form.remark.data
            )
        )
    except GroupbuyError as error:
        form.form_errors.append(_with_product(error, wishes))
        return False
    return True


def _with_product(error: GroupbuyError, wishes: Sequence[Wish]) -> str:
    """Return the sentence of an error, with the code of the product at fault in front."""
    sentence = translate_sentence(error.message)
    place = (error.param or "").partition("[")[2].partition("]")[0]
    if place.isdigit() and int(place) < len(wishes):
        return f"{wishes[int(place)].product_code}: {sentence}"
    return sentence
