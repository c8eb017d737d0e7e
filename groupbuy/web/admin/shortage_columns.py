"""What is short of a round, and who would go without, as a file's columns."""

from groupbuy.web.admin.listing import Column
from groupbuy.web.kit.i18n import lazy_gettext as _l

SHORT = (
    Column(_l("Item code"), lambda one: one.product_code, "code"),
    Column(_l("Product"), lambda one: one.name, width=26),
    Column(_l("Units ordered"), lambda one: one.ordered, "number"),
    Column(_l("From stock"), lambda one: one.from_stock, "number"),
    Column(_l("Delivered"), lambda one: one.delivered, "number"),
    Column(_l("Rejected"), lambda one: one.rejected, "number"),
    Column(_l("Short"), lambda one: one.short, "number"),
    Column(_l("Shared out"), lambda one: one.lost, "number"),
    Column(_l("Purchase order"), lambda one: one.purchase_order, "code", width=26),
)
WITHOUT = (
    Column(_l("Product"), lambda row: row.product, width=26),
    Column(_l("Order"), lambda row: row.order, "code", width=20),
    Column(_l("Leader"), lambda row: row.leader),
    Column(_l("Wanted"), lambda row: row.wanted, "number"),
    Column(_l("Gets"), lambda row: row.got, "number"),
    Column(_l("Less"), lambda row: row.lost_fen, "money"),
    Column(_l("Instead"), lambda row: row.instead, width=26),
)
