"""Categories and brands: two short lists that are alike."""

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, func, select
from wtforms import BooleanField, StringField
from wtforms.validators import InputRequired, Length

from groupbuy.catalog import service
from groupbuy.catalog.models import Brand, Category, Product
from groupbuy.db import db
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import NotFound
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.fields import WholeField, optional
from groupbuy.web.admin.listing import Column, Filter, Listing, asked, contains, show
from groupbuy.web.admin.products import tabs
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l


class NameForm(PageForm):
    """A name."""

    name = StringField(_l("Item name"), validators=[InputRequired(), Length(max=60)])


class CategoryForm(NameForm):
    """A category."""

    sort = WholeField(_l("Place in the list"), validators=optional(), default=0)
    after_sale_hours = WholeField(
        _l("Hours for after-sale requests"),
        validators=optional(),
        description=_l("After the pickup. Left empty, it is the days under Figures of money."),
    )
    dispose_hours = WholeField(
        _l("Hours until disposal"),
        validators=optional(),
        description=_l(
            "Perishables: so long after they arrived, leaders may dispose of what nobody fetched; residents "
            "are warned before. Left empty: never. Choose fewer hours than those after which goods count "
            "as fetched."
        ),
    )
    dispose_refund = BooleanField(_l("Pay back what was disposed of"))


def _counted(table: Any, column: Any) -> Select[*tuple[Any, ...]]:
    count = select(func.count()).where(column == table.id).scalar_subquery().label("products")
    statement = select(table.id, table.name, count)
    return statement.where(contains(table.name, text)) if (text := asked("q")) else statement


@blueprint.get("/products/categories")
def products_categories() -> ResponseReturnValue:
    """List categories in the order in which residents see them."""
    statement = _counted(Category, Product.category_id).add_columns(
        Category.sort, Category.after_sale_hours, Category.dispose_hours
    )
    columns = (
        *_columns(_category_products),
        Column(_l("Place"), lambda row: row.sort, "number"),
        Column(_l("Hours for after-sale requests"), lambda row: row.after_sale_hours, "number"),
        Column(_l("Hours until disposal"), lambda row: row.dispose_hours, "number"),
    )
    listing = Listing(
        "categories",
        _("Categories"),
        statement.order_by(Category.sort, Category.name),
        columns,
        filters=(Filter("q", _("Item name")),),
        actions=((_("Edit"), lambda row: url_for("admin.products_category", row_id=row.id)),),
    )
    new = (url_for("admin.products_category"), _("New category"))
    return show(listing, tabs=tabs("admin.products_categories"), new=new)


@blueprint.get("/products/brands")
def products_brands() -> ResponseReturnValue:
    """List brands."""
    listing = Listing(
        "brands",
        _("Brands"),
        _counted(Brand, Product.brand_id).order_by(Brand.name),
        _columns(lambda _row: None),
        filters=(Filter("q", _("Item name")),),
        actions=((_("Edit"), lambda row: url_for("admin.products_brand", row_id=row.id)),),
    )
    new = (url_for("admin.products_brand"), _("New brand"))
    return show(listing, tabs=tabs("admin.products_brands"), new=new)


def _category_products(row: Any) -> str:
    return url_for("admin.products", category=row.id)


def _columns(link: Any) -> tuple[Column, ...]:
    return (
        Column(_l("Item name"), lambda row: row.name, "name"),
        Column(_l("Products"), lambda row: row.products, "number", link),
    )


@blueprint.route("/products/categories/new", methods=["GET", "POST"], defaults={"row_id": None})
@blueprint.route("/products/categories/<int:row_id>", methods=["GET", "POST"])
def products_category(row_id: int | None) -> ResponseReturnValue:
    """Make or change a category."""
    form = CategoryForm(obj=_stored(Category, row_id))
    back = (url_for("admin.products_categories"), _("Categories"))
    return _answer(form, Category, row_id, back, _("Category"))


@blueprint.route("/products/brands/new", methods=["GET", "POST"], defaults={"row_id": None})
@blueprint.route("/products/brands/<int:row_id>", methods=["GET", "POST"])
def products_brand(row_id: int | None) -> ResponseReturnValue:
    """Make or change a brand."""
    form = NameForm(obj=_stored(Brand, row_id))
    return _answer(form, Brand, row_id, (url_for("admin.products_brands"), _("Brands")), _("Brand"))


def _stored(table: type[Category] | type[Brand], row_id: int | None) -> Any:
    row = None if row_id is None else db.session.get(table, row_id)
    if row_id is not None and row is None:
        raise NotFound("unknown_row", "There is no such entry.")
    return row


def _answer(
    form: NameForm, table: type[Category] | type[Brand], row_id: int | None, back: tuple[str, str], title: str
) -> ResponseReturnValue:
    def store() -> None:
        values: dict[str, Any] = {"name": form.name.data.strip()}
        if isinstance(form, CategoryForm):
            names = ("after_sale_hours", "dispose_hours", "dispose_refund")
            values |= {"sort": form.sort.data or 0} | {name: form[name].data for name in names}
        service.save_named(table=table, row_id=row_id, values=values, now=utc_now(), actor=actor().name)

    return saving.answer(form, store, title=title, back=back)
