"""Debts of leaders: who owes something, what they have paid back, what is written off."""

from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from groupbuy.api.v1 import cursors
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.money import STAFF, Fen, Key
from groupbuy.api.v1.shapes import Json, Page, Shape
from groupbuy.commissions import debts
from groupbuy.commissions.debt_models import DebtSettlement
from groupbuy.commissions.debts import Wish
from groupbuy.db import db
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.times import iso
from groupbuy.leaders.models import Leader
from groupbuy.leaders.queries import get_leader

PATH = "/leaders/<code>/debt-settlements"
Words = Annotated[Text, Field(max_length=debts.MAX_WORDS)]
Code = Annotated[Text, Field(max_length=32)]


class DebtSettlementQuery(Page):
    """Those of a state, or of a leader, only; ``asked`` ones wait for a second person."""

    state: Literal["asked", "done", "rejected"] | None = None
    leader: Code | None = None


class NewDebtSettlement(Body):
    """What is done about a debt; the same ``submission_key`` again is the same deed.

    ``words`` are the reference of what was ``repaid``, which came the ``way`` it says, or why it is
    ``written_off``.
    """

    deed: Literal["repaid", "written_off"]
    amount_fen: Fen
    words: Words
    way: Literal["bank", "cash"] | None = None
    submission_key: Key | None = None


class DebtDecision(Body):
    """Whether a second person agrees to a write-off; if not, why."""

    agree: Annotated[bool, Field(strict=True)]
    reason: Words = ""


class DebtShape(Shape):
    """A leader who owes something."""

    leader: str
    name: str
    debt_fen: int


class DebtsShape(Shape):
    """A page of debts, by leader's code."""

    items: list[DebtShape]
    next_cursor: str | None


class DebtSettlementShape(Shape):
    """What was done about a debt; it is booked once it is ``done``."""

    id: int
    leader: str
    deed: Literal["repaid", "written_off"]
    way: Literal["bank", "cash"] | None
    amount_fen: int
    words: str
    state: Literal["asked", "done", "rejected"]
    asked_at: str
    asked_by: str
    decided_by: str | None
    reason: str | None


class DebtSettlementsShape(Shape):
    """A page of what was done about debts, the latest first."""

    items: list[DebtSettlementShape]
    next_cursor: str | None


@endpoint("GET", "/debts", scope="money:read", roles=STAFF, query=Page, answers={200: DebtsShape})
def list_debts(identity: Identity, query: Page) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """List leaders who owe something, by code."""
    statement = debts.owed().order_by(None).order_by(Leader.code).limit(query.limit + 1)
    if (after := cursors.code_after(query.cursor)) is not None:
        statement = statement.where(Leader.code > after)
    found = db.session.execute(statement).all()
    rows, cursor = cursors.page(found, limit=query.limit, key=lambda row: (row.Leader.code,))
    items = [{"leader": one.code, "name": one.name, "debt_fen": fen} for one, fen in rows]
    return 200, {"items": items, "next_cursor": cursor}


@endpoint(
    "GET",
    "/debt-settlements",
    scope="money:read",
    roles=STAFF,
    query=DebtSettlementQuery,
    answers={200: DebtSettlementsShape},
)
def list_debt_settlements(identity: Identity, query: DebtSettlementQuery) -> tuple[int, Any]:  # noqa: ARG001 - as above
    """List what leaders have paid back and what was written off, the latest first."""
    statement = select(DebtSettlement).join(DebtSettlement.leader).order_by(DebtSettlement.id.desc())
    statement = statement.options(contains_eager(DebtSettlement.leader)).limit(query.limit + 1)
    for column, wanted in ((DebtSettlement.state, query.state), (Leader.code, query.leader)):
        statement = statement if wanted is None else statement.where(column == wanted)
    if (before := cursors.id_after(query.cursor)) is not None:
        statement = statement.where(DebtSettlement.id < before)
    found = db.session.scalars(statement).all()
    rows, cursor = cursors.page(found, limit=query.limit, key=lambda row: (row.id,))
    return 200, {"items": [_shape(row) for row in rows], "next_cursor": cursor}


@endpoint(
    "POST",
    PATH,
    scope="money:write",
    roles=STAFF,
    body=NewDebtSettlement,
    answers={201: DebtSettlementShape},
)
def settle_debt(identity: Identity, code: str, body: NewDebtSettlement) -> tuple[int, Any]:
    """Note what a leader has paid back, or write it off; above a limit that is ``asked``."""
    wish = Wish(body.deed, body.amount_fen, body.words, body.way)
    usual: dict[str, Any] = {"now": utc_now(), "actor": identity.actor.name}
    row = debts.settle(leader=get_leader(code), wish=wish, submission_key=body.submission_key, **usual)
    return 201, _shape(row)


@endpoint(
    "POST",
    "/debt-settlements/<int:settlement_id>/decide",
    scope="money:write",
    roles=STAFF,
    body=DebtDecision,
    answers={200: DebtSettlementShape},
)
def decide_debt(identity: Identity, settlement_id: int, body: DebtDecision) -> tuple[int, Any]:
    """Agree to a write-off as the second person, or reject it with a reason."""
    usual: dict[str, Any] = {"now": utc_now(), "actor": identity.actor.name}
    return 200, _shape(debts.decide(settlement_id=settlement_id, **body.model_dump(), **usual))


def _shape(row: DebtSettlement) -> Json:
    names = ("id", "deed", "way", "amount_fen", "words", "state", "asked_by", "decided_by", "reason")
    plain = {name: getattr(row, name) for name in names}
    return plain | {"leader": row.leader.code, "asked_at": iso(row.asked_at)}
