"""Refunds through channels: those that are stuck, asked for once more or paid to the wallet."""

from typing import Any, Literal

from groupbuy.api.v1 import cursors
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.money import STAFF
from groupbuy.api.v1.shapes import Json, Page, Shape
from groupbuy.http.identity import Identity
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.times import iso
from groupbuy.payments import channel_refunds
from groupbuy.payments.models import ChannelRefund


class ChannelRefundQuery(Page):
    """With ``stuck=true`` those only that wait for somebody."""

    stuck: Literal["true", "false"] = "false"


class ChannelRefundShape(Shape):
    """A refund through a channel; ``abnormal`` and ``closed`` ones wait for somebody."""

    number: str
    payment: str
    channel: str
    amount_fen: int
    state: Literal["queued", "processing", "success", "abnormal", "closed", "to_wallet"]
    reason: str
    asked_at: str
    last_error: str | None


class ChannelRefundsShape(Shape):
    """A page of refunds, the latest first."""

    items: list[ChannelRefundShape]
    next_cursor: str | None


@endpoint(
    "GET",
    "/channel-refunds",
    scope="money:read",
    roles=STAFF,
    query=ChannelRefundQuery,
    answers={200: ChannelRefundsShape},
)
def list_channel_refunds(identity: Identity, query: ChannelRefundQuery) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """List refunds through channels, the latest first."""
    found = channel_refunds.page_of_refunds(
        stuck=query.stuck == "true", before=cursors.id_after(query.cursor), most=query.limit + 1
    )
    rows, cursor = cursors.page(found, limit=query.limit, key=lambda row: (row.id,))
    return 200, {"items": [_shape(row) for row in rows], "next_cursor": cursor}


@endpoint(
    "POST",
    "/channel-refunds/<number>/again",
    scope="money:write",
    roles=STAFF,
    answers={200: ChannelRefundShape},
)
def ask_channel_again(identity: Identity, number: str) -> tuple[int, Any]:
    """Ask the channel once more for a stuck refund, at most ten times and each half an hour."""
    return 200, _shape(channel_refunds.ask_again(number=number, now=utc_now(), actor=identity.actor.name))


@endpoint(
    "POST",
    "/channel-refunds/<number>/wallet",
    scope="money:write",
    roles=STAFF,
    answers={200: ChannelRefundShape},
)
def pay_refund_to_wallet(identity: Identity, number: str) -> tuple[int, Any]:
    """Pay to the wallet what the channel could not pay back; again changes nothing."""
    return 200, _shape(channel_refunds.pay_to_wallet(number=number, now=utc_now(), actor=identity.actor.name))


def _shape(row: ChannelRefund) -> Json:
    names = ("number", "amount_fen", "state", "reason", "last_error")
    return {name: getattr(row, name) for name in names} | {
        "payment": row.payment.number,
        "channel": row.payment.channel,
        "asked_at": iso(row.asked_at),
    }
