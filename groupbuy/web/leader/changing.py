"""A leader changes the lines of a resident's order until the cut-off."""

from collections.abc import Mapping

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import StringField
from wtforms.validators import Length

from groupbuy.flows.ordering import MAX_REMARK
from groupbuy.kernel.clock import utc_now
from groupbuy.orders.doors import door_of
from groupbuy.orders.models import Order
from groupbuy.pickup.rules import door
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.leader.blueprint import blueprint, for_leaders
from groupbuy.web.leader.orders import can_change, my_order
from groupbuy.web.resident.order_goods import change_lines, figures, held_by


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
    page = render_template(
        "leader/order_change.html",
        order=order,
        door=door(*door_of(order)),
        form=form,
        failure=failure,
        **figures(order, wanted),
    )
    return page, status


@blueprint.post("/orders/<number>/change")
@for_leaders
def orders_change_post(number: str) -> ResponseReturnValue:
    """Change the order."""
    form = LinesForm()
    refusal = change_lines(
        find=lambda: my_order(number),
        form=form,
        remark=lambda: form.remark.data or "",
        page=lambda order, wanted, failure, status: _page(order, form, wanted, failure, status),
    )
    if refusal is not None:
        return refusal
    flash(_("The order has been changed; the stock has followed."), "ok")
    return redirect(url_for("leader.orders_show", number=number), 303)
