"""Months of the books that are closed: they take no more postings, corrections go into the next one."""

from typing import Any, Literal

from groupbuy.analytics import month_open
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.money import STAFF, Month
from groupbuy.api.v1.shapes import Json, Shape
from groupbuy.finance import queries
from groupbuy.finance.models import ClosedPeriod
from groupbuy.flows import bookkeeping
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import RuleBroken
from groupbuy.kernel.times import iso

PATH = "/closed-months"


class ClosingWish(Body):
    """A month that is over, such as 2026-11; ``open_seen`` where something of it is still open."""

    month: Month
    open_seen: bool = False


class ClosedMonthShape(Shape):
    """A closed month: when and by whom."""

    month: str
    closed_at: str
    closed_by: str


class ClosedMonths(Shape):
    """All closed months, the latest first."""

    items: list[ClosedMonthShape]


class OpenDay(Shape):
    """A day of a channel's bill."""

    channel: str
    day: str


class OpenThing(Shape):
    """Something that has not ended: how many, what they come to, and which days of channels' bills."""

    kind: Literal[
        "bill_missing",
        "bill_difference",
        "bank_line",
        "held_payment",
        "refund",
        "refund_request",
        "withdrawal",
        "debt_write_off",
        "cash_handover",
        "invoice_difference",
        "cash",
    ]
    count: int
    amount_fen: int | None
    days: list[OpenDay]


class OpenOfMonth(Shape):
    """What of a month is still open, and whether it can be closed now."""

    month: str
    may_close: bool
    items: list[OpenThing]


@endpoint("GET", PATH, scope="money:read", roles=STAFF, answers={200: ClosedMonths})
def list_closed_months(identity: Identity) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """List the closed months."""
    return 200, {"items": [_month(one) for one in queries.closed_periods()]}


@endpoint("POST", PATH, scope="money:write", roles=STAFF, body=ClosingWish, answers={200: ClosedMonthShape})
def close_month(identity: Identity, body: ClosingWish) -> tuple[int, Any]:
    """Book what is due, then close a month, from an hour after its end on; again changes nothing.

    Where something of it is still open (``GET …/open``) only with ``open_seen``: 409 ``still_open``.
    """
    now = utc_now()
    found = month_open.open_of(body.month, now) if queries.may_close(body.month, now) else []
    if found and not body.open_seen:
        raise RuleBroken("still_open", "Something of this month is still open; look at it first.")
    still_open = month_open.counts(found)
    bookkeeping.close_month(period=body.month, now=now, actor=identity.actor.name, still_open=still_open)
    return 200, _month(next(one for one in queries.closed_periods() if one.period == body.month))


def _month(one: ClosedPeriod) -> Json:
    return {"month": one.period, "closed_at": iso(one.closed_at), "closed_by": one.closed_by}


@endpoint("GET", f"{PATH}/<month>/open", scope="money:read", roles=STAFF, answers={200: OpenOfMonth})
def show_open_of_month(identity: Identity, month: str) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """Show what of a month has not ended; closing it is not forbidden by that."""
    now = utc_now()
    items = [_open(one) for one in month_open.open_of(month, now)]
    return 200, {"month": month, "may_close": queries.may_close(month, now), "items": items}


def _open(one: month_open.Open) -> Json:
    days = [{"channel": channel, "day": day.isoformat()} for channel, day in one.days]
    return {"kind": one.kind, "count": one.count, "amount_fen": one.amount_fen, "days": days}
