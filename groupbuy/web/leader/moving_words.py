"""What the pages of moving in say about doubts and figures."""

from collections.abc import Mapping

from groupbuy.flows.moving.values import Difference, Doubt
from groupbuy.kernel.money import format_yuan
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l

DOUBTS: Mapping[Doubt, object] = {
    Doubt.NO_PHONE: _l("No mobile number can be read; type it to take the resident in."),
    Doubt.SEVERAL_PHONES: _l("Several mobile numbers stand in this order; the first one counts."),
    Doubt.SEVERAL_NAMES: _l("Several names stand in this order; the first one counts."),
    Doubt.ROOM_DIFFERS: _l("The room in the address is another; please compare."),
    Doubt.SPEC_DIFFERS: _l("The specification beside a product is another; the product's name counts."),
    Doubt.PRICE_DIFFERS: _l("An amount is not the product's price times the quantity."),
    Doubt.UNCLEAR_QUANTITY: _l("A quantity is not clear."),
    Doubt.UNCLEAR_AMOUNT: _l("An amount is not clear."),
    Doubt.REFUNDED: _l("Part of it was refunded; compare before you take it over."),
    Doubt.REDUCED: _l("There was a discount, which is not taken over."),
    Doubt.FREIGHT: _l("There was freight, which is not taken over."),
}
FIGURES: Mapping[str, object] = {
    "orders": _l("Orders"),
    "units": _l("Units"),
    "amount_fen": _l("Amount of the goods"),
    "paid_fen": _l("Amount to pay"),
    "units_of": _l("Units"),
    "amount_of_fen": _l("Amount"),
    "paid_by_fen": _l("Amount to pay"),
}


def difference_text(one: Difference) -> tuple[str, str, str]:
    """Return what a figure is called, what the workbook's summary says, and what its orders add up to."""
    name = str(FIGURES[one.figure])
    figure = f"{one.about}{_(': ')}{name}" if one.about else name
    if one.figure.endswith("_fen"):
        return figure, format_yuan(one.stated), format_yuan(one.found)
    return figure, str(one.stated), str(one.found)
