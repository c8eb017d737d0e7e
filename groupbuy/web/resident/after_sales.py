"""Asking for something after the sale, and seeing how far it is."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from groupbuy.aftersales import queries
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import putting_right
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.orders.queries import lines_of
from groupbuy.web.after_sales import KINDS, REASONS, AfterSaleForm, asked, field_of
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.resident.blueprint import blueprint, for_residents
from groupbuy.web.resident.orders import own_order


@blueprint.route("/orders/<number>/after-sale", methods=["GET", "POST"])
@for_residents
def order_after_sale(number: str) -> ResponseReturnValue:
    """Show an order's cases and ask for something; asking again with the same key changes nothing."""
    order, form = own_order(number), AfterSaleForm()
    if form.is_submitted() and asked(form, order):
        flash(_("Your request is on its way. The answer will be here."), "ok")
        return redirect(url_for("resident.order_after_sale", number=number), 303)
    page = render_template(
        "resident/after_sale.html",
        order=order,
        form=form,
        cases=queries.cases_of(order.id),
        askable=queries.askable(order.id),
        names={line.product_code: line.name for line in lines_of([order.id])},
        field_of=field_of,
        kinds=KINDS,
        reasons=REASONS,
    )
    return page, 422 if form.errors else 200


@blueprint.post("/after-sales/<case_number>/withdraw")
@for_residents
def after_sale_withdraw(case_number: str) -> ResponseReturnValue:
    """Take a request back that nobody has decided."""
    identity, now = signed_in(), utc_now()
    case = queries.get_case(case_number, resident_ids=identity.resident_ids)
    in_transaction(lambda: putting_right.withdraw(case=case, now=now, actor=identity.actor))
    flash(_("Your request is taken back."), "ok")
    return redirect(url_for("resident.order_after_sale", number=case.order.number), 303)
