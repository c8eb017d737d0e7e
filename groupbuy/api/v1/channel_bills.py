"""Days of the payment channels' own books that were fetched, where they differ from ours, what was done."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from groupbuy.api.v1 import cursors
from groupbuy.api.v1.channel_bill_shapes import (
    AskedBillShape,
    BillDifferenceQuery,
    BillDifferenceShape,
    BillDifferencesShape,
    ChannelBillQuery,
    ChannelBillsShape,
    MissingBillQuery,
    MissingBillsShape,
    NoneSettled,
    SettledDifferenceShape,
    SettledDifferencesShape,
    SettledTogether,
    SettlementOfDifference,
    SettlementOfSeveral,
)
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.money import STAFF
from groupbuy.api.v1.settlements import day_of
from groupbuy.api.v1.shapes import Json
from groupbuy.finance import rules
from groupbuy.flows import settling_bills, settling_bills_together
from groupbuy.http.charging import charging_here
from groupbuy.http.errors import problem_of
from groupbuy.http.identity import Identity
from groupbuy.http.sentences import for_program
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.times import iso
from groupbuy.payments import fetching_bills, reconciling
from groupbuy.payments.bill_differences import Difference, differences, differences_of, settlements_of
from groupbuy.payments.fetching_bills import MissingBill
from groupbuy.payments.models import BillSettlement, ChannelBill

T = TypeVar("T")


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
    return 200, {"items": _bills(days), "next_cursor": cursor}


@endpoint(
    "GET",
    "/channel-bills/missing",
    scope="money:read",
    roles=STAFF,
    query=MissingBillQuery,
    answers={200: MissingBillsShape},
)
def list_missing_bills(identity: Identity, query: MissingBillQuery) -> tuple[int, Any]:  # noqa: ARG001 - as above
    """List the days of a month whose bill was not fetched though a channel should have it ready."""
    now = utc_now()
    first, last = rules.period_days(query.month or rules.period_of(now))
    found = fetching_bills.missing_bills(first=first, last=last, now=now)
    return 200, {"items": [_missing(one) for one in found]}


@endpoint(
    "POST",
    "/channel-bills/<channel>/<day>/fetch",
    scope="money:write",
    roles=STAFF,
    answers={202: AskedBillShape},
)
def fetch_channel_bill(identity: Identity, channel: str, day: str) -> tuple[int, Any]:
    """Let a day's bill be fetched and compared, for the first time or again, after the answer."""
    on, channels = day_of(day, "day"), charging_here().gateways
    fetching_bills.ask_for_bill(
        channel=channel, day=on, channels=channels, now=utc_now(), actor=identity.actor.name
    )
    return 202, {"channel": channel, "day": on.isoformat()}


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
    after = None if query.cursor is None else tuple(cursors.decode(query.cursor, (str, str)))
    return _page_of(
        channel,
        day,
        query,
        differences,
        key=lambda one: (one.kind, one.number),
        after=after,
        shape=_difference,
    )


@endpoint(
    "POST",
    "/channel-bills/<channel>/<day>/differences/settle",
    scope="money:write",
    roles=STAFF,
    body=SettlementOfDifference,
    answers={201: SettledDifferenceShape},
)
def settle_difference(
    identity: Identity, channel: str, day: str, body: SettlementOfDifference
) -> tuple[int, Any]:
    """Explain a difference, book it, or receive it; a large one when a second person wants the same."""
    wish = settling_bills.Wish(body.deed, body.reason, body.ours_fen, body.theirs_fen, body.account)
    row = settling_bills.settle(
        channel=channel,
        day=day_of(day, "day"),
        kind=body.kind,
        number=body.number,
        wish=wish,
        now=utc_now(),
        actor=identity.actor.name,
    )
    return 201, _settled(row)


@endpoint(
    "POST",
    "/channel-bills/<channel>/<day>/differences/settle-together",
    scope="money:write",
    roles=STAFF,
    body=SettlementOfSeveral,
    answers={201: SettledTogether, 409: NoneSettled},
)
def settle_differences_together(
    identity: Identity, channel: str, day: str, body: SettlementOfSeveral
) -> tuple[int, Any]:
    """Settle several differences for one reason, all or none; large together they wait for another person."""
    try:
        rows = settling_bills_together.settle_together(
            channel=channel,
            day=day_of(day, "day"),
            seen=[Difference(**one.model_dump()) for one in body.differences],
            deed=body.deed,
            account=body.account,
            reason=body.reason,
            now=utc_now(),
            actor=identity.actor.name,
        )
    except settling_bills_together.NotSettled as error:
        return 409, {"refused": _refused(error)} | problem_of(error).as_json()
    return 201, {"items": [_settled(one) for one in rows]}


@endpoint(
    "GET",
    "/channel-bills/<channel>/<day>/settled-differences",
    scope="money:read",
    roles=STAFF,
    query=BillDifferenceQuery,
    answers={200: SettledDifferencesShape},
)
def list_settled_differences(
    identity: Identity,  # noqa: ARG001 - every view gets the identity.
    channel: str,
    day: str,
    query: BillDifferenceQuery,
) -> tuple[int, Any]:
    """List what was done about the differences of a fetched day, or waits for a second person."""
    after = None if query.cursor is None else (cursors.id_after(query.cursor),)
    return _page_of(
        channel, day, query, settlements_of, key=lambda one: (one.id,), after=after, shape=_settled
    )


def _page_of(
    channel: str,
    day: str,
    query: BillDifferenceQuery,
    find: Callable[..., Sequence[T]],
    *,
    key: Callable[[T], tuple[Any, ...]],
    after: tuple[Any, ...] | None,
    shape: Callable[[T], Json],
) -> tuple[int, Any]:
    """Answer with a page of what is found of a fetched day, in the order of its keys."""
    bill = reconciling.get_bill(channel=channel, day=day_of(day, "day"))
    found = find(channel=bill.channel, day=bill.day)
    left = found if after is None else [one for one in found if key(one) > after]
    some, cursor = cursors.page(left, limit=query.limit, key=key)
    return 200, {"items": [shape(one) for one in some], "next_cursor": cursor}


def _bills(days: Sequence[ChannelBill]) -> list[Json]:
    differing = differences_of([(one.channel, one.day) for one in days])
    return [
        {
            "channel": one.channel,
            "day": one.day.isoformat(),
            "fetched_at": iso(one.fetched_at),
            "differences": len(differing[one.channel, one.day]),
        }
        for one in days
    ]


def _missing(one: MissingBill) -> Json:
    error = None if one.error is None else for_program(one.error)
    next_at = None if one.next_at is None else iso(one.next_at)
    values = {"channel": one.channel, "day": one.day.isoformat(), "state": one.state}
    return values | {"error": error, "next_at": next_at}


def _difference(one: Difference) -> Json:
    return {name: getattr(one, name) for name in BillDifferenceShape.model_fields}


def _refused(error: settling_bills_together.NotSettled) -> list[Json]:
    return [
        {"kind": kind, "number": number, "code": one.code, "message": for_program(one.message)}
        for (kind, number), one in error.refused.items()
    ]


def _settled(row: BillSettlement) -> Json:
    return {name: getattr(row, name) for name in SettledDifferenceShape.model_fields} | {
        "asked_at": iso(row.asked_at),
        "decided_at": None if row.decided_at is None else iso(row.decided_at),
    }
