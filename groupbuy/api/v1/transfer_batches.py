"""Transfers through WeChat as a list: sent together, followed, and put right where they are mispaid."""

from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from groupbuy.api.v1 import cursors
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.money import STAFF, Fen, Key
from groupbuy.api.v1.shapes import Json, Page, Shape
from groupbuy.api.v1.wechat_transfers import State, WechatTransferShape, shape
from groupbuy.commissions import mending_transfers, transfer_batches
from groupbuy.commissions.models import Withdrawal
from groupbuy.commissions.transfer_models import TransferBatch, WechatTransfer
from groupbuy.db import db
from groupbuy.flows import transferring, transferring_many
from groupbuy.http.charging import transfers_here
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.times import iso

Number = Annotated[Text, Field(min_length=1, max_length=32)]


class SendingTogether(Body):
    """Which approved withdrawals are sent, null for all; the same ``submission_key`` is the same batch."""

    numbers: Annotated[list[Number], Field(min_length=1, max_length=transfer_batches.MOST)] | None = None
    submission_key: Key | None = None


class MendingTransfer(Body):
    """What WeChat's own pages show: why it is booked, and ``paid_fen`` where WeChat does not say how much."""

    reason: Annotated[Text, Field(min_length=1, max_length=transferring.MAX_REASON)]
    paid_fen: Fen | None = None


class LeftOutShape(Shape):
    """A withdrawal that was not sent, and why."""

    number: str
    code: str
    message: str


class TransferBatchShape(Shape):
    """What was sent in one go: how many transfers, how many of them are over, and what was left out."""

    id: int
    made_at: str
    made_by: str
    transfers: int
    over: int
    left_out: list[LeftOutShape]


class ListedTransferShape(WechatTransferShape):
    """A transfer with its withdrawal, leader and batch."""

    withdrawal: str
    leader: str
    batch: int | None


class TransfersShape(Shape):
    """A page of transfers, the latest first."""

    items: list[ListedTransferShape]
    next_cursor: str | None


class TransferQuery(Page):
    """Which transfers: of one state, of one batch."""

    state: State | None = None
    batch: Annotated[int, Field(ge=1, le=2**31)] | None = None


@endpoint(
    "POST",
    "/wechat-transfers",
    scope="money:write",
    roles=STAFF,
    body=SendingTogether,
    answers={201: TransferBatchShape},
)
def send_withdrawals(identity: Identity, body: SendingTogether) -> tuple[int, Any]:
    """Pay approved withdrawals through WeChat in one go, each once; what cannot be sent is named."""
    transfers_here()
    batch = transferring_many.send_many(
        numbers=body.numbers, now=utc_now(), actor=identity.actor.name, submission_key=body.submission_key
    )
    return 201, _batch(batch)


@endpoint(
    "GET",
    "/wechat-transfers/batches/<int:batch_id>",
    scope="money:read",
    roles=STAFF,
    answers={200: TransferBatchShape},
)
def show_transfer_batch(identity: Identity, batch_id: int) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """Show how far a batch is."""
    return 200, _batch(transfer_batches.get_batch(batch_id))


@endpoint(
    "GET",
    "/wechat-transfers",
    scope="money:read",
    roles=STAFF,
    query=TransferQuery,
    answers={200: TransfersShape},
)
def list_wechat_transfers(identity: Identity, query: TransferQuery) -> tuple[int, Any]:  # noqa: ARG001 - as above
    """List transfers through WeChat, the latest first."""
    whole = joinedload(WechatTransfer.withdrawal).joinedload(Withdrawal.leader)
    statement = select(WechatTransfer).options(whole).order_by(WechatTransfer.id.desc())
    for column, wanted in ((WechatTransfer.state, query.state), (WechatTransfer.batch_id, query.batch)):
        statement = statement if wanted is None else statement.where(column == wanted)
    if (before := cursors.id_after(query.cursor)) is not None:
        statement = statement.where(WechatTransfer.id < before)
    found = db.session.scalars(statement.limit(query.limit + 1)).all()
    rows, cursor = cursors.page(found, limit=query.limit, key=lambda row: (row.id,))
    return 200, {"items": [_listed(row) for row in rows], "next_cursor": cursor}


@endpoint(
    "POST",
    "/wechat-transfers/<number>/mend",
    scope="money:write",
    roles=STAFF,
    body=MendingTransfer,
    answers={200: ListedTransferShape},
)
def mend_transfer(identity: Identity, number: str, body: MendingTransfer) -> tuple[int, Any]:
    """Book what WeChat has paid otherwise than asked; the difference is the leader's settled commission's.

    A difference above the limit is booked when another person sends the same; until then it is ``mispaid``.
    """
    usual: dict[str, Any] = {"number": number, "now": utc_now(), "actor": identity.actor.name}
    return 200, _listed(mending_transfers.mend(**usual, reason=body.reason, paid_fen=body.paid_fen))


def _batch(batch: TransferBatch) -> Json:
    over, whole = transfer_batches.progress(batch.id)
    said = {"id": batch.id, "made_at": iso(batch.made_at), "made_by": batch.made_by}
    return said | {"transfers": whole, "over": over, "left_out": list(batch.left_out)}


def _listed(row: WechatTransfer) -> Json:
    of = row.withdrawal
    return shape(row) | {"withdrawal": of.number, "leader": of.leader.code, "batch": row.batch_id}
