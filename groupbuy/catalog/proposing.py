"""Products that somebody outside the office would like to see: drafts without supplier and cost."""

from datetime import datetime

from sqlalchemy import select

from groupbuy.catalog.models import Product, Supplier
from groupbuy.catalog.service import UNDECIDED, create_product, save_supplier
from groupbuy.db import db


def propose_product(
    *, code: str, name: str, spec: str, price_fen: int, now: datetime, actor: str
) -> tuple[Product, bool]:
    """Make a draft that an operator gives a supplier, a cost and a review before it can be sold.

    Return it, and whether it is new: a product with this code is returned as it is. Raise BadInput.
    """
    former = db.session.scalar(select(Product).where(Product.code == code))
    if former is not None:
        return former, False
    supplier = db.session.scalar(select(Supplier).where(Supplier.code == UNDECIDED))
    if supplier is None:
        values = {"code": UNDECIDED, "name": "待定供应商", "active": False}
        supplier = save_supplier(supplier=None, values=values, now=now, actor=actor)
    values = {
        "name": name,
        "spec": spec or None,
        "price_fen": price_fen,
        "cost_fen": 0,
        "supplier_id": supplier.id,
    }
    return create_product(code=code, values=values, now=now, actor=actor), True
