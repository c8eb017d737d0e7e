"""A resident's wallet: what is in it and what moved it, paying in, and taking that back the way it came."""

from typing import Any, Literal

from sqlalchemy import select

from groupbuy.api.v1 import cursors
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.money import Fen, Key
from groupbuy.api.v1.orders import whose_id
from groupbuy.api.v1.paying import PaymentShape, payment_shape
from groupbuy.api.v1.shapes import Code, Json, Page, Shape
from groupbuy.db import db
from groupbuy.finance import queries, rules
from groupbuy.finance.models import Posting
from groupbuy.flows import topping_up
from groupbuy.flows.paying import Way
from groupbuy.http import charging as at_channel
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Query
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.times import iso
from groupbuy.members import queries as members
from groupbuy.payments import charging
from groupbuy.payments.models import ChannelPayment

OWN = ("resident",)


class WalletQuery(Query):
    """Whose wallet, for an account that is a resident with several leaders."""

    resident_code: Code | None = None


class WalletPage(Page):
    """As ``WalletQuery``, a page at a time."""

    resident_code: Code | None = None


class NewTopUp(Body):
    """How much is paid in and how; the same ``submission_key`` is the same payment."""

    amount_fen: Fen
    channel: Literal["wechat", "alipay"]
    way: Literal["jsapi", "native", "h5", "page", "wap", "qr"]
    submission_key: Key
    resident_code: Code | None = None


class TakingBack(Body):
    """How much of what was paid in goes back; the same ``submission_key`` pays once."""

    amount_fen: Fen
    submission_key: Key


class WalletShape(Shape):
    """What is in a wallet."""

    balance_fen: int


class WalletMovementShape(Shape):
    """A movement: what for, and what it brought to the wallet, below zero for what left it."""

    at: str
    cause: str
    amount_fen: int


class WalletMovementsShape(Shape):
    """A page of movements, the latest first."""

    items: list[WalletMovementShape]
    next_cursor: str | None


class TopUpsShape(Shape):
    """A page of payments into the wallet, the latest first."""

    items: list[PaymentShape]
    next_cursor: str | None


class TakenBackShape(Shape):
    """What is on its way back."""

    amount_fen: int


@endpoint("GET", "/wallet", scope="orders:read", roles=OWN, query=WalletQuery, answers={200: WalletShape})
def show_wallet(identity: Identity, query: WalletQuery) -> tuple[int, Any]:
    """Show what is in one's own wallet."""
    return 200, {"balance_fen": queries.available(rules.wallet(whose_id(identity, query.resident_code)))}


@endpoint(
    "GET",
    "/wallet/movements",
    scope="orders:read",
    roles=OWN,
    query=WalletPage,
    answers={200: WalletMovementsShape},
)
def list_wallet_movements(identity: Identity, query: WalletPage) -> tuple[int, Any]:
    """List what moved one's own wallet, the latest first."""
    account = rules.wallet(whose_id(identity, query.resident_code))
    statement = select(Posting).where(queries.touching([account])).order_by(Posting.id.desc())
    if (before := cursors.id_after(query.cursor)) is not None:
        statement = statement.where(Posting.id < before)
    found = db.session.scalars(statement.limit(query.limit + 1)).all()
    rows, cursor = cursors.page(found, limit=query.limit, key=lambda row: (row.id,))
    return 200, {"items": [_movement(row, account) for row in rows], "next_cursor": cursor}


@endpoint(
    "GET", "/wallet/top-ups", scope="orders:read", roles=OWN, query=WalletPage, answers={200: TopUpsShape}
)
def list_top_ups(identity: Identity, query: WalletPage) -> tuple[int, Any]:
    """List one's own payments into the wallet, those that were not paid among them."""
    resident_id = whose_id(identity, query.resident_code)
    mine = (ChannelPayment.resident_id == resident_id, ChannelPayment.order_id.is_(None))
    statement = select(ChannelPayment).where(*mine).order_by(ChannelPayment.id.desc())
    if (before := cursors.id_after(query.cursor)) is not None:
        statement = statement.where(ChannelPayment.id < before)
    found = db.session.scalars(statement.limit(query.limit + 1)).all()
    rows, cursor = cursors.page(found, limit=query.limit, key=lambda row: (row.id,))
    return 200, {"items": [payment_shape(row) for row in rows], "next_cursor": cursor}


@endpoint(
    "POST", "/wallet/top-ups", scope="orders:write", roles=OWN, body=NewTopUp, answers={201: PaymentShape}
)
def begin_top_up(identity: Identity, body: NewTopUp) -> tuple[int, Any]:
    """Begin to pay into one's own wallet.

    The channel is called after the answer: ask for the payment until its ``action`` is there.
    """
    at_channel.check_way(body.channel, body.way)
    now = utc_now()
    payment = topping_up.top_up(
        resident=members.get_resident_by_id(whose_id(identity, body.resident_code)),
        amount_fen=body.amount_fen,
        way=Way(body.channel, body.way),
        now=now,
        actor=identity.actor,
        submission_key=body.submission_key,
    )
    charging.open_later(payment=payment, now=now)
    return 201, payment_shape(payment)


@endpoint("GET", "/wallet/top-ups/<number>", scope="orders:read", roles=OWN, answers={200: PaymentShape})
def show_top_up(identity: Identity, number: str) -> tuple[int, Any]:
    """Show one's own payment into the wallet, with what to do next."""
    return 200, payment_shape(_own(identity, number))


@endpoint(
    "POST",
    "/wallet/top-ups/<number>/refunds",
    scope="orders:write",
    roles=OWN,
    body=TakingBack,
    answers={201: TakenBackShape},
)
def take_top_up_back(identity: Identity, number: str, body: TakingBack) -> tuple[int, Any]:
    """Take what was paid in, or part of it, back the way it came; never more than the wallet has."""
    fen = topping_up.refund_top_up(
        payment=_own(identity, number), **body.model_dump(), now=utc_now(), actor=identity.actor.name
    )
    return 201, {"amount_fen": fen}


def _own(identity: Identity, number: str) -> ChannelPayment:
    return charging.get_payment(number, resident_ids=identity.resident_ids)


def _movement(row: Posting, account: str) -> Json:
    fen = row.amount_fen if row.credit_account == account else -row.amount_fen
    return {"at": iso(row.at), "cause": row.cause_kind, "amount_fen": fen}
