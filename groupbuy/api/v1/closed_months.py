"""Months of the books that are closed: they take no more postings, corrections go into the next one."""

from typing import Any

from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.money import STAFF, Month
from groupbuy.api.v1.shapes import Json, Shape
from groupbuy.finance import queries
from groupbuy.finance.models import ClosedPeriod
from groupbuy.flows import bookkeeping
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.times import iso

PATH = "/closed-months"


class ClosingWish(Body):
    """A month that is over, such as 2026-11."""

    month: Month


class ClosedMonthShape(Shape):
    """A closed month: when and by whom."""

    month: str
    closed_at: str
    closed_by: str


class ClosedMonths(Shape):
    """All closed months, the latest first."""

    items: list[ClosedMonthShape]


@endpoint("GET", PATH, scope="money:read", roles=STAFF, answers={200: ClosedMonths})
def list_closed_months(identity: Identity) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """List the closed months."""
    return 200, {"items": [_month(one) for one in queries.closed_periods()]}


@endpoint("POST", PATH, scope="money:write", roles=STAFF, body=ClosingWish, answers={200: ClosedMonthShape})
def close_month(identity: Identity, body: ClosingWish) -> tuple[int, Any]:
    """Book what is due, then close a month, from an hour after its end on; again changes nothing."""
    bookkeeping.close_month(period=body.month, now=utc_now(), actor=identity.actor.name)
    return 200, _month(next(one for one in queries.closed_periods() if one.period == body.month))


def _month(one: ClosedPeriod) -> Json:
    return {"month": one.period, "closed_at": iso(one.closed_at), "closed_by": one.closed_by}
