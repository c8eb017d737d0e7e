"""Suppliers."""

from datetime import date
from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from wtforms import BooleanField, SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Length, Regexp

from groupbuy.catalog import service
from groupbuy.catalog import supplier_files as files
from groupbuy.catalog.models import Product, Supplier
from groupbuy.kernel.clock import utc_now
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.conflicts import SeenForm
from groupbuy.web.admin.fields import YuanField, optional
from groupbuy.web.admin.listing import Column, Filter, Listing, asked, searched, show
from groupbuy.web.kit.filters import today
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l


class SupplierForm(SeenForm):
    """Everything about a supplier."""

    code = StringField(_l("Item code"), validators=[InputRequired(), Length(max=64)])
    name = StringField(_l("Item name"), validators=[InputRequired(), Length(max=100)])
    contact = StringField(_l("Contact"), validators=[Length(max=60)])
    phone = StringField(_l("Phone"), validators=[Length(max=30)])
    email = StringField(
        _l("Mail"),
        validators=[
            Length(max=200),
            Regexp(r"^\s*$|^[^@\s]+@[^@\s]+$", message=_l("This is no mail address.")),
        ],
        description=_l("Purchase orders go here by mail; without one they are downloaded."),
    )
    min_order_fen = YuanField(
        _l("Minimum of an order (yuan)"),
        validators=optional(),
        description=_l("It is looked at after rounding to whole cases."),
    )
    minimum_policy = SelectField(
        _l("Below the minimum"),
        choices=[
            SelectChoice("hold", _l("hold the order for a decision")),
            SelectChoice("cancel", _l("cancel its goods and pay back")),
            SelectChoice("extend", _l("extend the round, then hold")),
            SelectChoice("top_up", _l("top up with goods that keep, into stock")),
        ],
        description=_l("What the close of a round does; decide it before the cut-off."),
    )
    terms = StringField(
        _l("Payment terms"),
        validators=[Length(max=100)],
        description=_l("Purchase orders say it, such as 月结30天; empty leaves a line to fill in."),
    )
    active = BooleanField(_l("Delivers at present"), default=True)


def supplier_page(row: Any) -> str:
    """Return the address of a supplier's page."""
    return url_for("admin.suppliers_edit", code=row.Supplier.code)


COLUMNS = (
    Column(_l("Item code"), lambda row: row.Supplier.code, "code", supplier_page),
    Column(_l("Item name"), lambda row: row.Supplier.name, "name", sort="name", width=24),
    Column(_l("Contact"), lambda row: row.Supplier.contact),
    Column(_l("Phone"), lambda row: row.Supplier.phone, "code"),
    Column(_l("Mail"), lambda row: row.Supplier.email, width=24),
    Column(_l("Minimum of an order"), lambda row: row.Supplier.min_order_fen, "money"),
    Column(_l("Licences until"), lambda row: _ends_on(row), "day", lambda row: _file(row), "ends"),
    Column(_l("Products"), lambda row: row.products, "number", lambda row: _products(row)),
    Column(_l("Active"), lambda row: "yes" if row.Supplier.active else "no", "state:shown"),
)


def _products(row: Any) -> str:
    return url_for("admin.products", supplier=row.Supplier.id)


def _file(row: Any) -> str:
    return url_for("admin.suppliers_file", code=row.Supplier.code)


def _ends_on(row: Any) -> date | None:
    return None if row.ends_on == files.ENDLESS else row.ends_on


@blueprint.get("/suppliers")
def suppliers() -> ResponseReturnValue:
    """List suppliers."""
    count = select(func.count()).where(Product.supplier_id == Supplier.id).scalar_subquery()
    ending = files.ends()
    statement = (
        select(Supplier, count.label("products"), ending.c.ends_on)
        .outerjoin(ending, ending.c.supplier_id == Supplier.id)
        .order_by(Supplier.code)
    )
    if asked("renew"):
        statement = statement.where(ending.c.ends_on <= today() + files.WARNED)
    statement = statement.where(*searched(Supplier.code, Supplier.name, Supplier.contact))
    listing = Listing(
        "suppliers",
        _("Suppliers"),
        statement,
        COLUMNS,
        filters=(
            Filter("q", _("Name, code or contact")),
            Filter("renew", _("Licences"), [("1", _("Expired, or within 30 days"))], _("All licences")),
        ),
        sorts={"name": Supplier.name, "ends": ending.c.ends_on},
        actions=((_("Edit"), supplier_page), (_("File"), _file)),
        personal=True,
    )
    new = (url_for("admin.suppliers_new"), _("New supplier"))
    return show(listing, new=new, empty_text=_("Make a supplier, or import many from a workbook."))


@blueprint.route("/suppliers/new", methods=["GET", "POST"], defaults={"code": None}, endpoint="suppliers_new")
@blueprint.route("/suppliers/<code>", methods=["GET", "POST"])
def suppliers_edit(code: str | None) -> ResponseReturnValue:
    """Make or change a supplier."""
    supplier = None if code is None else files.get_supplier(code)
    form = SupplierForm(obj=supplier)

    def store() -> None:
        values: dict[str, Any] = dict(saving.texts(form, "contact", "phone", "email", "terms"))
        values |= {"code": form.code.data.strip(), "name": form.name.data.strip()}
        values |= {"min_order_fen": form.min_order_fen.data or 0, "active": form.active.data}
        values |= {"minimum_policy": form.minimum_policy.data}
        stored = None if code is None else files.get_supplier(code)
        service.save_supplier(supplier=stored, values=values, now=utc_now(), actor=actor().name)

    title = supplier.name if supplier else _("New supplier")
    back = (url_for("admin.suppliers"), _("Suppliers"))
    return saving.answer(
        form, store, title=title, back=back, stands=lambda: None if code is None else files.get_supplier(code)
    )
