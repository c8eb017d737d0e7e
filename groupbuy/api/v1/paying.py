"""Payments through channels: begin, look, list; refunds to where the money came from."""

from typing import Annotated, Any, Literal

from pydantic import Field

from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.money import STAFF, Fen, Key
from groupbuy.api.v1.naming import named
from groupbuy.api.v1.orders import own_order
from groupbuy.api.v1.shapes import Json, Shape
from groupbuy.flows import paying, refunding
from groupbuy.flows.paying import Way
from groupbuy.http import charging as at_channel
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import NotFound
from groupbuy.orders.queries import get_order
from groupbuy.payments import charging
from groupbuy.payments.models import ChannelPayment, RefundRequest
from groupbuy.payments.paying_back import MAX_REASON


class NewPayment(Body):
    """How an order is paid: a channel and its way; with ``from_wallet`` the wallet pays what it has first."""

    channel: Literal["wechat", "alipay"]
    way: Literal["jsapi", "native", "h5", "page", "wap", "qr"]
    from_wallet: bool = False


class PaymentShape(Shape):
    """A payment through a channel; ``action`` is what the payer does next."""

    number: str
    channel: str
    way: str
    state: Literal["new", "waiting", "paid", "held", "closed"]
    amount_fen: int
    paid_fen: int | None
    outcome: str | None
    action: dict[str, str] | None


class BegunShape(Shape):
    """What is left to pay through the channel; ``payment`` is null when the wallet has paid it all."""

    paid_fen: int
    amount_fen: int
    payment: PaymentShape | None


class PaymentsShape(Shape):
    """The payments of an order, in order."""

    items: list[PaymentShape]


class NewSourceRefund(Body):
    """How much of what is owed goes back the way it was paid, and why."""

    amount_fen: Fen
    reason: Annotated[Text, Field(min_length=1, max_length=MAX_REASON)]
    submission_key: Key | None = None


class RefundRequestShape(Shape):
    """A refund to the sources of an order; ``asked`` waits for a second person."""

    id: int
    state: Literal["asked", "done", "rejected"]
    amount_fen: int
    owed_fen: int


class RefundDecision(Body):
    """Approve a refund that waits, or reject it with a reason."""

    approve: bool
    words: Annotated[Text, Field(max_length=MAX_REASON)] = ""


@endpoint(
    "POST",
    "/orders/<order_no>/payments",
    scope="orders:write",
    roles=("resident",),
    body=NewPayment,
    answers={201: BegunShape},
)
def begin_payment(identity: Identity, order_no: str, body: NewPayment) -> tuple[int, Any]:
    """Begin to pay one's own prepaid order; the same way again is the same payment.

    The channel is called after the answer: ask for the payment until its ``action`` is there.
    """
    order = own_order(identity, order_no)
    at_channel.check_way(body.channel, body.way)
    now = utc_now()
    payment = paying.pay_order(
        order=order,
        way=Way(body.channel, body.way),
        from_wallet=body.from_wallet,
        now=now,
        actor=identity.actor,
    )
    if payment is not None:
        charging.open_later(payment=payment, now=now)
    shown = None if payment is None else payment_shape(payment)
    return 201, {"paid_fen": order.paid_fen, "amount_fen": order.amount_fen, "payment": shown}


@endpoint("GET", "/orders/<order_no>/payments", scope="orders:read", answers={200: PaymentsShape})
def list_payments(identity: Identity, order_no: str) -> tuple[int, Any]:
    """List the payments of an order through channels."""
    order = own_order(identity, order_no)
    return 200, {"items": [payment_shape(payment) for payment in charging.payments_of(order.id)]}


@endpoint(
    "POST",
    "/orders/<order_no>/source-refunds",
    scope="money:write",
    roles=STAFF,
    body=NewSourceRefund,
    answers={201: RefundRequestShape},
)
def refund_to_sources(identity: Identity, order_no: str, body: NewSourceRefund) -> tuple[int, Any]:
    """Pay back part or all of what is owed on an order the way it was paid, in the same proportions."""
    request = refunding.refund(
        order=get_order(order_no), **body.model_dump(), now=utc_now(), actor=identity.actor.name
    )
    return 201, _request(request)


@endpoint(
    "POST",
    "/refund-requests/<request_no>/decide",
    scope="money:write",
    roles=STAFF,
    body=RefundDecision,
    answers={200: RefundRequestShape},
)
def decide_refund(identity: Identity, request_no: str, body: RefundDecision) -> tuple[int, Any]:
    """Approve a refund as a second person, or reject it."""
    with named("words", "reason"):
        request = refunding.decide(
            request_id=_number(request_no), **body.model_dump(), now=utc_now(), actor=identity.actor.name
        )
    return 200, _request(request)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise NotFound("unknown_refund", "There is no such refund.")
    return int(text)


def payment_shape(payment: ChannelPayment) -> Json:
    """Return a payment as the API shows it."""
    names = ("number", "channel", "way", "state", "amount_fen", "paid_fen", "outcome", "action")
    return {name: getattr(payment, name) for name in names}


def _request(request: RefundRequest) -> Json:
    owed = max(request.order.paid_fen - request.order.amount_fen, 0)
    return {"id": request.id, "state": request.state, "amount_fen": request.amount_fen, "owed_fen": owed}
