"""Payout files (付款文件): approved withdrawals that are paid at the bank together."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal

from flask import Response
from pydantic import Field
from sqlalchemy import select

from groupbuy.api.v1 import cursors
from groupbuy.api.v1.documents import private_file
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.money import STAFF
from groupbuy.api.v1.shapes import Json, Page, Shape
from groupbuy.commissions import payout_files
from groupbuy.commissions.models import PayoutBatch
from groupbuy.commissions.payout_files import Result
from groupbuy.commissions.withdrawing import MAX_REASON
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Query, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.times import iso

Words = Annotated[Text, Field(max_length=MAX_REASON)]


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


class Gathered(Query):
    """Which withdrawals are put into a payout file: those paid by one way, or all."""

    method: Literal["wechat", "alipay", "bank"] | None = None


class BankResult(Body):
    """What the bank says of a withdrawal: ``proof`` where it is paid, ``reason`` where it is not."""

    number: Annotated[Text, Field(min_length=1, max_length=32)]
    proof: Words = ""
    reason: Words = ""


class BankResults(Body):
    """What the bank says of withdrawals of a payout file; others stay as they are."""

    results: Annotated[list[BankResult], Field(min_length=1, max_length=1000)]


class UnnotedResultShape(Shape):
    """A withdrawal of which the result was not noted, and why."""

    number: str
    code: str
    message: str


class NotedResultsShape(PayoutFileShape):
    """A payout file after results were noted, and those that could not be."""

    left_out: list[UnnotedResultShape]


class PayoutFilesShape(Shape):
    """A page of payout files, the latest first."""

    items: list[PayoutFileShape]
    next_cursor: str | None


@endpoint(
    "POST",
    "/payout-files",
    scope="money:write",
    roles=STAFF,
    query=Gathered,
    answers={201: PayoutFileShape},
)
def make_payout_file(identity: Identity, query: Gathered) -> tuple[int, Any]:
    """Put every approved withdrawal that is in no payout file yet, or those of one way, into one."""
    batch = payout_files.make(method=query.method, now=utc_now(), actor=identity.actor.name)
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


@endpoint(
    "POST",
    "/payout-files/<int:batch_id>/results",
    scope="money:write",
    roles=STAFF,
    body=BankResults,
    answers={200: NotedResultsShape},
)
def note_bank_results(identity: Identity, batch_id: int, body: BankResults) -> tuple[int, Any]:
    """Note what the bank has paid of a payout file, and what it has not, which goes back to the leader."""
    results = [Result(**one.model_dump()) for one in body.results]
    usual: dict[str, Any] = {"now": utc_now(), "actor": identity.actor.name}
    left_out = payout_files.note_results(batch_id=batch_id, results=results, **usual)
    shape = _shapes([payout_files.get_batch(batch_id)])[0]
    return 200, shape | {"left_out": [asdict(one) for one in left_out]}


def _shapes(batches: Sequence[PayoutBatch]) -> list[Json]:
    states = payout_files.standing([batch.id for batch in batches])
    return [_shape(batch, states[batch.id]) for batch in batches]


def _shape(batch: PayoutBatch, states: Mapping[str, int]) -> Json:
    paid, rejected = states.get("paid", 0), states.get("rejected", 0)
    found = {name: getattr(batch, name) for name in ("id", "made_by", "payouts", "net_fen")}
    rest = {"open": batch.payouts - paid - rejected, "paid": paid, "rejected": rejected}
    return found | {"made_at": iso(batch.made_at)} | rest
