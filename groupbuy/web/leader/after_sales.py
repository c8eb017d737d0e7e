"""Asking for something after the sale for a resident who has come to the leader with it."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from groupbuy.aftersales import queries as cases
from groupbuy.http.guards import signed_in
from groupbuy.orders import queries
from groupbuy.orders.queries import lines_of
from groupbuy.web.after_sales import KINDS, REASONS, AfterSaleForm, asked, field_of
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.leader.blueprint import blueprint, for_leaders


@blueprint.route("/orders/<number>/after-sale", methods=["GET", "POST"])
@for_leaders
def orders_after_sale(number: str) -> ResponseReturnValue:
    """Show an order's cases and ask for something in its resident's name."""
    order = queries.get_order(number, leader_ids=signed_in().leader_ids)
    form = AfterSaleForm()
    if form.is_submitted() and asked(form, order):
        flash(_("The request is on its way. The answer will be here."), "ok")
        return redirect(url_for("leader.orders_after_sale", number=number), 303)
    page = render_template(
        "leader/after_sale.html",
        order=order,
        form=form,
        cases=cases.cases_of(order.id),
        askable=cases.askable(order.id),
        names={line.product_code: line.name for line in lines_of([order.id])},
        field_of=field_of,
        kinds=KINDS,
        reasons=REASONS,
    )
    return page, 422 if form.errors else 200
