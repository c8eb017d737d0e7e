"""The cart's page: change it, and order what is in it."""

import secrets
from collections.abc import Mapping

from flask import flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from wtforms import TextAreaField
from wtforms.validators import Length

from groupbuy.campaigns import storefront
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import naming_tolerances
from groupbuy.flows.ordering import MAX_REMARK
from groupbuy.kernel.clock import utc_now
from groupbuy.orders import carts
from groupbuy.orders.models import Order
from groupbuy.web.kit.forms import KeyedForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.resident import quantities
from groupbuy.web.resident.blueprint import blueprint
from groupbuy.web.resident.buyer import Buyer, the_buyer
from groupbuy.web.resident.cart_view import read_cart
from groupbuy.web.resident.checkout import Submission, orders_of, place
from groupbuy.web.signin import visit

MAX_ID = 16


class CheckoutForm(KeyedForm):
    """Order what is in the cart."""

    remark = TextAreaField(_l("Remark for your leader"), validators=[Length(max=MAX_REMARK)])


@blueprint.get("/cart")
def cart() -> ResponseReturnValue:
    """Show the cart."""
    buyer = the_buyer()
    return _page(buyer, CheckoutForm(remark=session.get(visit.REMARK, "")), _kept(buyer))


def _kept(buyer: Buyer) -> dict[int, int]:
    return carts.cart_of(buyer.cart_owner) if buyer.cart_owner else {}


def _more(buyer: Buyer) -> dict[int, int]:
    return carts.more_in(buyer.cart_owner) if buyer.cart_owner else {}


def _page(
    buyer: Buyer,
    form: CheckoutForm,
    wanted: Mapping[int, int],
    *,
    failures: Mapping[int, str] | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    page = render_template(
        "resident/cart.html",
        buyer=buyer,
        form=form,
        cart=read_cart(buyer, wanted, utc_now(), more=_more(buyer)),
        most_more=naming_tolerances.MOST,
        failures=failures or {},
        stopped=status == 409,
    )
    return page, status


@blueprint.post("/cart")
def cart_post() -> ResponseReturnValue:
    """Keep the quantities; with ``go`` order them, or lead a guest to sign in first."""
    buyer, form = the_buyer(), CheckoutForm()
    going = "go" in request.form
    if going and (orders := orders_of(buyer, Submission.from_request())):
        return _thank(orders)
    if going and _is_gone(buyer):
        flash(_("This cart has been ordered or emptied in another window."), "wait")
        return redirect(url_for("resident.orders"), 303)
    wanted = _keep(buyer)
    session[visit.REMARK] = form.remark.data or ""
    if not going:
        return ("", 204) if "quiet" in request.form else redirect(url_for("resident.cart"), 303)
    if buyer.resident is None:
        place_ = "signin.sign_in" if buyer.identity is None else "signin.choose_role"
        return redirect(url_for(place_, next=url_for("resident.cart")), 303)
    if not form.validate():
        return _page(buyer, form, wanted, status=422)
    return _order(buyer, form, wanted)


def _is_gone(buyer: Buyer) -> bool:
    """Tell whether nothing that a resident's page shows is in the cart any more: another tab was first."""
    return buyer.resident is not None and not set(quantities.offers_in(request.form)) & set(_kept(buyer))


def _keep(buyer: Buyer) -> dict[int, int]:
    """Keep what the page sent in the cart, beside what other pages have put there; return it all."""
    owner = buyer.cart_owner or f"guest:{visit.visit_secret()}"
    # Whose price it is does not matter here, only that the offers exist.
    leader_id = buyer.leader.id if buyer.leader else 0
    shelf = storefront.goods_by_id(offer_ids=quantities.offers_in(request.form), leader_id=leader_id)
    sent = quantities.from_form(request.form, shelf)
    removed = request.form.get("remove", "")

    def store() -> None:
        carts.put(owner=owner, quantities=sent, now=utc_now())
        carts.take_more(owner=owner, units=quantities.more_in(request.form))
        if removed.isascii() and removed.isdigit() and len(removed) < MAX_ID:
            carts.remove(owner=owner, offer_ids=[int(removed)])

    in_transaction(store)
    return _kept(buyer)


def _order(buyer: Buyer, form: CheckoutForm, wanted: Mapping[int, int]) -> ResponseReturnValue:
    submission = Submission.from_request()
    outcome = place(buyer, submission, wanted, remark=form.remark.data or None)
    if outcome.failures or not outcome.orders:
        if again := orders_of(buyer, submission) if not outcome.orders else []:
            return _thank(again)
        for order in outcome.orders:
            flash(_("Order %(number)s is placed.", number=order.number), "ok")
        # What was placed has used the old key up.
        form.submission_key.data = secrets.token_urlsafe(16)
        return _page(buyer, form, _kept(buyer), failures=outcome.failures, status=409)
    return _thank(outcome.orders)


def _thank(orders: list[Order]) -> ResponseReturnValue:
    session.pop(visit.REMARK, None)
    if len(orders) == 1:
        return redirect(url_for("resident.order", number=orders[0].number, placed=1), 303)
    flash(_("%(count)s orders are placed, one for each round.", count=len(orders)), "ok")
    return redirect(url_for("resident.orders"), 303)
