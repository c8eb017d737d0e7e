"""The stock: what lies there, every movement of a product, and counting it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, Select, func, or_, select
from wtforms import HiddenField
from wtforms.validators import InputRequired

from groupbuy.catalog.models import Product
from groupbuy.catalog.service import get_product
from groupbuy.db import db
from groupbuy.kernel.clock import utc_now
from groupbuy.warehouse import alerts, tracing
from groupbuy.warehouse import stock as levels
from groupbuy.warehouse import warehouses as places
from groupbuy.warehouse.models import (
    BatchMovement,
    StockBatch,
    StockLevel,
    StockMovement,
    Warehouse,
)
from groupbuy.warehouse.rules import IN_TRANSIT, NEVER
from groupbuy.warehouse.transferring import TRANSFER
from groupbuy.web.admin import saving, stock_alerts
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.fields import WholeField
from groupbuy.web.admin.listing import Column, Filter, Listing, asked, asked_id, searched, show
from groupbuy.web.admin.receiving import tabs
from groupbuy.web.admin.stock_alerts import LeastForm
from groupbuy.web.admin.warehouses import asked_place, place_filter, place_name
from groupbuy.web.admin.words import names_of
from groupbuy.web.kit.filters import today
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l

MOST_MOVEMENTS = 200
MOST_DIGITS = 19
STILL = (30, 60, 90)


def _page(row: Any) -> str:
    return url_for("admin.stock_product", code=row.Product.code)


COLUMNS = (
    Column(_l("Item code"), lambda row: row.Product.code, "code", _page),
    Column(_l("Product"), lambda row: row.Product.name, "name", width=28),
    Column(_l("Specification"), lambda row: row.Product.spec),
    Column(_l("Shelf place"), lambda row: row.Product.shelf_place),
    Column(_l("Free in stock"), lambda row: row.units, "number", sort="units"),
    Column(_l("Kept for rounds"), lambda row: row.reserved or None, "number"),
    Column(_l("In transit"), lambda row: row.on_the_way or None, "number"),
    Column(_l("Low below"), lambda row: row.least, "number"),
    Column(_l("Low in"), lambda row: row.low_in, width=14),
    Column(_l("Last moved"), lambda row: row.moved_at, "moment", sort="moved"),
    Column(_l("Keeps"), lambda row: "yes" if row.Product.keeps else "no", "state:shown"),
)


class CountForm(PageForm):
    """What somebody has counted of a batch, and what lay there of it when the page was made."""

    batch = HiddenField()
    warehouse = HiddenField()
    seen = HiddenField()
    counted = WholeField(_l("Counted"), validators=[InputRequired()])


@blueprint.get("/stock")
def stock() -> ResponseReturnValue:
    """List products with what lies in stock, in all warehouses or in one, the fullest first."""
    place = asked_place()
    units = levels.units_in(place.id) if place else func.coalesce(StockLevel.units, 0)
    listing = Listing(
        "stock",
        _("Stock"),
        _statement(units, place),
        COLUMNS,
        filters=_filters(),
        sorts={"units": units, "moved": _last_moved(place)},
        actions=((_("Movements and count"), _page),),
    )
    return show(
        listing,
        "admin/stock_list.html",
        tabs=tabs("admin.stock"),
        empty_text=_("There are no products yet."),
        place=place,
    )


def _filters() -> tuple[Filter, ...]:
    still = [(str(days), _("Nothing left in %(days)s days", days=days)) for days in STILL]
    return (
        Filter("q", _("Code or name")),
        place_filter(),
        Filter("low", _("Low stock"), [("1", _("Only what is low"))], _("Low or not")),
        Filter("still", _("Slow-moving"), still, _("Moving or not")),
        Filter("there", _("In stock"), [("1", _("Only what lies there"))], _("All products")),
    )


def _statement(units: ColumnElement[int], place: Warehouse | None) -> Select[*tuple[Any, ...]]:
    place_id = place.id if place else None
    held = tracing.reserved(place_id)
    statement = (
        select(Product, units.label("units"), alerts.least(place_id).label("least"))
        .add_columns(levels.units_in(IN_TRANSIT).label("on_the_way"), held.c.units.label("reserved"))
        .add_columns(alerts.places_low().label("low_in"), _last_moved(place).label("moved_at"))
        .outerjoin(StockLevel, StockLevel.product_id == Product.id)
        .outerjoin(held, held.c.product_id == Product.id)
        .where(*searched(Product.code, Product.name))
        .order_by(units.desc(), Product.code)
    )
    if asked("there"):
        statement = statement.where(or_(units > 0, held.c.units > 0))
    if asked("low"):
        statement = statement.where(alerts.is_low(place_id))
    if days := asked_id("still"):
        still_since = utc_now() - timedelta(days=min(days, 3650))
        moved = _last_moved(place)
        statement = statement.where(units > 0, or_(moved.is_(None), moved < still_since))
    return statement


def _last_moved(place: Warehouse | None) -> ColumnElement[datetime]:
    """Return when something of a product came or left last; counting moves nothing.

    For one warehouse a transfer counts; over all of them it has moved nothing.
    """
    moved = select(func.max(StockMovement.at)).where(
        StockMovement.product_id == Product.id, StockMovement.kind != "stock_take"
    )
    if place is None:
        return moved.where(StockMovement.kind != TRANSFER).scalar_subquery()
    return (
        moved.join(BatchMovement, BatchMovement.stock_movement_id == StockMovement.id)
        .join(StockBatch, StockBatch.id == BatchMovement.stock_batch_id)
        .where(StockBatch.warehouse_id == place.id)
        .scalar_subquery()
    )


@blueprint.route("/stock/<code>", methods=["GET", "POST"])
def stock_product(code: str) -> ResponseReturnValue:
    """Show the batches and movements of a product; bring a batch to what was counted."""
    product, form = get_product(code), CountForm()
    return saving.answer(
        form,
        lambda: _count(code, form),
        then=url_for("admin.stock_product", code=code),
        done=_("The count is booked."),
        least=stock_alerts.least_form(product),
        **_facts_of(product),
    )


@blueprint.post("/stock/<code>/least")
def stock_least(code: str) -> ResponseReturnValue:
    """Say where a product stands on the shelves, and below how many units its stock is low."""
    product, least = get_product(code), LeastForm()
    stock_alerts.name_places(least)
    if least.validate_on_submit() and saving.stored(
        least, lambda: stock_alerts.store(get_product(code), least)
    ):
        flash(_("Saved."), "ok")
        return redirect(url_for("admin.stock_product", code=product.code), 303)
    facts = _facts_of(product)
    page = render_template(facts.pop("template"), form=CountForm(formdata=None), least=least, **facts)
    return page, 422


def _facts_of(product: Product) -> dict[str, Any]:
    """Return what the page of a product's stock says beside its forms."""
    movements = _movements(product.id)
    return {
        "template": "admin/stock.html",
        "title": product.name,
        "back": (url_for("admin.stock"), _("Stock")),
        "product": product,
        "batches": _batches(product.id, _counted_in(asked("warehouse"))),
        "places": places.open_places(),
        "place_name": place_name,
        "in_transit": IN_TRANSIT,
        "today": today(),
        "movements": movements,
        "names": names_of(row.StockMovement.actor for row in movements),
    }


def _count(code: str, form: CountForm) -> None:
    levels.count(
        product=get_product(code),
        counted=form.counted.data or 0,
        seen=_number(form.seen.data, -1) or 0,
        now=utc_now(),
        actor=actor().name,
        batch_id=_number(form.batch.data, None),
        warehouse_id=_counted_in(form.warehouse.data).id,
    )


def _counted_in(code: str | None) -> Warehouse:
    """Return the warehouse in which somebody counts, the main one where none is named."""
    return places.get(code) if code else places.all_places()[0]


def _movements(product_id: int) -> Sequence[Any]:
    """Return what moved of a product by batch, the latest first."""
    return db.session.execute(
        select(StockMovement, StockBatch, BatchMovement.units.label("units"))
        .join(BatchMovement, BatchMovement.stock_movement_id == StockMovement.id)
        .join(StockBatch, StockBatch.id == BatchMovement.stock_batch_id)
        .where(StockMovement.product_id == product_id)
        .order_by(StockMovement.id.desc(), BatchMovement.stock_batch_id)
        .limit(MOST_MOVEMENTS)
    ).all()


def _number(text: str | None, otherwise: int | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < MOST_DIGITS else otherwise


def _batches(product_id: int, place: Warehouse) -> list[StockBatch]:
    """Return what lies there by batch, and always what has none in a warehouse, so that it can be counted."""
    chosen = select(StockBatch).where(StockBatch.product_id == product_id, StockBatch.units > 0)
    rows = {row.key: row for row in db.session.scalars(chosen)}
    none = StockBatch(best_before=NEVER, number="", units=0, warehouse_id=place.id, warehouse=place)
    return [batch for _key, batch in sorted(({none.key: none} | rows).items())]
