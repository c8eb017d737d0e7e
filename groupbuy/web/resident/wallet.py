"""A resident's wallet: what is in it and why, paying in, and taking it back the way it came."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import RadioField, StringField
from wtforms.validators import InputRequired, Length

from groupbuy.db.transaction import in_transaction
from groupbuy.finance import queries
from groupbuy.finance.rules import wallet
from groupbuy.flows import topping_up
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput, GroupbuyError
from groupbuy.kernel.money import parse_yuan
from groupbuy.payments import charging
from groupbuy.web.kit.forms import KeyedForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import translate_sentence
from groupbuy.web.resident.blueprint import blueprint, for_residents
from groupbuy.web.resident.buyer import the_resident
from groupbuy.web.resident.paying import open_and_show, own_payment, ways_of_form

MOVEMENTS = 50


class TopUpForm(KeyedForm):
    """How much is paid in, and how."""

    amount = StringField(_l("Amount (yuan)"), validators=[InputRequired(), Length(max=12)])
    way = RadioField(_l("Pay with"), validators=[InputRequired(_l("Choose how to pay."))])


class TakeBackForm(KeyedForm):
    """How much of a payment goes back."""

    amount = StringField(_l("Amount (yuan)"), validators=[InputRequired(), Length(max=12)])


def _fen(text: str | None) -> int:
    try:
        return parse_yuan((text or "").strip())
    except (ValueError, OverflowError) as error:
        raise BadInput("bad_format", "Write an amount such as 12.50.", param="amount") from error


@blueprint.route("/me/wallet", methods=["GET", "POST"])
@for_residents
def me_wallet() -> ResponseReturnValue:
    """Show the wallet; pay into it."""
    form = TopUpForm()
    ways = ways_of_form(form)
    if ways and form.validate_on_submit():
        try:
            way, fen = ways[form.way.data].way, _fen(form.amount.data)
            begun = in_transaction(
                lambda: topping_up.top_up(
                    resident=the_resident(),
                    amount_fen=fen,
                    way=way,
                    now=utc_now(),
                    actor=signed_in().actor,
                    submission_key=(form.submission_key.data or "")[:64],
                )
            )
            return open_and_show(begun.number)
        except GroupbuyError as error:
            form.amount.errors = [translate_sentence(error.message)]
    account = wallet(the_resident().id)
    page = render_template(
        "resident/wallet.html",
        form=form if ways else None,
        account=account,
        balance=queries.available(account),
        movements=queries.postings_of([account], most=MOVEMENTS),
        top_ups=charging.top_ups_of(the_resident().id, most=MOVEMENTS),
    )
    return page, 422 if form.errors else 200


@blueprint.route("/me/wallet/<number>", methods=["GET", "POST"])
@for_residents
def me_wallet_back(number: str) -> ResponseReturnValue:
    """Take money that was paid in back the way it came."""
    payment, form = own_payment(number), TakeBackForm()
    if form.validate_on_submit():
        try:
            fen = _fen(form.amount.data)
            in_transaction(
                lambda: topping_up.refund_top_up(
                    payment=own_payment(number),
                    amount_fen=fen,
                    now=utc_now(),
                    actor=signed_in().actor.name,
                    submission_key=(form.submission_key.data or "")[:64],
                )
            )
            flash(_("It is on its way back."), "ok")
            return redirect(url_for("resident.me_wallet"), 303)
        except GroupbuyError as error:
            form.amount.errors = [translate_sentence(error.message)]
    page = render_template(
        "resident/wallet_back.html",
        payment=payment,
        form=form,
        balance=queries.available(wallet(the_resident().id)),
    )
    return page, 422 if form.errors else 200
