"""Perishables that nobody fetched in time: what was warned of, waits for a decision, or was disposed of."""

from flask import url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import or_

from groupbuy.campaigns.models import OfferVersion
from groupbuy.catalog.models import Product
from groupbuy.kernel.clock import utc_now
from groupbuy.leaders.models import Leader
from groupbuy.orders.models import Order
from groupbuy.pickup.disposals import STATES, disposals
from groupbuy.pickup.models import PerishableLine
from groupbuy.web.admin.blueprint import blueprint, my_leaders
from groupbuy.web.admin.listing import Column, Filter, Listing, asked, by_state, contains, show, within_days
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l

COLUMNS = (
    Column(_l("May be disposed of from"), lambda row: row.PerishableLine.due_at, "moment", sort="due"),
    Column(
        _l("Order"),
        lambda row: row.order_no,
        "code",
        lambda row: url_for("admin.orders_detail", number=row.order_no),
        width=18,
    ),
    Column(_l("Leader"), lambda row: row.leader, "name"),
    Column(_l("Item code"), lambda row: row.product_code, "code"),
    Column(_l("Product"), lambda row: row.product, width=24),
    Column(_l("Units"), lambda row: row.units, "number"),
    Column(_l("State"), lambda row: row.state, "state:disposal"),
    Column(_l("Rule"), lambda row: _("paid back") if row.PerishableLine.refund else _("stays paid")),
    Column(_l("Refund"), lambda row: row.PerishableLine.amount_fen, "money"),
    Column(_l("Decided"), lambda row: row.PerishableLine.decided_at, "moment"),
)


@blueprint.get("/disposals")
def disposals_list() -> ResponseReturnValue:
    """List perishables whose residents were warned, the latest first."""
    state = asked("state")
    statement = disposals(my_leaders(), utc_now(), state=state if state in STATES else None)
    statement = statement.where(*within_days(PerishableLine.due_at, "from", "until"))
    if text := asked("q"):
        columns = (Order.number, Leader.name, Leader.code, Product.code, OfferVersion.name)
        statement = statement.where(or_(*(contains(column, text) for column in columns)))
    listing = Listing(
        "disposals",
        _("Disposals"),
        statement.order_by(PerishableLine.due_at.desc(), PerishableLine.order_line_id.desc()),
        COLUMNS,
        filters=(
            Filter("q", _("Order, leader or product")),
            by_state("disposal"),
            Filter("from", _("Day of the disposal"), until="until"),
        ),
        sorts={"due": PerishableLine.due_at},
    )
    return show(listing, empty_text=_("No perishables have been left so long that residents were warned."))
