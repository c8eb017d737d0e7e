"""What a leader did not get: who would go without, who pays, and deciding it."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from wtforms import RadioField, SelectChoice
from wtforms.validators import InputRequired

from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.delivery import missing
from groupbuy.delivery.models import Discrepancy
from groupbuy.delivery.rules import Decision, Payer, proposed_payer
from groupbuy.flows import signing
from groupbuy.flows.signing import Losing
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError, RuleBroken
from groupbuy.orders.models import Order
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import translate_sentence

PAYERS = [
    SelectChoice(Payer.SUPPLIER.value, _l("The supplier")),
    SelectChoice(Payer.DRIVER.value, _l("The driver")),
    SelectChoice(Payer.WAREHOUSE.value, _l("Our warehouse")),
]
DECISIONS = [
    SelectChoice(Decision.REFUND.value, _l("The residents go without and get their money back")),
    SelectChoice(Decision.DISMISS.value, _l("The goods turned up; nothing changes")),
]
SURPLUS = [SelectChoice(Decision.DISMISS.value, _l("More came than was sent; nothing changes"))]


class DecisionForm(PageForm):
    """What becomes of missing goods, and who pays for them."""

    decision = RadioField(_l("Decision"), choices=DECISIONS, validators=[InputRequired()])
    payer = RadioField(_l("Who pays for it"), choices=PAYERS, validators=[InputRequired()])


@blueprint.route("/delivery/discrepancies/<int:discrepancy_id>", methods=["GET", "POST"])
def delivery_discrepancy(discrepancy_id: int) -> ResponseReturnValue:
    """Show who would go without; decide once."""
    found = missing.get_discrepancy(discrepancy_id)
    payer = proposed_payer(found.reason, has_driver=bool(found.stop.route.driver))
    form = DecisionForm(data={"decision": _proposed(found), "payer": payer.value})
    if found.missing <= 0:
        # Nobody goes without, so that nobody pays.
        form.decision.choices = SURPLUS
        del form.payer
    back = url_for("admin.delivery", day=found.stop.day.isoformat())
    if found.decision is None and form.validate_on_submit():
        try:
            in_transaction(lambda: _decide(discrepancy_id, form))
        except GroupbuyError as error:
            saving.blame(form, error)
        else:
            flash(_("The decision is booked."), "ok")
            return redirect(back, 303)
    losing, refusal = _losing(found)
    page = render_template(
        "admin/discrepancy.html", found=found, form=form, losing=losing, refusal=refusal, back=back
    )
    return page, 422 if form.errors else 200


def _proposed(found: Discrepancy) -> str:
    return (Decision.REFUND if found.missing > 0 else Decision.DISMISS).value


def _decide(discrepancy_id: int, form: DecisionForm) -> None:
    signing.decide(
        discrepancy_id=discrepancy_id,
        decision=Decision(form.decision.data),
        payer=Payer(form.payer.data) if form.payer else None,
        now=utc_now(),
        actor=actor(),
    )


def _losing(found: Discrepancy) -> tuple[list[tuple[Order, Losing]], str]:
    if found.decision is not None or found.missing <= 0:
        return [], ""
    try:
        losing = signing.who_loses(found)
    except RuleBroken as error:
        return [], translate_sentence(error.message)
    ids = [one.claim.order_id for one in losing]
    orders = select(Order).where(Order.id.in_(ids)).options(joinedload(Order.resident))
    by_id = {order.id: order for order in db.session.scalars(orders)}
    return [(by_id[one.claim.order_id], one) for one in losing], ""
