"""A leader changes the lines of a resident's order until the cut-off."""

from collections.abc import Mapping

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import StringField
from wtforms.validators import Length

from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import ordering
from groupbuy.flows.ordering import MAX_REMARK
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.orders.doors import door_of
from groupbuy.orders.models import Order
from groupbuy.pickup.rules import door
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import translate_sentence
from groupbuy.web.leader.blueprint import blueprint, for_leaders
from groupbuy.web.leader.orders import can_change, my_order
from groupbuy.web.resident import quantities
from groupbuy.web.resident.order_goods import cards_of, held_by, shelf_of, wishes_of


class LinesForm(PageForm):
    """The rest of an order beside its quantities."""

    remark = StringField(_l("Remark"), validators=[Length(max=MAX_REMARK)])


@blueprint.get("/orders/<number>/change")
@for_leaders
def orders_change(number: str) -> ResponseReturnValue:
    """Show an order with all goods of its round."""
    order = my_order(number)
    if not can_change(order, utc_now()):
        flash(_("This order can no longer be changed."), "wait")
        return redirect(url_for("leader.orders_show", number=number), 303)
    return _page(order, LinesForm(remark=order.remark), held_by(order))


def _page(
    order: Order, form: LinesForm, wanted: Mapping[int, int], failure: str = "", status: int = 200
) -> ResponseReturnValue:
    cards = cards_of(order, wanted)
    page = render_template(
        "leader/order_change.html",
        order=order,
        door=door(*door_of(order)),
        form=form,
        failure=failure,
        cards=cards,
        total_fen=sum(one.price_fen * one.quantity for one in cards),
        pieces=sum(one.quantity for one in cards),
    )
    return page, status


@blueprint.post("/orders/<number>/change")
@for_leaders
def orders_change_post(number: str) -> ResponseReturnValue:
    """Change the order; without JavaScript − and + only show the new quantities."""
    order, form = my_order(number), LinesForm()
    shelf = shelf_of(order)
    wanted = quantities.from_form(request.form, shelf)
    if "go" not in request.form:
        return _page(order, form, wanted)
    if not form.validate():
        return _page(order, form, wanted, status=422)
    if not any(wanted.values()):
        return _page(order, form, wanted, _("To take everything out, cancel the order."), 422)
    wishes, remark = wishes_of(wanted, shelf), form.remark.data or ""
    try:
        in_transaction(
            lambda: ordering.change_order(
                order=my_order(number), wishes=wishes, now=utc_now(), actor=signed_in().actor, remark=remark
            )
        )
    except GroupbuyError as error:
        db.session.expire_all()
        return _page(my_order(number), form, wanted, translate_sentence(error.message), error.status)
    flash(_("The order has been changed; the stock has followed."), "ok")
    return redirect(url_for("leader.orders_show", number=number), 303)
