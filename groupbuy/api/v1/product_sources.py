"""Further suppliers of a product, for staff."""

from typing import Annotated, Any, Literal

from pydantic import Field

from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.shapes import Code, Shape
from groupbuy.campaigns import agreed_sources
from groupbuy.campaigns import queries as campaigns
from groupbuy.catalog import queries, sourcing
from groupbuy.catalog.sourcing import MAX_UNITS, MOST, WHOLE_BP, Further, Sourcing
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body
from groupbuy.kernel.clock import utc_now

Units = Annotated[int, Field(ge=0, le=MAX_UNITS)]
CaseSize = Annotated[int, Field(ge=1, le=MAX_UNITS)]
Share = Annotated[int, Field(ge=0, le=WHOLE_BP)]


class NewSource(Body):
    """A further supplier: fen per sale unit, sale units in a case, its part in basis points, units a day."""

    supplier_code: Code
    cost_fen: Units
    case_size: CaseSize = 1
    share_bp: Share = 0
    daily_limit: Units | None = None


class NewSources(Body):
    """All further suppliers; an empty list leaves the product to its own supplier.

    ``version`` is the product's, as it was read. ``daily_limit`` is that of the product's own supplier; null
    for any number.
    """

    version: Annotated[int, Field(ge=1, le=2**31)]
    split_by: Literal["share", "price"] = "share"
    daily_limit: Units | None = None
    sources: Annotated[list[NewSource], Field(max_length=MOST)]


class SourceShape(Shape):
    """A supplier of a product."""

    supplier_code: str
    cost_fen: int
    case_size: int
    share_bp: int
    daily_limit: int | None


class ProductSources(Shape):
    """Who delivers a product: its own supplier ``main``, and the further ones; ``version`` goes back."""

    version: int
    split_by: str
    main: SourceShape
    sources: list[SourceShape]


class AgreedSources(Shape):
    """Who brings a product of a round, as it was agreed when the round was published."""

    product_code: str
    split_by: str
    main: SourceShape
    sources: list[SourceShape]


class RoundSources(Shape):
    """The products of a round that several suppliers bring, by code."""

    items: list[AgreedSources]


@endpoint("GET", "/products/<code>/sources", scope="catalog:read", answers={200: ProductSources})
def show_product_sources(identity: Identity, code: str) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """Show who delivers a product."""
    return 200, sourcing.sources_as_json(queries.get_product(code))


@endpoint(
    "PUT",
    "/products/<code>/sources",
    scope="catalog:write",
    body=NewSources,
    answers={200: ProductSources},
)
def set_product_sources(identity: Identity, code: str, body: NewSources) -> tuple[int, Any]:
    """Name all further suppliers of a product, for the rounds that are published from now on."""
    product = queries.get_product(code)
    further = tuple(Further(**one.model_dump()) for one in body.sources)
    sourcing.set_sourcing(
        product=product,
        wanted=Sourcing(body.split_by, body.daily_limit, further),
        now=utc_now(),
        actor=identity.actor.name,
        version=body.version,
    )
    return 200, sourcing.sources_as_json(product)


@endpoint("GET", "/rounds/<round_name>/sources", scope="catalog:read", answers={200: RoundSources})
def show_round_sources(identity: Identity, round_name: str) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """Show the agreed terms of those products of a round that several suppliers bring."""
    return 200, {"items": agreed_sources.agreed_as_json(campaigns.get_round(round_name).id)}
