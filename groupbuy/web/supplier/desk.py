"""A supplier's purchase orders, and the papers of each."""

from functools import partial
from typing import Any

from flask import current_app, url_for
from flask.typing import ResponseReturnValue

from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.messaging.service import Attachment
from groupbuy.purchasing import amending, for_suppliers
from groupbuy.purchasing.models import PurchaseOrder
from groupbuy.purchasing.queries import purchase_order_of_number
from groupbuy.web.admin.listing import Column, Filter, Listing, asked_day, in_state, show
from groupbuy.web.admin.papers import RENDER, Render
from groupbuy.web.amendments import amendment_file
from groupbuy.web.kit.downloads import attachment
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.states import state_choices
from groupbuy.web.supplier import answering
from groupbuy.web.supplier.blueprint import blueprint

COLUMNS = (
    Column(
        _l("Number"),
        lambda row: row.number,
        "code",
        lambda row: url_for("supplier.order_answer", number=row.number),
        width=24,
    ),
    Column(_l("State"), lambda row: row.state, "state:purchase_order"),
    Column(_l("Goods due"), lambda row: row.due_date, "day", sort="due"),
    Column(_l("Units"), lambda row: row.units, "number"),
    Column(_l("Amount"), lambda row: row.cost_fen, "money", sort="amount"),
    Column(_l("Made on"), lambda row: row.created_at, "moment", width=17),
    Column(_l("Your answer"), lambda row: row.confirmed_at, "moment", width=17),
)
SUPPLIER = Column(_l("Supplier"), lambda row: row.supplier_name, "name", width=24)


@blueprint.get("/")
def desk() -> ResponseReturnValue:
    """List what this supplier is to deliver, the newest first; what is not decided is not shown."""
    own = signed_in().supplier_ids
    statement = for_suppliers.orders_for_suppliers(own)
    statement = statement.where(*in_state(PurchaseOrder.state))
    if first := asked_day("from"):
        statement = statement.where(PurchaseOrder.due_date >= first)
    if last := asked_day("until"):
        statement = statement.where(PurchaseOrder.due_date <= last)
    states = [one for one in state_choices("purchase_order") if one[0] != "draft"]
    listing = Listing(
        "orders",
        _("My purchase orders"),
        statement,
        # Whose order it is says something only to who delivers for several suppliers.
        COLUMNS if len(own) == 1 else (COLUMNS[0], SUPPLIER, *COLUMNS[1:]),
        filters=(
            Filter("state", _("State"), states, _("All states")),
            Filter("from", _("Goods due"), until="until"),
        ),
        sorts={"due": PurchaseOrder.due_date, "amount": PurchaseOrder.cost_fen},
        actions=(("PDF", partial(_paper, "pdf")), ("Excel", partial(_paper, "xlsx"))),
    )
    return show(
        listing, empty_text=_("When a round with your goods has closed, its purchase order appears here.")
    )


def _paper(suffix: str, row: Any) -> str:
    return url_for("supplier.paper", number=row.number, suffix=suffix)


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


@blueprint.get("/amendments/<number>.<any(xlsx, pdf):suffix>")
def amendment(number: str, suffix: str) -> ResponseReturnValue:
    """Download what changed on a purchase order; another supplier's does not exist."""
    for_suppliers.order_for_suppliers(amending.order_of(number), signed_in().supplier_ids)
    return amendment_file(number, suffix)
