"""Days of the payment channels' own books that were fetched, and where they differ from ours."""

from typing import Any, Literal

from groupbuy.api.v1 import cursors
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.money import STAFF
from groupbuy.api.v1.settlements import day_of
from groupbuy.api.v1.shapes import Json, Page, Shape
from groupbuy.http.identity import Identity
from groupbuy.kernel.times import iso
from groupbuy.payments import reconciling
from groupbuy.payments.models import ChannelBill
from groupbuy.payments.reconciling import Difference

Channel = Literal["wechat", "alipay"]


class ChannelBillQuery(Page):
    """Which days; all that were fetched."""


class ChannelBillShape(Shape):
    """A day of a channel's book: when it was fetched, and on how many numbers it differs from ours."""

    channel: Channel
    day: str
    fetched_at: str
    differences: int


class ChannelBillsShape(Shape):
    """A page of days, the latest first."""

    items: list[ChannelBillShape]
    next_cursor: str | None


class BillDifferenceQuery(Page):
    """Which differences; all of the day."""


class BillDifferenceShape(Shape):
    """A payment or refund on which the books do not agree; null is not there at all."""

    kind: Literal["pay", "refund"]
    number: str
    ours_fen: int | None
    theirs_fen: int | None


class BillDifferencesShape(Shape):
    """A page of differences, by kind and number."""

    items: list[BillDifferenceShape]
    next_cursor: str | None


@endpoint(
    "GET",
    "/channel-bills",
    scope="money:read",
    roles=STAFF,
    query=ChannelBillQuery,
    answers={200: ChannelBillsShape},
)
def list_channel_bills(identity: Identity, query: ChannelBillQuery) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """List the days whose bills were fetched, the latest first."""
    before = None
    if query.cursor is not None:
        day, channel = cursors.decode(query.cursor, (str, str))
        before = day_of(day, "cursor"), channel
    found = reconciling.stored_days(before=before, most=query.limit + 1)
    days, cursor = cursors.page(found, limit=query.limit, key=lambda one: (one.day.isoformat(), one.channel))
    return 200, {"items": [_bill(one) for one in days], "next_cursor": cursor}


@endpoint(
    "GET",
    "/channel-bills/<channel>/<day>/differences",
    scope="money:read",
    roles=STAFF,
    query=BillDifferenceQuery,
    answers={200: BillDifferencesShape},
)
def list_bill_differences(
    identity: Identity,  # noqa: ARG001 - every view gets the identity.
    channel: str,
    day: str,
    query: BillDifferenceQuery,
) -> tuple[int, Any]:
    """List where a fetched day of a channel's book and ours differ."""
    bill = reconciling.get_bill(channel=channel, day=day_of(day, "day"))
    found = reconciling.differences(channel=bill.channel, day=bill.day)
    if query.cursor is not None:
        after = tuple(cursors.decode(query.cursor, (str, str)))
        found = [one for one in found if (one.kind, one.number) > after]
    some, cursor = cursors.page(found, limit=query.limit, key=lambda one: (one.kind, one.number))
    return 200, {"items": [_difference(one) for one in some], "next_cursor": cursor}


def _bill(one: ChannelBill) -> Json:
    differs = len(reconciling.differences(channel=one.channel, day=one.day))
    values = {"channel": one.channel, "day": one.day.isoformat(), "fetched_at": iso(one.fetched_at)}
    return values | {"differences": differs}


def _difference(one: Difference) -> Json:
    return {name: getattr(one, name) for name in ("kind", "number", "ours_fen", "theirs_fen")}
