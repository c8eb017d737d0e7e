"""What was wrong with which goods: the reasons of after-sale cases, counted."""

from typing import Any

from flask.typing import ResponseReturnValue
from sqlalchemy import Select

from groupbuy.aftersales import listing as cases
from groupbuy.aftersales.models import AfterSaleCase
from groupbuy.catalog.models import Product, Supplier
from groupbuy.web.admin.after_sales import tabs
from groupbuy.web.admin.blueprint import blueprint
from groupbuy.web.admin.listing import Column, Filter, Listing, chosen, searched, show, within_days
from groupbuy.web.after_sales import REASONS
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l

COLUMNS = (
    Column(_l("Reason"), lambda row: REASONS[row.reason], "name"),
    Column(_l("Product code"), lambda row: row.code),
    Column(_l("Product"), lambda row: row.product, "name", width=24),
    Column(_l("Supplier"), lambda row: row.supplier, "name"),
    Column(_l("Requests made"), lambda row: row.cases, "number"),
    Column(_l("Units"), lambda row: row.units, "number"),
)


@blueprint.get("/after-sales/reasons")
def aftersales_reasons() -> ResponseReturnValue:
    """List reasons by product, those of most cases first."""
    listing = Listing(
        "after-sale-reasons",
        _("Reasons"),
        _statement(),
        COLUMNS,
        filters=(
            Filter("q", _("Product or supplier")),
            Filter("reason", _("Reason"), list(REASONS.items()), _("All reasons")),
            Filter("from", _("Day of the request"), until="until"),
        ),
    )
    return show(
        listing, tabs=tabs("admin.aftersales_reasons"), empty_text=_("Nobody has asked for anything.")
    )


def _statement() -> Select[*tuple[Any, ...]]:
    return (
        cases.reasons_by_product()
        .where(*within_days(AfterSaleCase.asked_at, "from", "until"))
        .where(*chosen("reason", AfterSaleCase.reason))
        .where(*searched(Product.code, Product.name, Supplier.name))
    )
