"""On which day an order is handed out: its round's pickup day, unless it has one of its own (拆单)."""

from datetime import date

from sqlalchemy import ColumnElement, CompoundSelect, and_, func, select, union

from groupbuy.campaigns.models import Round
from groupbuy.orders.models import Order


def day_of() -> ColumnElement[date]:
    """Return the pickup day of an order in a statement that joins its round."""
    return func.coalesce(Order.pickup_date, Round.pickup_date)


def is_on(day: date) -> ColumnElement[bool]:
    """Return the condition that an order is handed out on a day, in a statement that joins its round."""
    # The rounds are named first, so that a database of many rounds looks at the orders of a few.
    rounds = select(Round.id).where(Round.pickup_date == day).correlate(None)
    parts = select(Order.round_id).where(Order.pickup_date == day).correlate(None)
    return and_(Round.id.in_(union(rounds, parts)), day_of() == day)


def rounds_until(day: date) -> CompoundSelect[int]:
    """Return the query of the rounds of which something is handed out until a day, by id."""
    rounds = select(Round.id).where(Round.pickup_date <= day).correlate(None)
    return union(rounds, select(Order.round_id).where(Order.pickup_date <= day).correlate(None))
