"""The warehouses: which there are, and opening, renaming or closing one."""

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from wtforms import BooleanField, SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Length

from groupbuy.db.totals import total
from groupbuy.kernel.clock import utc_now
from groupbuy.warehouse import warehouses as service
from groupbuy.warehouse.models import StockBatch, Warehouse
from groupbuy.warehouse.rules import IN_TRANSIT
from groupbuy.warehouse.warehouses import CENTRAL, GRID, MAX_CODE, MAX_TEXT, TRANSIT
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.listing import Column, Filter, Listing, asked, searched, show
from groupbuy.web.admin.receiving import tabs
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l

COLUMNS = (
    Column(_l("Code number"), lambda row: row.Warehouse.code, "code"),
    Column(_l("Item name"), lambda row: row.Warehouse.name, "name", lambda row: _stock(row), width=20),
    Column(_l("Kind"), lambda row: row.Warehouse.kind, "state:warehouse"),
    Column(_l("Address"), lambda row: row.Warehouse.address, width=28),
    Column(_l("Products"), lambda row: row.products, "number"),
    Column(_l("Units"), lambda row: row.units, "number", sort="units"),
    Column(_l("State"), lambda row: "on" if row.Warehouse.active else "off", "state:takes_in"),
)


class WarehouseForm(PageForm):
    """A warehouse."""

    name = StringField(_l("Item name"), validators=[InputRequired(), Length(max=MAX_TEXT)])
    kind = SelectField(
        _l("Kind"), choices=[SelectChoice(CENTRAL, _l("central")), SelectChoice(GRID, _l("grid"))]
    )
    address = StringField(_l("Address"), validators=[Length(max=MAX_TEXT)])
    active = BooleanField(_l("Takes goods in"), default=True)


class NewWarehouseForm(WarehouseForm):
    """A warehouse that there is not yet."""

    code = StringField(_l("Code number"), validators=[InputRequired(), Length(max=MAX_CODE)])


def _stock(row: Any) -> str:
    return url_for("admin.stock_batches", warehouse=row.Warehouse.code)


def place_name(place: Warehouse) -> str:
    """Return how pages call a warehouse."""
    return _("on the way") if place.id == IN_TRANSIT else place.name


def place_choices() -> list[SelectChoice]:
    """Return the warehouses that take goods in, the main one first."""
    return [SelectChoice(place.code, place.name) for place in service.open_places()]


def place_filter() -> Filter:
    """Return the filter by the warehouse in which goods lie."""
    places = [(place.code, place.name) for place in service.all_places()]
    return Filter("warehouse", _("Warehouse"), places, _("All warehouses"))


def asked_place() -> Warehouse | None:
    """Return the warehouse that the filter asks for."""
    return service.find(asked("warehouse"))


@blueprint.get("/warehouses")
def warehouses() -> ResponseReturnValue:
    """List the warehouses with what lies there."""
    lies = (StockBatch.warehouse_id == Warehouse.id) & (StockBatch.units > 0)
    units = total(StockBatch.units)
    statement = (
        select(
            Warehouse, func.count(StockBatch.product_id.distinct()).label("products"), units.label("units")
        )
        .outerjoin(StockBatch, lies)
        .where(Warehouse.kind != TRANSIT)
        .group_by(Warehouse.id)
        .order_by(Warehouse.id)
        .where(*searched(Warehouse.code, Warehouse.name))
    )
    listing = Listing(
        "warehouses",
        _("Warehouses"),
        statement,
        COLUMNS,
        filters=(Filter("q", _("Code or name")),),
        sorts={"units": units},
        actions=((_("Edit"), lambda row: url_for("admin.warehouses_edit", code=row.Warehouse.code)),),
    )
    new = (url_for("admin.warehouses_new"), _("New warehouse"))
    return show(listing, tabs=tabs("admin.warehouses"), new=new)


@blueprint.route("/warehouses/new", methods=["GET", "POST"])
def warehouses_new() -> ResponseReturnValue:
    """Open a warehouse."""
    form = NewWarehouseForm(kind=GRID)
    return _answer(form, lambda: form.code.data or "", _("New warehouse"), new=True)


@blueprint.route("/warehouses/<code>", methods=["GET", "POST"])
def warehouses_edit(code: str) -> ResponseReturnValue:
    """Change a warehouse, or let it take no more goods in."""
    place = service.get(code)
    return _answer(WarehouseForm(obj=place), lambda: code, place.name, new=False)


def _answer(form: WarehouseForm, code: Any, title: str, *, new: bool) -> ResponseReturnValue:
    def store() -> None:
        service.save(
            code=code(),
            name=form.name.data or "",
            kind=form.kind.data,
            address=form.address.data,
            active=form.active.data,
            now=utc_now(),
            actor=actor().name,
            new=new,
        )

    return saving.answer(form, store, title=title, back=(url_for("admin.warehouses"), _("Warehouses")))
