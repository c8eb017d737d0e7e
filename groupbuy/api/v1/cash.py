"""Residents' cash in leaders' hands: handed over, and confirmed by those who have got it."""

from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from groupbuy.api.v1 import cursors
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.money import STAFF, Fen, Key
from groupbuy.api.v1.rest_days import own_leader
from groupbuy.api.v1.shapes import Json, Page, Shape
from groupbuy.db import db
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import NotFound
from groupbuy.kernel.times import iso
from groupbuy.leaders.models import Leader
from groupbuy.payments import handing_over
from groupbuy.payments.models import CashHandover

State = Literal["handed", "confirmed", "rejected"]


class NewHandover(Body):
    """How much cash goes to the operator; the same ``submission_key`` is the same hand-over."""

    amount_fen: Fen
    note: Annotated[Text, Field(max_length=handing_over.MAX_NOTE)] = ""
    submission_key: Key | None = None


class HandoverDecision(Body):
    """Whether the cash has come; ``reason`` says why not."""

    confirm: bool
    reason: Annotated[Text, Field(max_length=handing_over.MAX_NOTE)] = ""


class HandoverQuery(Page):
    """Of one state, of one leader."""

    state: State | None = None
    leader: Annotated[Text, Field(max_length=64)] | None = None


class HandoverShape(Shape):
    """Cash handed over; it counts once it is confirmed."""

    id: int
    leader: str
    state: State
    amount_fen: int
    note: str | None
    reason: str | None
    handed_at: str


class HandoversShape(Shape):
    """A page of hand-overs, the latest first."""

    items: list[HandoverShape]
    next_cursor: str | None


@endpoint(
    "POST",
    "/leaders/<code>/cash-handovers",
    scope="money:write",
    roles=("leader",),
    body=NewHandover,
    answers={201: HandoverShape},
)
def hand_cash_over(identity: Identity, code: str, body: NewHandover) -> tuple[int, Any]:
    """Note as a leader that cash goes to the operator, never more than is due."""
    row = handing_over.hand_over(
        leader=own_leader(identity, code), **body.model_dump(), now=utc_now(), actor=identity.actor.name
    )
    return 201, _shape(row)


@endpoint(
    "GET",
    "/cash-handovers",
    scope="money:read",
    roles=("leader", *STAFF),
    query=HandoverQuery,
    answers={200: HandoversShape},
)
def list_handovers(identity: Identity, query: HandoverQuery) -> tuple[int, Any]:
    """List cash handed over, the latest first; a leader sees its own."""
    statement = select(CashHandover).options(joinedload(CashHandover.leader)).order_by(CashHandover.id.desc())
    if identity.role == "leader":
        statement = statement.where(CashHandover.leader_id.in_(identity.leader_ids))
    if query.state is not None:
        statement = statement.where(CashHandover.state == query.state)
    if query.leader is not None:
        statement = statement.where(CashHandover.leader.has(Leader.code == query.leader))
    if (before := cursors.id_after(query.cursor)) is not None:
        statement = statement.where(CashHandover.id < before)
    found = db.session.scalars(statement.limit(query.limit + 1)).all()
    rows, cursor = cursors.page(found, limit=query.limit, key=lambda row: (row.id,))
    return 200, {"items": [_shape(row) for row in rows], "next_cursor": cursor}


@endpoint(
    "POST",
    "/cash-handovers/<handover_no>/decide",
    scope="money:write",
    roles=STAFF,
    body=HandoverDecision,
    answers={200: HandoverShape},
)
def decide_handover(identity: Identity, handover_no: str, body: HandoverDecision) -> tuple[int, Any]:
    """Confirm that cash has come, or reject the note of it with a reason."""
    row = handing_over.decide(
        handover_id=_number(handover_no), **body.model_dump(), now=utc_now(), actor=identity.actor.name
    )
    return 200, _shape(row)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise NotFound("unknown_handover", "There is no such hand-over.")
    return int(text)


def _shape(row: CashHandover) -> Json:
    names = ("id", "state", "amount_fen", "note", "reason")
    shown = {name: getattr(row, name) for name in names}
    return shown | {"leader": row.leader.code, "handed_at": iso(row.handed_at)}
