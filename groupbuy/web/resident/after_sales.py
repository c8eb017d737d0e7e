"""Asking for something after the sale, and seeing how far it is."""

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from groupbuy.aftersales import queries
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import putting_right
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.web import after_sales, lot_claims
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.resident.blueprint import blueprint, for_residents
from groupbuy.web.resident.orders import own_order


@blueprint.route("/orders/<number>/after-sale", methods=["GET", "POST"])
@for_residents
def order_after_sale(number: str) -> ResponseReturnValue:
    """Show an order's cases and ask for something."""
    return after_sales.page(
        own_order(number),
        "resident/after_sale.html",
        here=url_for("resident.order_after_sale", number=number),
        done=_("Your request is on its way. The answer will be here."),
    )


@blueprint.route("/orders/<number>/batch-check/<claim>", methods=["GET", "POST"])
@for_residents
def order_batch_check(number: str, claim: str) -> ResponseReturnValue:
    """Say how many pieces of a batch that may be bad are."""
    here = url_for("resident.order_batch_check", number=number, claim=claim)
    back = url_for("resident.order", number=number)
    return lot_claims.page(own_order(number), claim, desk="resident", here=here, back=back)


@blueprint.post("/after-sales/<case_number>/withdraw")
@for_residents
def after_sale_withdraw(case_number: str) -> ResponseReturnValue:
    """Take a request back that nobody has decided."""
    identity, now = signed_in(), utc_now()
    case = queries.get_case(case_number, resident_ids=identity.resident_ids)
    in_transaction(lambda: putting_right.withdraw(case=case, now=now, actor=identity.actor))
    flash(_("Your request is taken back."), "ok")
    return redirect(url_for("resident.order_after_sale", number=case.order.number), 303)
