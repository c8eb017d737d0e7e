"""Changing and cancelling an order until the cut-off."""

from collections.abc import Mapping

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import TextAreaField
from wtforms.validators import Length

from groupbuy.db.transaction import in_transaction
from groupbuy.flows import bringing, delaying, ordering
from groupbuy.flows.ordering import MAX_REMARK
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.orders.models import Order
from groupbuy.web.kit.asking import ask_first
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.resident.blueprint import blueprint, for_residents
from groupbuy.web.resident.order_goods import change_lines, figures, held_by
from groupbuy.web.resident.orders import own_order
from groupbuy.web.resident.timeline import progress_of


class ChangeForm(PageForm):
    """Give an order other quantities and another remark."""

    remark = TextAreaField(_l("Remark for your leader"), validators=[Length(max=MAX_REMARK)])


class CancelForm(PageForm):
    """Cancel an order."""


@blueprint.get("/orders/<number>/change")
@for_residents
def order_change(number: str) -> ResponseReturnValue:
    """Show an order with all goods of its round."""
    order = own_order(number)
    if not progress_of(order, utc_now()).can_change:
        flash(_("The cut-off has passed; this order can no longer be changed."), "wait")
        return redirect(url_for("resident.order", number=number), 303)
    return _page(order, ChangeForm(remark=order.remark), held_by(order))


def _page(
    order: Order, form: ChangeForm, wanted: Mapping[int, int], failure: str = "", status: int = 200
) -> ResponseReturnValue:
    shown = figures(order, wanted)
    page = render_template("resident/order_change.html", order=order, form=form, failure=failure, **shown)
    return page, status


@blueprint.post("/orders/<number>/change")
@for_residents
def order_change_post(number: str) -> ResponseReturnValue:
    """Change the order."""
    form = ChangeForm()
    refusal = change_lines(
        find=lambda: own_order(number),
        form=form,
        remark=lambda: form.remark.data or "",
        page=lambda order, wanted, failure, status: _page(order, form, wanted, failure, status),
    )
    if refusal is not None:
        return refusal
    flash(_("Your order has been changed."), "ok")
    return redirect(url_for("resident.order", number=number), 303)


@blueprint.get("/orders/<number>/cancel")
@for_residents
def order_cancel(number: str) -> ResponseReturnValue:
    """Ask before cancelling, and say what it will do."""
    order = own_order(number)
    if not progress_of(order, utc_now()).can_change:
        return redirect(url_for("resident.order", number=number), 303)
    consequences = [
        _("All goods of this order go back on sale; somebody else may take them."),
        _("What you have paid is paid back.") if order.paid_fen else _("Nothing is to be paid."),
    ]
    return ask_first(
        "resident",
        _("Cancel this order?"),
        consequences,
        deed=_("Cancel the order"),
        back=url_for("resident.order", number=number),
        form=CancelForm(),
        action=url_for("resident.order_cancel_post", number=number),
        danger=True,
    )


@blueprint.post("/orders/<number>/cancel")
@for_residents
def order_cancel_post(number: str) -> ResponseReturnValue:
    """Cancel the order."""
    in_transaction(
        lambda: ordering.cancel_order(
            order=own_order(number), reason="by_resident", now=utc_now(), actor=signed_in().actor
        )
    )
    flash(_("The order is cancelled."), "ok")
    return redirect(url_for("resident.order", number=number), 303)


@blueprint.post("/orders/<number>/way")
@for_residents
def order_way(number: str) -> ResponseReturnValue:
    """Let the leader bring the order to the door, or fetch it."""
    to_door = request.form.get("way") == "door"
    in_transaction(
        lambda: bringing.choose(
            order=own_order(number), to_door=to_door, now=utc_now(), actor=signed_in().actor
        )
    )
    flash(_("It is brought to your door.") if to_door else _("You fetch it."), "ok")
    return redirect(url_for("resident.order", number=number), 303)


@blueprint.route("/orders/<number>/free-cancel", methods=["GET", "POST"])
@for_residents
def order_free_cancel(number: str) -> ResponseReturnValue:
    """Cancel an order whose goods are late, free of charge."""
    order, back = own_order(number), url_for("resident.order", number=number)
    form = CancelForm()
    if form.validate_on_submit():
        in_transaction(
            lambda: delaying.cancel_delayed(order=own_order(number), now=utc_now(), actor=signed_in().actor)
        )
        flash(_("The order is cancelled."), "ok")
        return redirect(back, 303)
    if not delaying.can_cancel(order):
        return redirect(back, 303)
    return ask_first(
        "resident",
        _("Cancel this order?"),
        [
            _("Its goods are late, so cancelling costs nothing."),
            _("What you have paid is paid back.") if order.paid_fen else _("Nothing is to be paid."),
        ],
        deed=_("Cancel the order"),
        back=back,
        form=form,
        danger=True,
    )
