"""Withdrawals paid through WeChat: sent, called back, looked at by staff and by their leader, released."""

from typing import Annotated, Any, Literal

from pydantic import Field

from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.money import STAFF, Key
from groupbuy.api.v1.rest_days import own_leader
from groupbuy.api.v1.shapes import Json, Shape
from groupbuy.commissions import transfers, withdrawals
from groupbuy.commissions.transfer_models import WechatTransfer
from groupbuy.flows import calling_transfers_back, transferring
from groupbuy.http.charging import transfers_here
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import NotFound
from groupbuy.kernel.times import iso

State = Literal[
    "queued", "processing", "waiting", "refused", "stuck", "success", "failed", "mispaid", "mended"
]


class TransferWish(Body):
    """A wish to send; the same ``submission_key`` again is the same try."""

    submission_key: Key | None = None


class ReleaseOfTransfer(Body):
    """Why a try is ended: what WeChat's own pages show."""

    reason: Annotated[Text, Field(min_length=1, max_length=transferring.MAX_REASON)]


class WechatTransferShape(Shape):
    """A try to pay a withdrawal through WeChat; ``waiting`` ones are to be confirmed by the leader.

    ``mend_fen`` is what somebody wants to have booked of a ``mispaid`` one, until a second person agrees.
    """

    number: str
    state: State
    amount_fen: int
    paid_fen: int | None
    mend_fen: int | None
    asked_at: str
    called_back_at: str | None
    reference: str | None
    last_error: str | None


class LeaderWechatTransferShape(WechatTransferShape):
    """The last try, with what a page hands to WeChat (requestMerchantTransfer) for the leader to confirm."""

    confirmation: dict[str, str] | None


@endpoint(
    "POST",
    "/withdrawals/<number>/transfer",
    scope="money:write",
    roles=STAFF,
    body=TransferWish,
    answers={201: WechatTransferShape},
)
def send_withdrawal(identity: Identity, number: str, body: TransferWish) -> tuple[int, Any]:
    """Pay an approved withdrawal through WeChat; while it is on its way, again is the same try."""
    withdrawals.get_withdrawal(number)
    transfers_here()
    row = transferring.send(
        number=number, now=utc_now(), actor=identity.actor.name, submission_key=body.submission_key
    )
    return 201, shape(row)


@endpoint(
    "POST",
    "/withdrawals/<number>/transfer/release",
    scope="money:write",
    roles=STAFF,
    body=ReleaseOfTransfer,
    answers={200: WechatTransferShape},
)
def release_withdrawal(identity: Identity, number: str, body: ReleaseOfTransfer) -> tuple[int, Any]:
    """End a try that WeChat has refused or that is stuck, after a look at WeChat's own pages."""
    usual: dict[str, Any] = {"number": number, "now": utc_now(), "actor": identity.actor.name}
    return 200, shape(transferring.release(**usual, reason=body.reason))


@endpoint(
    "POST",
    "/withdrawals/<number>/transfer/call-back",
    scope="money:write",
    roles=STAFF,
    answers={200: WechatTransferShape},
)
def call_withdrawal_back(identity: Identity, number: str) -> tuple[int, Any]:
    """Call back what waits for the leader's confirmation; WeChat says later whether the money stays."""
    withdrawals.get_withdrawal(number)
    transfers_here()
    row = calling_transfers_back.call_back(number=number, now=utc_now(), actor=identity.actor.name)
    return 200, shape(row)


@endpoint(
    "GET",
    "/leaders/<code>/withdrawals/<number>/transfer",
    scope="money:read",
    answers={200: LeaderWechatTransferShape},
)
def show_wechat_transfer(identity: Identity, code: str, number: str) -> tuple[int, Any]:
    """Show the last try to pay a withdrawal through WeChat; a leader sees its own."""
    leader = own_leader(identity, code)
    withdrawal = withdrawals.get_withdrawal(number, leader_ids=[leader.id])
    row = transfers.latest_of([withdrawal.id]).get(withdrawal.id)
    if row is None:
        raise NotFound("unknown_transfer", "This withdrawal was not sent through WeChat.")
    waits = row.state == "waiting" and row.package is not None
    given = transfers_here().confirmation(row.package or "") if waits else None
    return 200, shape(row) | {"confirmation": given}


def shape(row: WechatTransfer) -> Json:
    """Return a try as the API shows it."""
    names = ("number", "state", "amount_fen", "paid_fen", "mend_fen", "reference", "last_error")
    back = row.called_back_at
    return {name: getattr(row, name) for name in names} | {
        "asked_at": iso(row.asked_at),
        "called_back_at": None if back is None else iso(back),
    }
