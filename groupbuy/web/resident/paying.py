"""Paying an order through a channel: the choice, the wait, and what became of it."""

from datetime import datetime

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from wtforms import BooleanField, RadioField
from wtforms.validators import InputRequired

from groupbuy.db.transaction import in_transaction
from groupbuy.documents.qr import code_of
from groupbuy.finance.queries import available
from groupbuy.finance.rules import wallet
from groupbuy.flows import paying
from groupbuy.http import charging as at_channel
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError, NotFound
from groupbuy.orders.models import Order
from groupbuy.orders.rules import OrderState
from groupbuy.payments import charging
from groupbuy.payments.models import ChannelPayment
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import translate_sentence
from groupbuy.web.resident.blueprint import blueprint, for_residents
from groupbuy.web.resident.orders import own_order
from groupbuy.web.resident.ways import Choice, choices


class PayForm(PageForm):
    """How an order is paid."""

    from_wallet = BooleanField(_l("Use the wallet first"))
    way = RadioField(_l("Pay with"), validators=[InputRequired(_l("Choose how to pay."))])


def ways_of_form(form: PageForm) -> dict[str, Choice]:
    """Let a form offer the ways that this browser can take; return them by their values."""
    found = {choice.value: choice for choice in choices(signed_in().account_id)}
    form["way"].choices = [(choice.value, choice.label) for choice in found.values()]
    if form["way"].data is None and found:
        form["way"].data = next(iter(found))
    return found


@blueprint.route("/orders/<number>/pay", methods=["GET", "POST"])
@for_residents
def order_pay_online(number: str) -> ResponseReturnValue:
    """Choose how to pay an order, and begin to."""
    order, form = own_order(number), PayForm()
    ways = ways_of_form(form)
    if not ways:
        raise NotFound("unknown_channel", "There is no such channel.")
    if form.validate_on_submit():
        try:
            return _begin(order, ways[form.way.data], from_wallet=bool(form.from_wallet.data))
        except GroupbuyError as error:
            form.form_errors.append(translate_sentence(error.message))
    balance = available(wallet(own_order(number).resident_id))
    page = render_template("resident/pay.html", order=own_order(number), form=form, balance=balance)
    return page, 422 if form.errors else 200


def _begin(order: Order, choice: Choice, *, from_wallet: bool) -> ResponseReturnValue:
    number = order.number
    payment = in_transaction(
        lambda: paying.pay_order(
            order=own_order(number),
            way=choice.way,
            from_wallet=from_wallet,
            now=utc_now(),
            actor=signed_in().actor,
        )
    )
    if payment is None:
        return redirect(url_for("resident.order", number=number), 303)
    return open_and_show(payment.number)


def open_and_show(number: str) -> ResponseReturnValue:
    """Open a payment at its channel, which happens between two transactions, and go to its page."""
    back = url_for("resident.payment", number=number)
    at_channel.open_payment(number, back=back)
    return redirect(back, 303)


def own_payment(number: str) -> ChannelPayment:
    """Return one of the asker's own payments; raise NotFound, also for another's."""
    return charging.get_payment(number, resident_ids=signed_in().resident_ids)


@blueprint.get("/payments/<number>")
@for_residents
def payment(number: str) -> ResponseReturnValue:
    """Show what to do next, or what became of a payment."""
    found = own_payment(number)
    action = found.action or {}
    # A code of squares, drawn by us from whatever the channel says.
    qr = Markup(code_of(action["text"]).svg_inline(border=2, omitsize=True)) if "text" in action else None  # noqa: S704 - as above
    now = utc_now()
    return render_template(
        "resident/payment.html",
        payment=found,
        action=action,
        qr=qr,
        over=found.expires_at <= now,
        payable=found.order is not None and _waits_for_money(found.order, now),
    )


def _waits_for_money(order: Order, now: datetime) -> bool:
    in_time = order.expires_at is None or order.expires_at > now
    return order.state == OrderState.AWAITING_PAYMENT and in_time


@blueprint.post("/payments/<number>/look")
@for_residents
def payment_look(number: str) -> ResponseReturnValue:
    """Ask the channel how far a payment is."""
    if own_payment(number).state in charging.OPEN:
        at_channel.look(number)
    return redirect(url_for("resident.payment", number=number), 303)


@blueprint.post("/payments/<number>/again")
@for_residents
def payment_again(number: str) -> ResponseReturnValue:
    """Open a payment once more that the channel has not answered."""
    return open_and_show(own_payment(number).number)
