"""The columns of rounds, alike on the dashboard and in the list."""

from typing import Any

from flask import url_for

from groupbuy.web.admin.listing import Column
from groupbuy.web.kit.i18n import lazy_gettext as _l


def round_page(row: Any) -> str:
    """Return the address of a round's page."""
    return url_for("admin.campaigns_round", name=row.Round.name)


def progress(row: Any) -> tuple[int, int] | None:
    """Return how far a round is: towards its offers' thresholds, else towards their limits."""
    if row.needed:
        return row.reached, row.needed
    return (row.limited_sold, row.limit) if row.limit else None


OFFERS = (
    Column(_l("Item code"), lambda offer: offer.code, "code"),
    Column(_l("Product"), lambda offer: offer.name, width=26),
    Column(_l("Specification"), lambda offer: offer.spec),
    Column(_l("Supplier"), lambda offer: offer.supplier, width=24),
    Column(_l("State"), lambda offer: offer.state, "state:offer"),
    Column(_l("Price"), lambda offer: offer.price_fen, "money"),
    Column(_l("Sold"), lambda offer: offer.sold, "number"),
    Column(_l("Limit"), lambda offer: offer.limit_units, "number"),
    Column(_l("Threshold"), lambda offer: offer.min_units, "number"),
)
LEADERS = (
    Column(_l("Code of the leader"), lambda leader: leader.code, "code"),
    Column(_l("Leader"), lambda leader: leader.name),
    Column(_l("Community"), lambda leader: leader.community, width=24),
    Column(_l("Orders"), lambda leader: leader.orders, "number"),
    Column(_l("Amount"), lambda leader: leader.amount_fen, "money"),
)
BUYING = (
    Column(_l("Supplier"), lambda line: line.supplier, "name", width=24),
    Column(_l("Item code"), lambda line: line.product_code, "code"),
    Column(_l("Product"), lambda line: line.product, width=26),
    Column(_l("Units ordered"), lambda line: line.cases.ordered - line.given, "number"),
    Column(_l("Offered to fill cases"), lambda line: line.offered or None, "number"),
    Column(_l("Would fill cases"), lambda line: line.given or None, "number"),
    Column(_l("From stock"), lambda line: line.cases.from_stock or None, "number"),
    Column(_l("Cases"), lambda line: line.cases.cases, "number"),
    Column(_l("In a case"), lambda line: line.cases.case_size, "number"),
    Column(_l("Would be bought"), lambda line: line.cases.purchased, "number"),
    Column(_l("Too many"), lambda line: line.cases.surplus or None, "number"),
    Column(_l("Short"), lambda line: line.cases.shortfall or None, "number"),
    Column(_l("Cost"), lambda line: line.cost_fen, "money"),
)
ROUND_COLUMNS = (
    Column(_l("Round"), lambda row: row.Round.name, "code", round_page, width=22),
    Column(_l("Title"), lambda row: row.Round.title, "name", sort="title", width=26),
    Column(_l("State"), lambda row: row.Round.state, "state:round"),
    Column(_l("Opens"), lambda row: row.Round.opens_at, "moment", sort="opens", width=17),
    Column(_l("Cut-off"), lambda row: row.Round.closes_at, "moment", sort="closes", width=17),
    Column(_l("Leaders with orders"), lambda row: row.leaders, "number"),
    Column(_l("Orders"), lambda row: row.orders, "number"),
    Column(_l("Amount"), lambda row: row.amount_fen, "money"),
    Column(_l("Progress"), progress, "progress"),
)
