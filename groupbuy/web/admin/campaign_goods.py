"""The goods in the form of a campaign: found, added, pasted, taken out."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from groupbuy.catalog.models import Category, Product
from groupbuy.db import db
from groupbuy.kernel.money import plain_yuan
from groupbuy.web.admin.campaign_forms import CampaignForm
from groupbuy.web.admin.goods_paste import PasteFault, read_paste
from groupbuy.web.admin.listing import contains

FOUND = 12


def products_of(codes: Sequence[str]) -> Mapping[str, Product]:
    """Return products by code, with their suppliers; a code that is unknown is left out."""
    rows = db.session.scalars(
        select(Product).where(Product.code.in_(codes)).options(joinedload(Product.supplier))
    )
    return {product.code: product for product in rows}


def found_for(form: CampaignForm, taken: Mapping[str, Product]) -> Sequence[Product]:
    """Return products on the shelf that match the search and are not in the campaign yet."""
    statement = (
        select(Product)
        .outerjoin(Category, Category.id == Product.category_id)
        .where(Product.state == "on_shelf", Product.code.not_in(list(taken)))
        .options(joinedload(Product.supplier))
        .order_by(Product.code)
        .limit(FOUND)
    )
    if text := (form.find.data or "").strip():
        columns = (Product.code, Product.name, Category.name, Product.barcode)
        statement = statement.where(or_(*(contains(column, text) for column in columns)))
    return db.session.scalars(statement).all()


def _add(form: CampaignForm, code: str) -> Sequence[PasteFault]:
    product = products_of([code]).get(code)
    if product is not None and code not in {row.code.data for row in form.goods}:
        _append(form, product)
    return ()


def _append(form: CampaignForm, product: Product, **terms: Any) -> None:
    usual = {"code": product.code, "price_fen": product.price_fen, "multiple": 1}
    row = form.goods.append_entry(usual | {"list_price_fen": product.list_price_fen} | terms)
    # A row that is saved at once counts as typed in.
    row.price_fen.raw_data = [plain_yuan(row.price_fen.data)]


def _remove(form: CampaignForm, code: str) -> Sequence[PasteFault]:
    form.goods.entries = [row for row in form.goods.entries if row.code.data != code]
    return ()


def paste_rows(form: CampaignForm, _what: str) -> Sequence[PasteFault]:
    """Put pasted rows in the place of those of the same products; return what was not understood."""
    rows, faults = read_paste(form.paste.data or "")
    products = products_of([row.code for row in rows])
    bad = {fault.line for fault in faults}
    for row in rows:
        product = products.get(row.code)
        if product is None:
            faults.append(PasteFault(row.line, row.code))
        elif row.line not in bad:
            _remove(form, row.code)
            price = product.price_fen if row.price_fen is None else row.price_fen
            limits = {"per_buyer_limit": row.per_buyer_limit, "min_units": row.min_units}
            _append(form, product, price_fen=price, limit_units=row.limit_units, **limits)
    if not faults:
        form.paste.data, form.paste.raw_data = "", [""]
    return sorted(faults, key=lambda fault: fault.line)


def _nothing(_form: CampaignForm, _what: str) -> Sequence[PasteFault]:
    return ()


STEPS: Mapping[str, Callable[[CampaignForm, str], Sequence[PasteFault]]] = {
    "add": _add,
    "remove": _remove,
    "paste": paste_rows,
    "find": _nothing,
    "calendar": _nothing,
}
