"""A supplier's purchase orders, and the papers of each."""

from flask import current_app, render_template
from flask.typing import ResponseReturnValue

from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.messaging.service import Attachment
from groupbuy.purchasing import for_suppliers
from groupbuy.web.admin.papers import RENDER, Render
from groupbuy.web.kit.downloads import attachment
from groupbuy.web.supplier.blueprint import blueprint

MOST_ORDERS = 200


@blueprint.get("/")
def desk() -> ResponseReturnValue:
    """List what this supplier is to deliver, the newest first; what is not decided is not shown."""
    orders = for_suppliers.orders_for_suppliers(signed_in().supplier_ids, most=MOST_ORDERS)
    return render_template("supplier/desk.html", orders=orders)


@blueprint.get("/orders/<number>.<any(xlsx, pdf):suffix>")
def paper(number: str, suffix: str) -> ResponseReturnValue:
    """Download a purchase order; another supplier's does not exist."""
    order = for_suppliers.order_for_suppliers(number, signed_in().supplier_ids)
    render: Render = current_app.extensions[RENDER]
    file = render(Attachment("purchase_order", order.round_name, order.supplier_code, suffix), utc_now())
    return attachment(file.content, file.name, file.mime_type)
