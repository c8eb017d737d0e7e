"""Changing and cancelling an order until the cut-off."""

from collections.abc import Mapping, Sequence

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import TextAreaField
from wtforms.validators import Length

from groupbuy.campaigns import storefront
from groupbuy.campaigns.storefront import Goods
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import ordering
from groupbuy.flows.ordering import MAX_REMARK, Wish
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.orders.models import Order
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import translate_sentence
from groupbuy.web.resident import quantities
from groupbuy.web.resident.blueprint import blueprint, for_residents
from groupbuy.web.resident.cards import card
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
    return _page(order, ChangeForm(remark=order.remark), _held(order))


def _held(order: Order) -> dict[int, int]:
    return {line.offer_id: line.quantity for line in order.lines}


def _shelf(order: Order) -> Sequence[Goods]:
    """Return the goods of the order's round, those of the order itself first."""
    held = _held(order)
    shelf = storefront.goods_of_rounds(
        round_ids=[order.round_id], leader_id=order.leader_id, resident_id=order.resident_id
    )
    return sorted(shelf, key=lambda goods: goods.offer_id not in held)


def _page(
    order: Order, form: ChangeForm, wanted: Mapping[int, int], *, failure: str = "", status: int = 200
) -> ResponseReturnValue:
    held = _held(order)
    cards = [
        card(goods, quantity=wanted.get(goods.offer_id, 0), held=held.get(goods.offer_id, 0))
        for goods in _shelf(order)
    ]
    page = render_template(
        "resident/order_change.html",
        order=order,
        form=form,
        failure=failure,
        cards=cards,
        total_fen=sum(one.price_fen * one.quantity for one in cards),
        pieces=sum(one.quantity for one in cards),
    )
    return page, status


@blueprint.post("/orders/<number>/change")
@for_residents
def order_change_post(number: str) -> ResponseReturnValue:
    """Change the order; without JavaScript − and + only show the new quantities."""
    order, form = own_order(number), ChangeForm()
    shelf = _shelf(order)
    wanted = quantities.from_form(request.form, shelf)
    if "go" not in request.form:
        return _page(order, form, wanted)
    if not form.validate():
        return _page(order, form, wanted, status=422)
    if not any(wanted.values()):
        return _page(order, form, wanted, failure=_("To take everything out, cancel the order."), status=422)
    codes = {goods.offer_id: goods.product_code for goods in shelf}
    wishes = [Wish(codes[offer_id], quantity) for offer_id, quantity in wanted.items() if quantity]
    try:
        in_transaction(
            lambda: ordering.change_order(
                order=own_order(number),
                wishes=wishes,
                now=utc_now(),
                actor=signed_in().actor,
                remark=form.remark.data or "",
            )
        )
    except GroupbuyError as error:
        return _page(
            own_order(number), form, wanted, failure=translate_sentence(error.message), status=error.status
        )
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
    return render_template(
        "confirm.html",
        layout="resident/base.html",
        question=_("Cancel this order?"),
        consequences=consequences,
        action=url_for("resident.order_cancel_post", number=number),
        deed=_("Cancel the order"),
        back=url_for("resident.order", number=number),
        danger=True,
        form=CancelForm(),
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
