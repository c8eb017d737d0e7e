"""Reading the catalogue."""

from collections.abc import Sequence

from sqlalchemy import select

from groupbuy.catalog.models import Supplier
from groupbuy.db import db


def is_supplier(code: str, supplier_ids: Sequence[int]) -> bool:
    """Tell whether a code is one of these suppliers'."""
    found = select(Supplier.id).where(Supplier.code == code, Supplier.id.in_(supplier_ids))
    return db.session.scalar(found) is not None
