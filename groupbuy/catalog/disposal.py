"""When perishables that nobody fetched may be disposed of: by their product's rule, else their category's."""

from datetime import timedelta
from typing import Any

from sqlalchemy import case, false, func, select

from groupbuy.catalog.models import Category, Product
from groupbuy.db import db
from groupbuy.finance import dials
from groupbuy.kernel.errors import BadInput

# What a product's rule says when its goods are never disposed of, whatever the category says.
NEVER = 0


def hours_of_rule() -> Any:
    """Return the hours of the rule that a product follows, null for never; the category is joined."""
    return func.nullif(func.coalesce(Product.dispose_hours, Category.dispose_hours), NEVER)


def refund_of_rule() -> Any:
    """Return whether the rule that a product follows pays back what was disposed of."""
    by_category = func.coalesce(Category.dispose_refund, false())
    return case((Product.dispose_hours.is_not(None), Product.dispose_refund), else_=by_category)


def shortest() -> timedelta | None:
    """Return the shortest time of any rule, None without any."""
    return _hours(func.min)


def longest() -> timedelta | None:
    """Return the longest time of any rule, None without any."""
    return _hours(func.max)


def _hours(of: Any) -> timedelta | None:
    by_product = select(Product.dispose_hours.label("hours")).where(Product.dispose_hours > NEVER)
    rules = by_product.union_all(select(Category.dispose_hours)).subquery()
    hours = db.session.scalar(select(of(rules.c.hours)))
    return None if hours is None else timedelta(hours=hours)


def check_rule(hours: int | None) -> None:
    """Refuse a rule that comes too late; raise BadInput ``after_confirmation``.

    What nobody has scanned counts as fetched after a while: then there is nothing left to dispose of.
    """
    if not hours:
        return
    confirmed = dials.hold("confirm_hours")
    if 0 < confirmed <= hours:
        raise BadInput(
            "after_confirmation",
            f"What nobody scanned counts as fetched after {confirmed} hours: choose fewer.",
            param="dispose_hours",
        )
