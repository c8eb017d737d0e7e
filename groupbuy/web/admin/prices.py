"""Changing the prices of many products at once: by percent or yuan, seen before it is done."""

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from wtforms import RadioField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, ValidationError

from groupbuy.catalog import service
from groupbuy.catalog.models import Product
from groupbuy.catalog.rules import changed_price
from groupbuy.commissions import floors
from groupbuy.db import db
from groupbuy.http.row_ids import row_id
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput
from groupbuy.kernel.money import BASIS, parse_fixed
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.products import MOST
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import ngettext, translate_sentence

PERCENT, YUAN = "percent", "yuan"
SEEN = "seen-"


class PricesForm(PageForm):
    """By how much prices change; below zero lowers them."""

    by = RadioField(
        _l("Change by"),
        choices=[SelectChoice(PERCENT, _l("Percent")), SelectChoice(YUAN, _l("Yuan"))],
        default=PERCENT,
    )
    amount = StringField(
        _l("How much"),
        validators=[InputRequired(_l("Type by how much, such as 5 or -0.50.")), Length(max=12)],
        description=_l("Below zero lowers the prices, such as -5."),
    )

    def validate_amount(self, field: StringField) -> None:
        """Refuse what is no number with two decimals, or halves nothing into nothing."""
        try:
            units = parse_fixed((field.data or "").strip().removeprefix("+"), 2)
        except (ValueError, OverflowError) as error:
            raise ValidationError(
                _("Type a number with at most two decimals, such as 5 or -0.50.")
            ) from error
        if not units or (self.by.data == PERCENT and abs(units) > BASIS):
            raise ValidationError(_("Type a number other than 0; no more than a hundred percent."))

    @property
    def change(self) -> dict[str, int]:
        """Return the change as the catalogue takes it: basis points or fen."""
        units = parse_fixed(self.amount.data.strip().removeprefix("+"), 2)
        return {"by_bp": units} if self.by.data == PERCENT else {"by_fen": units}


@blueprint.post("/products/prices")
def products_prices() -> ResponseReturnValue:
    """Show what the ticked products would cost, and change them once that was seen."""
    products = _ticked()
    if not products:
        flash(_("Tick at least one product first."), "wait")
        return redirect(url_for("admin.products"), 303)
    first = "by" not in request.form
    form = PricesForm(formdata=None) if first else PricesForm()
    if first or not form.validate():
        return _page(form, products, {}, 422 if form.errors else 200)
    if request.form.get("do") == "save" and saving.stored(form, lambda: _store(form, products)):
        count = len(products)
        flash(ngettext("%(num)s product changed.", "%(num)s products changed.", count), "ok")
        return redirect(url_for("admin.products"), 303)
    return _page(form, products, _changed(form, products), 422 if form.errors else 200)


def _ticked() -> Sequence[Product]:
    ids = [number for text in request.form.getlist("id")[:MOST] if (number := row_id(text)) is not None]
    return db.session.scalars(select(Product).where(Product.id.in_(ids)).order_by(Product.code)).all()


def _changed(form: PricesForm, products: Sequence[Product]) -> dict[int, int]:
    """Return the new prices by product; say at the field when one would be nothing."""
    try:
        return {one.id: changed_price(one.price_fen, **form.change) for one in products}
    except BadInput as error:
        form.amount.errors = [*form.amount.errors, translate_sentence(error.message)]
        return {}


def _store(form: PricesForm, products: Sequence[Product]) -> None:
    """Change the prices of the versions that were shown; one without is refused as changed."""
    seen: dict[int, Any] = {one.id: request.form.get(f"{SEEN}{one.id}", "") for one in products}
    versions = {key: row_id(text) or 0 for key, text in seen.items()}
    service.reprice_many(versions=versions, **form.change, now=utc_now(), actor=actor().name)
    if min(form.change.values()) < 0:
        floors.check_prices({one.id: one.price_fen for one in products})


def _page(
    form: PricesForm, products: Sequence[Product], prices: dict[int, int], status: int
) -> ResponseReturnValue:
    page = render_template("admin/prices.html", form=form, products=products, prices=prices, seen=SEEN)
    return page, status
