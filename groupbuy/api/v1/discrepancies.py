"""What leaders did not get as it was sent: who would go without, who is to pay, and the decision."""

from collections.abc import Sequence
from typing import Any, Literal

from groupbuy.api.v1 import cursors
from groupbuy.api.v1.delivery import day_of_path
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.shapes import Code, Json, Page, Shape
from groupbuy.delivery import discrepancies, missing
from groupbuy.delivery.models import Discrepancy
from groupbuy.delivery.rules import Decision, Payer, proposed_payer
from groupbuy.flows import signing
from groupbuy.flows.signing import Losing
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import RuleBroken
from groupbuy.kernel.times import iso
from groupbuy.orders import queries as orders

PATH = "/discrepancies/<int:number>"
OPERATOR = ("operator",)
PayerName = Literal["supplier", "driver", "warehouse"]
DecisionName = Literal["refund", "dismiss"]


class DiscrepancySearch(Page):
    """Which discrepancies are wanted; ``open`` are those not decided yet."""

    day: Code | None = None
    open: bool = False


class DiscrepancyShape(Shape):
    """Goods of which a leader got ``got`` sale units of ``sent``; ``charge_fen`` is what the payer owes."""

    discrepancy: int
    day: str
    leader_code: str
    round: str
    product_code: str
    name: str
    sent: int
    got: int
    reason: str
    proposed_payer: PayerName
    decision: str | None
    payer: str | None
    charge_fen: int
    never_came: int
    decided_at: str | None
    decided_by: str | None


class DiscrepancyList(Shape):
    """A page of discrepancies, the newest first."""

    items: list[DiscrepancyShape]
    next_cursor: str | None


class LosingOrder(Shape):
    """An order that would go without some units, and what they cost in fen."""

    order_no: str
    resident_code: str
    units: int
    amount_fen: int


class DiscrepancyProposal(DiscrepancyShape):
    """A discrepancy with what a refund would do; ``obstacle`` says why there can be none now."""

    losing: list[LosingOrder]
    obstacle: str | None


class DiscrepancyDecision(Body):
    """What becomes of the goods; a refund names who is charged with their cost."""

    decision: DecisionName
    payer: PayerName | None = None


@endpoint(
    "GET",
    "/discrepancies",
    scope="warehouse:read",
    roles=OPERATOR,
    query=DiscrepancySearch,
    answers={200: DiscrepancyList},
)
def list_discrepancies(identity: Identity, query: DiscrepancySearch) -> tuple[int, Any]:  # noqa: ARG001 - every view gets it
    """List what leaders did not get as it was sent, the newest first."""
    found = discrepancies.discrepancies_page(
        day=day_of_path(query.day) if query.day else None,
        undecided=query.open,
        before=cursors.id_after(query.cursor),
        most=query.limit + 1,
    )
    rows, cursor = cursors.page(found, limit=query.limit, key=lambda row: (row.id,))
    return 200, {"items": _json(rows), "next_cursor": cursor}


@endpoint("GET", PATH, scope="warehouse:read", roles=OPERATOR, answers={200: DiscrepancyProposal})
def show_discrepancy(identity: Identity, number: int) -> tuple[int, Any]:  # noqa: ARG001 - every view gets it
    """Show one discrepancy with who would go without and who is proposed to pay."""
    return 200, _proposal(missing.get_discrepancy(number))


@endpoint(
    "POST",
    f"{PATH}/decision",
    scope="warehouse:write",
    roles=OPERATOR,
    body=DiscrepancyDecision,
    answers={200: DiscrepancyProposal},
)
def decide_discrepancy(identity: Identity, number: int, body: DiscrepancyDecision) -> tuple[int, Any]:
    """Decide once what becomes of the goods; residents who go without are paid back and told."""
    decided = signing.decide(
        discrepancy_id=number,
        decision=Decision(body.decision),
        payer=Payer(body.payer) if body.payer else None,
        now=utc_now(),
        actor=identity.actor,
    )
    return 200, _proposal(decided)


def _proposal(found: Discrepancy) -> Json:
    losing: Sequence[Losing] = ()
    obstacle = None
    if found.decision is None and found.missing > 0:
        try:
            losing = signing.who_loses(found)
        except RuleBroken as error:
            obstacle = error.code
    return _json([found])[0] | {"losing": _losing(losing), "obstacle": obstacle}


def _losing(losing: Sequence[Losing]) -> list[Json]:
    owners = orders.owners_of([one.claim.order_id for one in losing])
    return [
        {
            "order_no": owners[one.claim.order_id][0],
            "resident_code": owners[one.claim.order_id][1],
            "units": one.units,
            "amount_fen": one.amount_fen,
        }
        for one in losing
    ]


def _json(found: Sequence[Discrepancy]) -> list[Json]:
    rounds = discrepancies.round_names(found)
    return [_one(row, rounds[row.offer.round_id]) for row in found]


def _one(found: Discrepancy, round_name: str) -> Json:
    stop, offer = found.stop, found.offer
    return {
        "discrepancy": found.id,
        "day": stop.day.isoformat(),
        "leader_code": stop.leader.code,
        "round": round_name,
        "product_code": offer.product.code,
        "name": offer.product.name,
        "sent": found.sent,
        "got": found.got,
        "reason": found.reason,
        "proposed_payer": proposed_payer(found.reason, has_driver=bool(stop.route.driver)),
        "decision": found.decision,
        "payer": found.payer,
        "charge_fen": found.charge_fen,
        "never_came": found.never_came,
        "decided_at": iso(found.decided_at) if found.decided_at else None,
        "decided_by": found.decided_by,
    }
