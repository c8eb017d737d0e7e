"""Asking for something after the sale for a resident who has come to the leader with it."""

from flask import url_for
from flask.typing import ResponseReturnValue

from groupbuy.http.guards import signed_in
from groupbuy.orders import queries
from groupbuy.web import after_sales, lot_claims
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.leader.blueprint import blueprint, for_leaders


@blueprint.route("/orders/<number>/after-sale", methods=["GET", "POST"])
@for_leaders
def orders_after_sale(number: str) -> ResponseReturnValue:
    """Show an order's cases and ask for something in its resident's name."""
    return after_sales.page(
        queries.get_order(number, leader_ids=signed_in().leader_ids),
        "leader/after_sale.html",
        here=url_for("leader.orders_after_sale", number=number),
        done=_("The request is on its way. The answer will be here."),
    )


@blueprint.route("/orders/<number>/batch-check/<claim>", methods=["GET", "POST"])
@for_leaders
def orders_batch_check(number: str, claim: str) -> ResponseReturnValue:
    """Say in a resident's name how many pieces of a batch that may be bad are."""
    order = queries.get_order(number, leader_ids=signed_in().leader_ids)
    here = url_for("leader.orders_batch_check", number=number, claim=claim)
    back = url_for("leader.orders_show", number=number)
    return lot_claims.page(order, claim, desk="leader", here=here, back=back)
