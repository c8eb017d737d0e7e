"""A campaign as the API shows it."""

from typing import Annotated, Any

from pydantic import Field

from groupbuy.api.v1.shapes import Json, Shape
from groupbuy.campaigns import queries
from groupbuy.campaigns.models import Campaign

Money = Annotated[int, Field(ge=0, le=10_000_000_000)]


class CampaignShape(Shape):
    """A campaign with the names of its rounds, the latest cut-off first."""

    code: str
    name: str
    state: str
    version: int
    description: str | None
    recurrence: dict[str, Any] | None
    opens: str
    closes: str
    open_days_before: int
    pickup_days_after: int
    payment: str
    surplus_policy: str
    all_leaders: bool
    review_above_fen: int | None
    unreviewed: str
    freight_fen: int | None
    freight_free_from_fen: int | None
    freight_shared: bool
    product_codes: list[str]
    rounds: list[str]


_PLAIN = (
    "code",
    "name",
    "state",
    "version",
    "description",
    "recurrence",
    "opens",
    "closes",
    "open_days_before",
    "pickup_days_after",
    "payment",
    "surplus_policy",
    "all_leaders",
    "review_above_fen",
    "unreviewed",
    "freight_fen",
    "freight_free_from_fen",
    "freight_shared",
)


def campaign_json(campaign: Campaign) -> Json:
    """Return a campaign in the API's shape."""
    products, rounds = queries.contents_of_campaign(campaign.id)
    return {name: getattr(campaign, name) for name in _PLAIN} | {"product_codes": products, "rounds": rounds}
