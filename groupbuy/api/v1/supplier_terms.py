"""When a supplier is settled with, and what comes back as rebate."""

from typing import Annotated, Any, Literal

from pydantic import Field

from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.money import STAFF
from groupbuy.api.v1.shapes import Shape
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.money import MAX_FEN
from groupbuy.settlements import adjusting, queries, rules

PATH = "/suppliers/<code>/terms"


class RebateStep(Body):
    """From how much of a statement's purchases on, which part of all of them comes back."""

    from_fen: Annotated[int, Field(strict=True, ge=0, le=MAX_FEN)]
    rate_bp: Annotated[int, Field(strict=True, ge=0, le=10_000)]


class SupplierTermsWish(Body):
    """The cycle of statements, days to pay, and all steps of the rebate; the highest one reached counts."""

    cycle: Literal["week", "half_month", "month"]
    due_days: Annotated[int, Field(strict=True, ge=0, le=rules.MOST_DUE_DAYS)]
    rebates: Annotated[list[RebateStep], Field(max_length=rules.MOST_STEPS)]


class RebateStepShape(Shape):
    """A step of a rebate."""

    from_fen: int
    rate_bp: int


class SupplierTermsShape(Shape):
    """A supplier's terms; where none are set: a statement a month, due after 30 days."""

    cycle: Literal["week", "half_month", "month"]
    due_days: int
    rebates: list[RebateStepShape]


@endpoint("GET", PATH, scope="money:read", roles=STAFF, answers={200: SupplierTermsShape})
def show_supplier_terms(identity: Identity, code: str) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """Show when a supplier is settled with, and its rebates."""
    return 200, queries.terms_as_json(queries.terms_of(queries.get_supplier(code).id))


@endpoint(
    "PUT", PATH, scope="money:write", roles=STAFF, body=SupplierTermsWish, answers={200: SupplierTermsShape}
)
def set_supplier_terms(identity: Identity, code: str, body: SupplierTermsWish) -> tuple[int, Any]:
    """Set when a supplier is settled with, and its rebates; statements that are made stay as they are."""
    terms = adjusting.set_terms(
        supplier=queries.get_supplier(code),
        cycle=body.cycle,
        due_days=body.due_days,
        rebates=[(step.from_fen, step.rate_bp) for step in body.rebates],
        now=utc_now(),
        actor=identity.actor.name,
    )
    return 200, queries.terms_as_json(terms)
