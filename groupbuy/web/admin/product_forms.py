"""One product: making it, changing it, its picture, and its way to the shelf."""

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.file import FileField
from wtforms import BooleanField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length

from groupbuy.catalog import service
from groupbuy.catalog.models import Brand, Category, Product, Supplier
from groupbuy.catalog.rules import MAX_SHELF_PLACE
from groupbuy.commissions import floors
from groupbuy.db.transaction import in_transaction
from groupbuy.http.guards import signed_in
from groupbuy.http.pictures import store_picture
from groupbuy.http.quotas import add_upload
from groupbuy.http.row_ids import row_id
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput, GroupbuyError
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.conflicts import SeenForm
from groupbuy.web.admin.fields import WholeField, YuanField, optional
from groupbuy.web.admin.products import pairs
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.states import look, state_choices

TEXTS = ("spec", "barcode", "shelf_place", "description")
PLAIN = (
    "supplier_id",
    "case_size",
    "cost_fen",
    "price_fen",
    "list_price_fen",
    "temperature_zone",
    "weighed",
    "keeps",
    "dispose_hours",
    "dispose_refund",
)


class ProductForm(SeenForm):
    """Everything about a product."""

    version = HiddenField(default="0")
    code = StringField(_l("Item code"), validators=[InputRequired(), Length(max=64)])
    name = StringField(_l("Item name"), validators=[InputRequired(), Length(max=service.MAX_TEXT)])
    spec = StringField(_l("Specification"), validators=[Length(max=100)])
    category_id = SelectField(_l("Category"), coerce=int)
    brand_id = SelectField(_l("Brand"), coerce=int)
    supplier_id = SelectField(_l("Supplier"), coerce=int)
    unit = StringField(_l("Sale unit"), validators=[InputRequired(), Length(max=10)], default="份")
    case_size = WholeField(_l("Sale units in a case"), validators=[InputRequired()], default=1)
    cost_fen = YuanField(_l("Cost (yuan)"), validators=[InputRequired()])
    price_fen = YuanField(_l("Price (yuan)"), validators=[InputRequired()])
    list_price_fen = YuanField(_l("List price (yuan)"), validators=optional())
    temperature_zone = SelectField(_l("Temperature zone"))
    shelf_place = StringField(
        _l("Shelf place"),
        validators=[Length(max=MAX_SHELF_PLACE)],
        description=_l("Such as A-03-2; the pick list follows the shelves."),
    )
    barcode = StringField(_l("Barcode"), validators=[Length(max=64)])
    weighed = BooleanField(_l("Settled by weight"))
    keeps = BooleanField(_l("Keeps in stock"), description=_l("What is left over serves the next round."))
    est_grams = WholeField(_l("Weight of a piece (g)"), validators=optional())
    price_basis_g = WholeField(_l("The price is for (g)"), validators=optional())
    dispose_hours = WholeField(
        _l("Hours until disposal"),
        validators=optional(),
        description=_l("Left empty, what the category says holds; 0 is never."),
    )
    dispose_refund = BooleanField(
        _l("Pay back what was disposed of"), description=_l("Where the product has hours of its own.")
    )
    description = TextAreaField(_l("Description"), validators=[Length(max=2000)])
    picture = FileField(_l("Picture"), description=_l("JPEG, PNG or WebP up to 10 MB; cut to 750 pixels."))


def _form(product: Product | None) -> ProductForm:
    form = ProductForm(obj=product) if request.method == "GET" else ProductForm()
    none = SelectChoice(0, _("none"))
    form.category_id.choices = [none, *(SelectChoice(*pair) for pair in pairs(Category))]
    form.brand_id.choices = [none, *(SelectChoice(*pair) for pair in pairs(Brand))]
    form.supplier_id.choices = [SelectChoice(*pair) for pair in pairs(Supplier)]
    form.temperature_zone.choices = [
        SelectChoice(zone, name) for zone, name in state_choices("temperature_zone")
    ]
    return form


@blueprint.route("/products/new", methods=["GET", "POST"])
def products_new() -> ResponseReturnValue:
    """Make a draft."""
    form = _form(None)

    def store() -> None:
        code = form.code.data.strip()
        values = _values(form, None)
        product = service.create_product(code=code, values=values, now=utc_now(), actor=actor().name)
        floors.check_prices({product.id: product.price_fen})

    return saving.answer(
        form,
        store,
        template="admin/product.html",
        title=_("New product"),
        back=(url_for("admin.products"), _("Products")),
        done=_("The product is a draft; review it and put it on sale."),
        then=url_for("admin.products_edit", code=form.code.data.strip()) if form.code.data else "",
        upload=True,
        product=None,
    )


@blueprint.route("/products/<code>", methods=["GET", "POST"])
def products_edit(code: str) -> ResponseReturnValue:
    """Change a product."""
    product = service.get_product(code)
    form = _form(product)
    if form.is_submitted():
        form.code.data = code

    def store() -> None:
        stored = service.get_product(code)
        former = stored.price_fen
        service.edit_product(
            product=stored,
            version=row_id(form.version.data) or 0,
            values=_values(form, stored),
            now=utc_now(),
            actor=actor().name,
        )
        if stored.price_fen < former:
            floors.check_prices({stored.id: stored.price_fen})

    return saving.answer(
        form,
        store,
        template="admin/product.html",
        title=product.name,
        back=(url_for("admin.products"), _("Products")),
        then=url_for("admin.products_edit", code=code),
        stands=lambda: service.get_product(code),
        upload=True,
        product=product,
        moves=[(state, look("product", state).label) for state in sorted(service.MOVES[product.state])],
    )


def _values(form: ProductForm, product: Product | None) -> dict[str, Any]:
    values: dict[str, Any] = dict(saving.texts(form, *TEXTS))
    values |= {name: form[name].data for name in PLAIN}
    values |= {name: form[name].data or None for name in ("category_id", "brand_id")}
    values |= {"name": form.name.data.strip(), "unit": form.unit.data.strip()}
    values |= {
        name: form[name].data if form.weighed.data else None for name in ("est_grams", "price_basis_g")
    }
    if form.picture.data:
        # The transaction may run again: the file is read from its beginning each time.
        form.picture.data.seek(0)
        content = form.picture.data.read()
        add_upload(signed_in(), len(content))
        values["picture"] = store_picture(content)
    elif product is None:
        values["picture"] = None
    if values["case_size"] < 1:
        raise BadInput("out_of_range", "A case holds at least one.", param="case_size")
    return values


@blueprint.post("/products/<code>/state")
def products_state(code: str) -> ResponseReturnValue:
    """Move a product on its way to the shelf, or off it."""
    state = request.form.get("state", "")
    try:
        product = in_transaction(lambda: _move(code, state))
        flash(_("%(name)s: %(state)s", name=product.name, state=look("product", state).label), "ok")
    except GroupbuyError as error:
        if error.status == 404:
            raise
        flash(_("This step is not possible now."), "bad")
    return redirect(url_for("admin.products_edit", code=code), 303)


def _move(code: str, state: str) -> Product:
    product = service.get_product(code)
    service.move_product(product=product, state=state, now=utc_now(), actor=actor().name)
    return product
