"""Batches: what lies there of each, what expires soon, and where the goods of one went."""

from datetime import timedelta
from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select

from groupbuy.aftersales import lots
from groupbuy.campaigns.models import Round
from groupbuy.catalog.models import Product
from groupbuy.leaders.models import Leader
from groupbuy.orders.models import Order
from groupbuy.warehouse import batching, tracing
from groupbuy.warehouse.models import StockBatch
from groupbuy.web.admin.blueprint import blueprint
from groupbuy.web.admin.listing import Column, Filter, Listing, asked, searched, show
from groupbuy.web.admin.receiving import tabs
from groupbuy.web.admin.warehouses import asked_place, place_filter, place_name
from groupbuy.web.kit.filters import day as day_text
from groupbuy.web.kit.filters import today
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l

AHEAD = (3, 7, 14, 30)


def batch_label(batch: StockBatch) -> str:
    """Return a batch as a choice names it."""
    name = batch.number or _("no batch number")
    parts = [name, place_name(batch.warehouse), _("%(units)s in stock", units=batch.units)]
    if batch.good_until:
        parts.insert(2, _("best before %(day)s", day=day_text(batch.good_until)))
    return " · ".join(parts)


def _state(row: Any) -> str:
    until = row.StockBatch.good_until
    if until is None or until > today() + batching.SOON:
        return "good"
    return "soon" if until >= today() else "expired"


def _page(row: Any) -> str:
    return url_for("admin.stock_batch", batch_id=row.StockBatch.id)


def _name(row: Any) -> str:
    return row.StockBatch.number or _("no batch number")


COLUMNS = (
    Column(_l("Best before"), lambda row: row.StockBatch.good_until, "day", sort="until"),
    Column(_l("State"), _state, "state:batch"),
    Column(_l("Batch"), _name, "code", _page, width=18),
    Column(_l("Item code"), lambda row: row.Product.code, "code"),
    Column(_l("Product"), lambda row: row.Product.name, "name", width=28),
    Column(_l("Warehouse"), lambda row: place_name(row.StockBatch.warehouse)),
    Column(_l("In stock"), lambda row: row.StockBatch.units, "number", sort="units"),
)
HOLDERS = (
    Column(_l("Round"), lambda row: row.Round.name, "code", width=18),
    Column(_l("Leader"), lambda row: f"{row.Leader.code} {row.Leader.name}", "name", width=20),
    Column(_l("Order"), lambda row: row.Order.number, "code", lambda row: _order(row), width=18),
    Column(_l("Units"), lambda row: row.units, "number"),
)


@blueprint.get("/stock/batches")
def stock_batches() -> ResponseReturnValue:
    """List batches, what expires first before the others; those that have gone are found by filter."""
    days = [(str(days), _("Within %(days)s days", days=days)) for days in AHEAD]
    listing = Listing(
        "batches",
        _("Batches"),
        _statement(),
        COLUMNS,
        filters=(
            Filter("q", _("Code, name or batch")),
            place_filter(),
            Filter("within", _("Expires"), [("expired", _("Expired")), *days], _("Whenever")),
            Filter("gone", _("In stock"), [("1", _("Also what is gone"))], _("Only what lies there")),
        ),
        sorts={"until": StockBatch.best_before, "units": StockBatch.units},
        actions=((_("Where it went"), _page),),
    )
    return show(listing, tabs=tabs("admin.stock_batches"), empty_text=_("Nothing lies in stock."))


def _statement() -> Select[*tuple[Any, ...]]:
    statement = batching.batches().where(*searched(Product.code, Product.name, StockBatch.number))
    within = asked("within")
    if within == "expired":
        statement = statement.where(batching.expires_by(today() - timedelta(days=1)))
    elif within in map(str, AHEAD):
        statement = statement.where(batching.expires_by(today() + timedelta(days=int(within))))
    elif not asked("gone"):
        statement = statement.where(StockBatch.units > 0)
    if place := asked_place():
        statement = statement.where(StockBatch.warehouse_id == place.id)
    return statement


@blueprint.get("/stock/batches/<int:batch_id>")
def stock_batch(batch_id: int) -> ResponseReturnValue:
    """Show how a batch came, which leaders got goods of it, and the orders that hold them, or may."""
    batch = tracing.get_batch(batch_id)
    certain = {use.round_id: use.certain for use in tracing.rounds_of(batch)}
    found = tracing.orders_of(batch, certain)
    listing = Listing(
        f"batch-{batch.id}",
        _("Batch %(batch)s of %(product)s", batch=batch.number or batch.id, product=batch.product.name),
        found.where(*searched(Order.number, Leader.code, Leader.name, Round.name)),
        (*HOLDERS, Column(_("Of this batch"), lambda row: _sure(certain[row.Round.id]), "state:traced")),
        filters=(Filter("q", _("Order, leader or round")),),
    )
    return show(
        listing,
        "admin/batch.html",
        batch=batch,
        claim=lots.find_claim_on(batch.id),
        receipts=tracing.receipts_of(batch),
        places=tracing.places_of(batch),
        sure=_sure,
        place_name=place_name,
        tabs=tabs("admin.stock_batches"),
        empty_text=_("No order holds goods of it."),
    )


def _sure(certain: bool) -> str:
    return "certain" if certain else "possible"


def _order(row: Any) -> str:
    return url_for("admin.orders_detail", number=row.Order.number)
