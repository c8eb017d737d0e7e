"""Why people asked for something: after-sale cases counted by reason."""

from typing import Any

from groupbuy.aftersales import queries
from groupbuy.aftersales.rules import Reason
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.shapes import Shape
from groupbuy.http.identity import Identity


class ReasonCount(Shape):
    """How many cases there were for a reason."""

    reason: str
    cases: int


class ReasonCounts(Shape):
    """Every reason, also those that nobody gave."""

    items: list[ReasonCount]


@endpoint(
    "GET",
    "/after-sales/reasons",
    scope="orders:read",
    roles=("operator", "customer_service"),
    answers={200: ReasonCounts},
)
def list_after_sale_reasons(identity: Identity) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """Count the after-sale cases by reason."""
    counted = queries.cases_by_reason()
    return 200, {"items": [{"reason": reason, "cases": counted.get(reason, 0)} for reason in Reason]}
