"""Payout files (付款文件): approved withdrawals that are paid at the bank together."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response
from sqlalchemy import select

from groupbuy.api.v1 import cursors
from groupbuy.api.v1.documents import private_file
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.money import STAFF
from groupbuy.api.v1.shapes import Json, Page, Shape
from groupbuy.commissions import payout_files, withdrawing
from groupbuy.commissions.models import PayoutBatch
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.http.identity import Identity
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.times import iso


class PayoutFileShape(Shape):
    """A payout file: how much it pays in how many withdrawals; ``open`` ones are not decided yet."""

    id: int
    made_at: str
    made_by: str
    payouts: int
    net_fen: int
    open: int
    paid: int
    rejected: int


class PayoutFilesShape(Shape):
    """A page of payout files, the latest first."""

    items: list[PayoutFileShape]
    next_cursor: str | None


@endpoint("POST", "/payout-files", scope="money:write", roles=STAFF, answers={201: PayoutFileShape})
def make_payout_file(identity: Identity) -> tuple[int, Any]:
    """Put every approved withdrawal that is in no payout file yet into one."""
    batch = withdrawing.make_batch(now=utc_now(), actor=identity.actor.name)
    return 201, _shapes([batch])[0]


@endpoint(
    "GET", "/payout-files", scope="money:read", roles=STAFF, query=Page, answers={200: PayoutFilesShape}
)
def list_payout_files(identity: Identity, query: Page) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """List payout files, the latest first."""
    statement = select(PayoutBatch).order_by(PayoutBatch.id.desc()).limit(query.limit + 1)
    if (before := cursors.id_after(query.cursor)) is not None:
        statement = statement.where(PayoutBatch.id < before)
    found = db.session.scalars(statement).all()
    rows, cursor = cursors.page(found, limit=query.limit, key=lambda row: (row.id,))
    return 200, {"items": _shapes(rows), "next_cursor": cursor}


@endpoint(
    "GET", "/payout-files/<int:batch_id>", scope="money:read", roles=STAFF, answers={200: PayoutFileShape}
)
def show_payout_file(identity: Identity, batch_id: int) -> tuple[int, Any]:  # noqa: ARG001 - as above
    """Show how far a payout file is paid."""
    return 200, _shapes([payout_files.get_batch(batch_id)])[0]


@endpoint(
    "GET",
    "/payout-files/<int:batch_id>.<any(xlsx, csv):suffix>",
    scope="documents:read",
    roles=STAFF,
    answers={200: None},
)
def take_payout_file(identity: Identity, batch_id: int, suffix: str) -> Response:
    """Download a payout file for the bank; who took the names and accounts in it is logged."""
    content = payout_files.content_of(payout_files.get_batch(batch_id), suffix)
    who = identity.actor.name
    in_transaction(lambda: payout_files.note_taken(batch_id, now=utc_now(), actor=who))
    return private_file(content, f"payout-{batch_id}.{suffix}", payout_files.KINDS[suffix])


def _shapes(batches: Sequence[PayoutBatch]) -> list[Json]:
    states = payout_files.standing([batch.id for batch in batches])
    return [_shape(batch, states[batch.id]) for batch in batches]


def _shape(batch: PayoutBatch, states: Mapping[str, int]) -> Json:
    paid, rejected = states.get("paid", 0), states.get("rejected", 0)
    found = {name: getattr(batch, name) for name in ("id", "made_by", "payouts", "net_fen")}
    rest = {"open": batch.payouts - paid - rejected, "paid": paid, "rejected": rejected}
    return found | {"made_at": iso(batch.made_at)} | rest
