"""What a supplier has sold: by product over a year, and order by order."""

from datetime import timedelta

from flask import url_for
from flask.typing import ResponseReturnValue

from groupbuy.catalog.models import Product
from groupbuy.http.guards import signed_in
from groupbuy.purchasing import for_suppliers
from groupbuy.purchasing.models import PurchaseOrder, PurchaseOrderLine
from groupbuy.warehouse import receipts
from groupbuy.web.admin.listing import Column, Filter, Listing, asked_day, searched, show
from groupbuy.web.kit.filters import today
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.supplier.blueprint import blueprint

YEAR = timedelta(days=365)

COLUMNS = (
    Column(_l("Goods due"), lambda row: row.due_date, "day", sort="due"),
    Column(
        _l("Purchase order"),
        lambda row: row.purchase_order,
        "code",
        lambda row: url_for("supplier.order_answer", number=row.purchase_order),
        width=24,
    ),
    Column(_l("Item code"), lambda row: row.product_code, "code"),
    Column(_l("Product"), lambda row: row.name, "name", width=28),
    Column(_l("Specification"), lambda row: row.spec),
    Column(_l("Ordered by residents"), lambda row: row.ordered, "number", sort="ordered"),
    Column(_l("Bought"), lambda row: row.purchased, "number", sort="bought"),
    Column(_l("Accepted"), lambda row: row.accepted, "number"),
    Column(_l("Rejected"), lambda row: row.rejected, "number"),
    Column(_l("Amount"), lambda row: row.amount_fen, "money", sort="amount"),
)


@blueprint.get("/sales")
def sales() -> ResponseReturnValue:
    """Show this supplier's sales; another supplier's are not there."""
    own = signed_in().supplier_ids
    came = (receipts.accepted_of_line().label("accepted"), receipts.rejected_of_line().label("rejected"))
    found = searched(Product.code, Product.name, PurchaseOrder.number)
    statement = for_suppliers.sales(own).add_columns(*came).where(*found)
    if first := asked_day("from"):
        statement = statement.where(PurchaseOrder.due_date >= first)
    if last := asked_day("until"):
        statement = statement.where(PurchaseOrder.due_date <= last)
    listing = Listing(
        "sales",
        _("My sales"),
        statement,
        COLUMNS,
        filters=(
            Filter("q", _("Code, name or order")),
            Filter("from", _("Goods due"), until="until"),
        ),
        sorts={
            "due": PurchaseOrder.due_date,
            "ordered": PurchaseOrderLine.ordered,
            "bought": PurchaseOrderLine.purchased,
            "amount": PurchaseOrderLine.amount_fen,
        },
    )
    return show(
        listing,
        "supplier/sales.html",
        products=for_suppliers.sales_by_product(own, since=today() - YEAR),
        empty_text=_("When a round with your goods has closed, they stand here."),
    )
