"""The entries of the ledger, each with its cause, the paper behind it and who booked it."""

from typing import Annotated, Any

from pydantic import Field

from groupbuy.analytics import journal, report_codes
from groupbuy.analytics.journal import Asked, Entry
from groupbuy.analytics.money_report import Narrow
from groupbuy.api.v1 import cursors
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.money import STAFF, Month, Narrowing
from groupbuy.api.v1.shapes import Json, Page, Shape
from groupbuy.db import db
from groupbuy.finance.models import Posting
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Text
from groupbuy.kernel.times import iso


class PostingQuery(Page):
    """The first and the last month of the books, and what narrows the entries.

    ``account``, ``cause``, ``leader`` and ``supplier`` are those of income and expense; ``paper`` is the
    number of an order, payment, refund, withdrawal, goods receipt or supplier's statement.
    """

    since: Month
    until: Month
    account: Narrowing = ""
    cause: Narrowing = ""
    leader: Narrowing = ""
    supplier: Narrowing = ""
    paper: Annotated[Text, Field(max_length=64)] = ""


class PostingShape(Shape):
    """An entry; ``seal`` is the number of its link in the chain, null until it is sealed."""

    id: int
    at: str
    period: str
    cause: str
    paper: str
    debit: str
    credit: str
    amount_fen: int
    actor: str
    seal: int | None


class PostingsShape(Shape):
    """A page of entries, the latest first, and what all of them come to."""

    count: int
    moved_fen: int
    debited_fen: int
    credited_fen: int
    items: list[PostingShape]
    next_cursor: str | None


@endpoint(
    "GET", "/postings", scope="money:read", roles=STAFF, query=PostingQuery, answers={200: PostingsShape}
)
def list_postings(identity: Identity, query: PostingQuery) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """List the entries of the ledger; the sums are those of all pages."""
    narrow = Narrow(query.account, query.cause, query.leader, query.supplier)
    report_codes.check(narrow.codes)
    asked = Asked(query.since, query.until, narrow, query.paper)
    statement = journal.selection(asked)
    if (before := cursors.id_after(query.cursor)) is not None:
        statement = statement.where(Posting.id < before)
    found = db.session.scalars(statement.limit(query.limit + 1)).all()
    rows, cursor = cursors.page(found, limit=query.limit, key=lambda row: (row.id,))
    sums = journal.sums(asked)
    return 200, {
        "count": sums.entries,
        "moved_fen": sums.moved_fen,
        "debited_fen": sums.debited_fen,
        "credited_fen": sums.credited_fen,
        "items": [_shape(one) for one in journal.read(rows)],
        "next_cursor": cursor,
    }


def _shape(one: Entry) -> Json:
    return {
        "id": one.id,
        "at": iso(one.at),
        "period": one.period,
        "cause": one.cause_kind,
        "paper": one.paper,
        "debit": one.debit_account,
        "credit": one.credit_account,
        "amount_fen": one.amount_fen,
        "actor": one.actor,
        "seal": one.seal_number,
    }
