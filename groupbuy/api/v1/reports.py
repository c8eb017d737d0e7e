"""The report of a round, as the command line has it."""

from typing import Any

from groupbuy.analytics.report import as_json, round_report
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.shapes import Shape
from groupbuy.campaigns import queries as campaigns
from groupbuy.http.identity import Identity


class SupplierLine(Shape):
    """One product; ordered + surplus = from_stock + purchased + shortfall."""

    product_code: str
    ordered: int
    cases: int
    case_size: int
    from_stock: int
    purchased: int
    surplus: int
    shortfall: int


class SupplierTotal(Shape):
    """What is purchased from a supplier."""

    code: str
    units: int
    cost_fen: int
    lines: list[SupplierLine]


class SmallPurchase(Shape):
    """A purchase that is below its supplier's minimum."""

    code: str
    cost_fen: int
    min_order_fen: int


class FilledCases(Shape):
    """What residents take more of a product if that fills a case, and what of it they get."""

    product_code: str
    offered: int
    given: int


class LeaderTotal(Shape):
    """What a leader's residents ordered, and the commission."""

    code: str
    orders: int
    units: int
    amount_fen: int
    commission_fen: int


class Report(Shape):
    """A round's figures; before the close a preview.

    Its purchases then have the cases that residents would fill, which no other figure has yet.
    """

    round: str
    state: str
    orders: int
    units: int
    amount_fen: int
    suppliers: list[SupplierTotal]
    leaders: list[LeaderTotal]
    cases: list[FilledCases]
    below_minimum: list[SmallPurchase]


@endpoint("GET", "/rounds/<round_name>/report", scope="reports:read", answers={200: Report})
def report(identity: Identity, round_name: str) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """Report what was ordered, bought and earned in a round."""
    return 200, as_json(round_report(campaigns.get_round(round_name)))
