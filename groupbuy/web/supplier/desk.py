"""A supplier's purchase orders, and the papers of each."""

from flask import current_app, render_template, url_for
from flask.typing import ResponseReturnValue

from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.messaging.service import Attachment
from groupbuy.purchasing import for_suppliers
from groupbuy.purchasing.queries import purchase_order_of_number
from groupbuy.web.admin.papers import RENDER, Render
from groupbuy.web.kit.downloads import attachment
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.supplier import answering
from groupbuy.web.supplier.blueprint import blueprint

MOST_ORDERS = 200


@blueprint.get("/")
def desk() -> ResponseReturnValue:
    """List what this supplier is to deliver, the newest first; what is not decided is not shown."""
    orders = for_suppliers.orders_for_suppliers(signed_in().supplier_ids, most=MOST_ORDERS)
    return render_template("supplier/desk.html", orders=orders)


@blueprint.route("/orders/<number>/answer", methods=["GET", "POST"])
def order_answer(number: str) -> ResponseReturnValue:
    """Show one of this supplier's orders; note what will come and when."""
    identity = signed_in()
    for_suppliers.order_for_suppliers(number, identity.supplier_ids)
    back = (url_for("supplier.desk"), _("My purchase orders"))
    order = purchase_order_of_number(number)
    return answering.answer(order, identity.supplier_ids, identity.actor, back)


@blueprint.get("/orders/<number>.<any(xlsx, pdf):suffix>")
def paper(number: str, suffix: str) -> ResponseReturnValue:
    """Download a purchase order; another supplier's does not exist."""
    order = for_suppliers.order_for_suppliers(number, signed_in().supplier_ids)
    render: Render = current_app.extensions[RENDER]
    file = render(Attachment("purchase_order", order.round_name, order.supplier_code, suffix), utc_now())
    return attachment(file.content, file.name, file.mime_type)
