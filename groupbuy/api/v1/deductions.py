"""What finance takes off suppliers by hand, and gives back where it was a mistake, in fen."""

from typing import Annotated, Any, Literal

from pydantic import Field

from groupbuy.api.v1 import cursors
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.money import STAFF, Fen, Key
from groupbuy.api.v1.settlements import OwedShape, Words, show_supplier_settlements
from groupbuy.api.v1.shapes import Json, Page, Shape
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.times import iso
from groupbuy.settlements import adjusting, deducting, queries
from groupbuy.settlements.models import SupplierAdjustment

PATH = "/suppliers/<code>/deductions"


class NewDeduction(Body):
    """Something off what a supplier is owed; the same ``submission_key`` again changes nothing.

    ``confirmed`` says that more than is owed is meant.
    """

    kind: Literal["claim", "deduction"]
    amount_fen: Fen
    note: Words
    submission_key: Key
    confirmed: bool = False


class GivingBack(Body):
    """Why it was a mistake; the supplier reads it."""

    reason: Annotated[Text, Field(min_length=1, max_length=adjusting.MAX_NOTE)]


class DeductionShape(Shape):
    """What was taken off by hand; ``given_back_at`` null: it stands."""

    deduction: int
    kind: Literal["claim", "deduction"]
    amount_fen: int
    note: str
    at: str
    by: str
    given_back_at: str | None


class DeductionsShape(Shape):
    """A page of deductions, the newest first."""

    items: list[DeductionShape]
    next_cursor: str | None


@endpoint("GET", PATH, scope="money:read", roles=STAFF, query=Page, answers={200: DeductionsShape})
def list_deductions(identity: Identity, code: str, query: Page) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """List what was taken off a supplier by hand, the newest first."""
    before = cursors.id_after(query.cursor)
    found = deducting.by_hand_of(queries.get_supplier(code), most=query.limit + 1, before=before)
    rows, cursor = cursors.page(found, limit=query.limit, key=lambda row: (row.id,))
    backs = deducting.backs_of(rows)
    return 200, {"items": [_as_json(row, backs.get(row.id)) for row in rows], "next_cursor": cursor}


@endpoint("POST", PATH, scope="money:write", roles=STAFF, body=NewDeduction, answers={201: OwedShape})
def deduct_from_supplier(identity: Identity, code: str, body: NewDeduction) -> tuple[int, Any]:
    """Take something off what a supplier is owed."""
    deducting.deduct(
        supplier=queries.get_supplier(code),
        kind=body.kind,
        amount_fen=body.amount_fen,
        cause=f"api:{code}:{body.submission_key}",
        note=body.note,
        now=utc_now(),
        actor=identity.actor.name,
        confirmed=body.confirmed,
    )
    return 201, show_supplier_settlements(identity, code, Page())[1]


@endpoint(
    "POST",
    f"{PATH}/<int:deduction>/back",
    scope="money:write",
    roles=STAFF,
    body=GivingBack,
    answers={200: OwedShape},
)
def give_deduction_back(identity: Identity, code: str, deduction: int, body: GivingBack) -> tuple[int, Any]:
    """Give back what was taken off by mistake; again changes nothing."""
    deducting.give_back(
        supplier=queries.get_supplier(code),
        adjustment_id=deduction,
        reason=body.reason,
        now=utc_now(),
        actor=identity.actor.name,
    )
    return 200, show_supplier_settlements(identity, code, Page())[1]


def _as_json(row: SupplierAdjustment, back: SupplierAdjustment | None) -> Json:
    return {
        "deduction": row.id,
        "kind": row.kind,
        "amount_fen": -row.amount_fen,
        "note": row.note,
        "at": iso(row.at),
        "by": row.actor,
        "given_back_at": iso(back.at) if back else None,
    }
