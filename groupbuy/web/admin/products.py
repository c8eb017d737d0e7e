"""Products: the list with its bulk changes."""

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from groupbuy.catalog import service
from groupbuy.catalog.models import Category, Product, Supplier
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.http.row_ids import row_id
from groupbuy.kernel.clock import utc_now
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.listing import (
    Column,
    Filter,
    Listing,
    asked_id,
    by_state,
    in_state,
    searched,
    show,
)
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import ngettext
from groupbuy.web.kit.states import state_choices

MOST = 500


def product_page(row: Product) -> str:
    """Return the address of a product's page."""
    return url_for("admin.products_edit", code=row.code)


COLUMNS = (
    Column(_l("Item code"), lambda row: row.code, "code", product_page),
    Column(_l("Product"), lambda row: row.name, "name", sort="name", width=26),
    Column(_l("Specification"), lambda row: row.spec),
    Column(_l("Category"), lambda row: row.category.name if row.category else None),
    Column(_l("Supplier"), lambda row: row.supplier.name, width=20),
    Column(_l("Unit"), lambda row: row.unit),
    Column(_l("Case size"), lambda row: row.case_size, "number"),
    Column(_l("Cost"), lambda row: row.cost_fen, "money", sort="cost"),
    Column(_l("Price"), lambda row: row.price_fen, "money", sort="price"),
    Column(_l("State"), lambda row: row.state, "state:product"),
)


def tabs(current: str) -> list[tuple[str, str, bool]]:
    """Return the lists of the catalogue as tabs."""
    pages = (
        (_("Products"), "admin.products"),
        (_("Categories"), "admin.products_categories"),
        (_("Brands"), "admin.products_brands"),
        (_("Import"), "admin.products_import"),
    )
    return [(url_for(endpoint), text, endpoint == current) for text, endpoint in pages]


def pairs(table: Any) -> list[tuple[int, str]]:
    """Return (id, name) of every row of a small table, by name."""
    return [(row[0], row[1]) for row in db.session.execute(select(table.id, table.name).order_by(table.name))]


@blueprint.get("/products")
def products() -> ResponseReturnValue:
    """List products."""
    categories, suppliers = pairs(Category), pairs(Supplier)
    filters = [
        Filter("q", _("Name, code or barcode")),
        by_state("product"),
        Filter("category", _("Category"), categories, _("All categories")),
        Filter("supplier", _("Supplier"), suppliers, _("All suppliers")),
    ]
    listing = Listing(
        "products",
        _("Products"),
        _statement(),
        COLUMNS,
        filters=[one for one in filters if one.choices or one.name == "q"],
        sorts={"name": Product.name, "cost": Product.cost_fen, "price": Product.price_fen},
        actions=((_("Edit"), product_page),),
        scalars=True,
    )
    return show(
        listing,
        "admin/products.html",
        tabs=tabs("admin.products"),
        new=(url_for("admin.products_new"), _("New product")),
        empty_text=_("Make a product, or import many from a workbook."),
        categories=categories,
        suppliers=suppliers,
        zones=state_choices("temperature_zone"),
    )


def _statement() -> Select[*tuple[Any, ...]]:
    related = (joinedload(Product.supplier), joinedload(Product.category))
    statement: Select[*tuple[Any, ...]] = select(Product).options(*related).order_by(Product.code)
    statement = statement.where(*searched(Product.name, Product.code, Product.barcode))
    statement = statement.where(*in_state(Product.state))
    if category := asked_id("category"):
        statement = statement.where(Product.category_id == category)
    if supplier := asked_id("supplier"):
        statement = statement.where(Product.supplier_id == supplier)
    return statement


@blueprint.post("/products/many")
def products_many() -> ResponseReturnValue:
    """Change what is ticked: its state, category, supplier or temperature zone."""
    ids = [number for text in request.form.getlist("id")[:MOST] if (number := row_id(text)) is not None]
    back = redirect(url_for("admin.products") + _query(request.form.get("back", "")), 303)
    if not ids:
        flash(_("Tick at least one product first."), "wait")
        return back
    field, _colon, value = request.form.get("change", "").partition("=")
    now, who = utc_now(), actor().name

    def change() -> int:
        if field == "state":
            return service.move_many(product_ids=ids, state=value, now=now, actor=who)
        number = row_id(value)
        values = {field: value if number is None else number}
        return service.edit_many(product_ids=ids, values=values, now=now, actor=who)

    count = in_transaction(change)
    flash(ngettext("%(num)s product changed.", "%(num)s products changed.", count), "ok")
    return back


def _query(address: str) -> str:
    """Return the query of an address, so that the list comes back with its filters."""
    return "?" + address.partition("?")[2] if "?" in address else ""
