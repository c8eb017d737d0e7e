"""What is short of a round, shared out over its buyers."""

from typing import Annotated, Any, Literal

from pydantic import Field

from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.shapes import Code, Shape
from groupbuy.campaigns import queries as campaigns
from groupbuy.flows import allocating, sharing_out
from groupbuy.flows.receiving import MAX_TEXT
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.warehouse.rules import Policy

MAX_PRODUCTS = 2000


class Allocate(Body):
    """How to share out; without products all that is short and of which nothing more comes.

    ``fingerprint`` is that of a dry run.

    ``swaps`` name for a product that is short another one, at most as dear, for all its buyers.
    """

    policy: Literal["first_come", "pro_rata", "equal_per_leader", "fair_by_money"]
    products: Annotated[list[Code], Field(min_length=1, max_length=MAX_PRODUCTS)] | None = None
    swaps: Annotated[dict[Code, Code], Field(max_length=MAX_PRODUCTS)] | None = None
    dry_run: bool = False
    fingerprint: Annotated[Text, Field(max_length=MAX_TEXT)] | None = None


class ShortReason(Shape):
    """Why sale units of a supplier's are missing, and what was written about it."""

    why: Literal["not_bought", "refused", "not_delivered", "rejected", "still_coming"]
    units: int
    supplier: str
    words: str


class ShortOffer(Shape):
    """An offer that is short; ``final``: nothing more will come."""

    product_code: str
    final: bool
    wanted: int
    there: int
    short: int
    lost: int
    lines: int
    reasons: list[ShortReason]


class AllocationPreview(Shape):
    """Who would go without, in lines, residents, sale units and fen, and what comes in its place."""

    fingerprint: str
    units: int
    amount_fen: int
    substituted: int
    substituted_fen: int
    lines: int
    residents: int
    offers: list[ShortOffer]


class AllocationDone(Shape):
    """What an allocation changed; zeros when nothing was short (any more)."""

    offers: int
    lines: int
    units: int
    amount_fen: int
    substituted: int
    substituted_fen: int
    orders: int
    cancelled: int


@endpoint(
    "POST",
    "/rounds/<round_name>/allocations",
    scope="warehouse:write",
    body=Allocate,
    answers={200: AllocationPreview, 201: AllocationDone},
)
def allocate(identity: Identity, round_name: str, body: Allocate) -> tuple[int, Any]:
    """Share out what is short of a round, once; with ``dry_run`` say who would go without."""
    round_, policy = campaigns.get_round(round_name), Policy(body.policy)
    if body.dry_run:
        offers = sharing_out.short_offers(round_, body.products)
        return 200, sharing_out.preview_json(sharing_out.preview(round_, policy, offers, body.swaps))
    done = allocating.apply(
        round_=round_,
        policy=policy,
        now=utc_now(),
        actor=identity.actor,
        product_codes=body.products,
        swaps=body.swaps,
        seen=body.fingerprint,
    )
    return 201, allocating.as_json(done)
