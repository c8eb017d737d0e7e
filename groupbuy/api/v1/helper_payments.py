"""Helpers' shares paid out: noted by the leader, confirmed or denied by the helper."""

from typing import Annotated, Any, Literal

from pydantic import Field

from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.money import Fen, Key
from groupbuy.api.v1.rest_days import own_leader
from groupbuy.api.v1.shapes import Json, RowNumber, Shape
from groupbuy.commissions import helper_payments as service
from groupbuy.commissions.models import HelperPayment
from groupbuy.finance import queries, rules
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput
from groupbuy.kernel.times import iso

PATH = "/leaders/<code>/helper-payments"
SHARES = "/helper-shares"
Words = Annotated[Text, Field(min_length=1, max_length=service.MAX_WORDS)]


class HelperPaymentShape(Shape):
    """A payment; it counts once it is ``confirmed``."""

    id: int
    account_id: int
    state: Literal["noted", "confirmed", "denied"]
    amount_fen: int
    proof: str
    reason: str | None
    noted_at: str


class HelperOwed(Shape):
    """What is settled for a helper and not paid by anybody's word; below zero was too much."""

    account_id: int
    name: str
    fen: int


class HelperMoney(Shape):
    """What a leader owes to helpers, and the latest 200 payments."""

    owed: list[HelperOwed]
    payments: list[HelperPaymentShape]


class OwnShare(Shape):
    """What a helper has got and was not paid yet, and the latest 200 payments."""

    balance_fen: int
    payments: list[HelperPaymentShape]


class NewHelperPayment(Body):
    """Whom the leader has paid, how much and how; the same ``submission_key`` again is the same payment."""

    account_id: RowNumber
    amount_fen: Fen
    proof: Words
    submission_key: Key | None = None


class PaymentAnswer(Body):
    """Whether the money has come; if not, why."""

    received: Annotated[bool, Field(strict=True)]
    reason: Words | None = None


@endpoint("GET", PATH, scope="money:read", answers={200: HelperMoney})
def show_helper_money(identity: Identity, code: str) -> tuple[int, Any]:
    """Show what a leader owes to helpers, and what was paid."""
    leader = own_leader(identity, code)
    owed = [
        {"account_id": one.account_id, "name": one.name, "fen": one.fen} for one in service.owed_by(leader.id)
    ]
    return 200, {"owed": owed, "payments": [_shape(row) for row in service.payments(leader_id=leader.id)]}


@endpoint(
    "POST",
    PATH,
    scope="money:write",
    roles=("leader",),
    body=NewHelperPayment,
    answers={201: HelperPaymentShape},
)
def note_helper_payment(identity: Identity, code: str, body: NewHelperPayment) -> tuple[int, Any]:
    """Note what a leader has paid a helper outside the platform."""
    leader, now = own_leader(identity, code), utc_now()
    row = service.note(leader=leader, **body.model_dump(), now=now, actor=identity.actor.name)
    return 201, _shape(row)


@endpoint("GET", SHARES, scope="shares:write", answers={200: OwnShare})
def show_own_share(identity: Identity) -> tuple[int, Any]:
    """Show a helper what is to be paid and what was paid."""
    mine = identity.account_id
    return 200, {
        "balance_fen": queries.available(rules.helper(mine)),
        "payments": [_shape(row) for row in service.payments(account_id=mine)],
    }


@endpoint(
    "POST",
    f"{SHARES}/payments/<int:payment_id>/answer",
    scope="shares:write",
    body=PaymentAnswer,
    answers={200: HelperPaymentShape},
)
def answer_helper_payment(identity: Identity, payment_id: int, body: PaymentAnswer) -> tuple[int, Any]:
    """Confirm as the helper that a payment has come, or say that it has not."""
    usual: dict[str, Any] = {"payment_id": payment_id, "account_id": identity.account_id, "now": utc_now()}
    usual["actor"] = identity.actor.name
    if body.received:
        return 200, _shape(service.confirm(**usual))
    if body.reason is None:
        raise BadInput("required", "Say why; the leader reads it.", param="reason")
    return 200, _shape(service.deny(**usual, reason=body.reason))


def _shape(row: HelperPayment) -> Json:
    names = ("id", "account_id", "state", "amount_fen", "proof", "reason")
    return {name: getattr(row, name) for name in names} | {"noted_at": iso(row.noted_at)}
