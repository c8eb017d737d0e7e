"""Goods are promised after the sale (补发、换货), or handed over by hand; ``replacing`` brings them."""

from datetime import datetime

from sqlalchemy import select

from groupbuy.aftersales.models import AfterSaleCase, Replacement
from groupbuy.aftersales.rules import Kind, PromiseState
from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.flows import exchanging
from groupbuy.kernel.errors import BadInput, RuleBroken


def promise(*, case: AfterSaleCase, instead: str | None, now: datetime) -> None:
    """Promise the goods of an approved case, or for an exchange the product ``instead``, unit for unit.

    Raise BadInput ``unknown_product``, RuleBroken ``dearer``.
    """
    other = _product(instead) if instead and case.kind == Kind.EXCHANGE else None
    if other is not None:
        exchanging.check_price(case, other)
    for line in case.lines:
        product = other or line.line.offer.product
        case.replacements.append(
            Replacement(
                order_line_id=line.order_line_id, product_id=product.id, units=line.units, promised_at=now
            )
        )
    db.session.flush()


def _product(code: str) -> Product:
    product = db.session.scalar(select(Product).where(Product.code == code.strip()))
    if product is None:
        raise BadInput("unknown_product", f"There is no product {code.strip()}.", param="instead")
    return product


def hand_over(*, case: AfterSaleCase) -> None:
    """Note that promised goods came by hand; raise RuleBroken ``on_its_way`` where a round brings them."""
    chosen = select(Replacement).where(Replacement.case_id == case.id).order_by(Replacement.id)
    rows = db.session.scalars(chosen.with_for_update().execution_options(populate_existing=True)).all()
    if any(row.state == PromiseState.PLACED for row in rows):
        raise RuleBroken("on_its_way", "These goods come with a round already.")
    for row in rows:
        if row.state == PromiseState.WAITING:
            row.state = PromiseState.HANDED_OUT
    db.session.flush()
