"""Who else delivers a product, at which cost, and how its need is split."""

from flask import request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from wtforms import FieldList, Form, FormField, HiddenField, SelectField
from wtforms.fields import SelectChoice

from groupbuy.catalog import service, sourcing
from groupbuy.catalog.models import Product, Supplier
from groupbuy.catalog.sourcing import Further, Sourcing
from groupbuy.db import db
from groupbuy.http.row_ids import row_id
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.fields import PercentField, WholeField, YuanField, optional
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l


class SourceForm(Form):  # type: ignore[misc]  # WTForms ships no types.
    """One further supplier; without one the row counts for nothing."""

    class Meta(PageForm.Meta):
        csrf = False

    supplier_code = SelectField(_l("Supplier"), default="")
    cost_fen = YuanField(_l("Cost (yuan)"), validators=optional())
    case_size = WholeField(_l("Sale units in a case"), validators=optional())
    share_bp = PercentField(_l("Share, per cent"), validators=optional())
    daily_limit = WholeField(_l("At most a day"), validators=optional())


class SourcesForm(PageForm):
    """All suppliers of a product but its own, and how the need is split."""

    version = HiddenField()
    split_by = SelectField(
        _l("The need is split"),
        choices=[
            SelectChoice("share", _l("by share")),
            SelectChoice("price", _l("by price: the cheapest first, up to its limit a day")),
        ],
    )
    daily_limit = WholeField(_l("The product's own supplier: at most a day"), validators=optional())
    sources = FieldList(FormField(SourceForm), min_entries=sourcing.MOST, max_entries=sourcing.MOST)


@blueprint.route("/products/<code>/sources", methods=["GET", "POST"])
def products_sources(code: str) -> ResponseReturnValue:
    """Name the further suppliers of a product."""
    product = service.get_product(code)
    stored = sourcing.sourcing_of(product)
    form = _form(product, stored)
    # A form that does not say which version it has seen has seen none.
    seen = request.form.get("version", "")

    def store() -> None:
        sourcing.set_sourcing(
            product=service.get_product(code),
            wanted=_wanted(form),
            now=utc_now(),
            actor=actor().name,
            version=row_id(seen) or 0,
        )

    return saving.answer(
        form,
        store,
        template="admin/product_sources.html",
        title=_("Suppliers of %(name)s", name=product.name),
        back=(url_for("admin.products_edit", code=code), product.name),
        product=product,
        main_share_bp=stored.main_share_bp,
    )


def _form(product: Product, stored: Sourcing) -> SourcesForm:
    form = SourcesForm(
        data={
            "version": product.version,
            "split_by": stored.split_by,
            "daily_limit": stored.daily_limit,
            "sources": [*stored.further, *[{}] * (sourcing.MOST - len(stored.further))],
        }
    )
    choices = _suppliers(product, stored)
    for row in form.sources:
        row.supplier_code.choices = choices
    return form


def _suppliers(product: Product, stored: Sourcing) -> list[SelectChoice]:
    """Return who can deliver: all who do, and who stands there already."""
    named = [one.supplier_code for one in stored.further]
    rows = db.session.execute(
        select(Supplier.code, Supplier.name)
        .where(Supplier.id != product.supplier_id)
        .where(Supplier.active | Supplier.code.in_(named))
        .order_by(Supplier.code)
    )
    return [SelectChoice("", _("none")), *(SelectChoice(code, f"{code} {name}") for code, name in rows)]


def _wanted(form: SourcesForm) -> Sourcing:
    further = tuple(_further(row, index) for index, row in enumerate(form.sources) if row.supplier_code.data)
    return Sourcing(form.split_by.data, form.daily_limit.data, further)


def _further(row: SourceForm, index: int) -> Further:
    if row.cost_fen.data is None:
        raise BadInput(
            "required", "Say what this supplier asks for a sale unit.", param=f"sources[{index}].cost_fen"
        )
    return Further(
        supplier_code=row.supplier_code.data,
        cost_fen=row.cost_fen.data,
        case_size=1 if row.case_size.data is None else row.case_size.data,
        share_bp=row.share_bp.data or 0,
        daily_limit=row.daily_limit.data,
    )
