"""What is short of a round and why, and who would go without, as a file's columns."""

from collections.abc import Iterable, Mapping, Sequence

from groupbuy.warehouse.shortage_reasons import Reason, Why
from groupbuy.web.admin.listing import Column
from groupbuy.web.kit.i18n import gettext as _
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


def short_columns(said: Mapping[int, Sequence[str]]) -> tuple[Column, ...]:
    """Return the columns of what is short with the reasons by offer, as ``in_words`` says them."""
    why = Column(_l("Reason"), lambda one: "; ".join(said.get(one.offer_id, ())) or None, width=44)
    return (*SHORT, why)


def in_words(reasons: Iterable[Reason]) -> list[str]:
    """Return reasons as people read them."""
    return [f"{_what(one)}: {one.words}" if one.words else _what(one) for one in reasons]


def _what(one: Reason) -> str:
    units, supplier = one.units, one.supplier
    sentences = {
        Why.NOT_BOUGHT: _("%(units)s not bought from %(supplier)s", units=units, supplier=supplier),
        Why.REFUSED: _("%(units)s on a refused order to %(supplier)s", units=units, supplier=supplier),
        Why.NOT_DELIVERED: _("%(units)s not delivered by %(supplier)s", units=units, supplier=supplier),
        Why.REJECTED: _("%(units)s of %(supplier)s rejected", units=units, supplier=supplier),
        Why.STILL_COMING: _("%(units)s of %(supplier)s not here yet", units=units, supplier=supplier),
    }
    return sentences[one.why]
