"""What residents of a leader see in the shop: goods with pictures, prices, and what is left of them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, literal, select

from groupbuy.campaigns.listing import Viewer, rounds_page
from groupbuy.campaigns.models import Offer, OfferBuyer, OfferLeader, OfferStock, OfferVersion, Round
from groupbuy.campaigns.rules import RoundState
from groupbuy.campaigns.source_models import OfferSource
from groupbuy.catalog.models import Category, Product
from groupbuy.db import db

MOST_ROUNDS = 50
# No shop's stepper goes higher; the limits of the trade are below or the same.
MOST_UNITS = 9999


@dataclass(frozen=True, slots=True)
class Goods:
    """An offer as a resident sees it: prices in fen, quantities in sale units.

    ``taken`` is what the resident has of it in this round already; ``offered`` is false once it was
    withdrawn or taken off the shelf. ``further_case`` is the largest case of the further suppliers that
    were agreed on. With ``whole_cases`` only full cases are bought, so that what is
    sold beyond them is short. Of weighed goods ``price_fen`` is the estimate for a piece of
    about ``est_grams``.
    """

    offer_id: int
    round_id: int
    product_code: str
    category: str | None
    name: str
    spec: str | None
    unit: str
    description: str | None
    picture: str | None
    zone: str
    price_fen: int
    list_price_fen: int | None
    per_buyer_limit: int | None
    min_units: int | None
    min_order_qty: int
    multiple: int
    sold: int
    limit_units: int | None
    offered: bool
    taken: int
    case_size: int
    further_case: int | None
    whole_cases: bool
    est_grams: int | None

    @property
    def left(self) -> int | None:
        """Return how many units nobody has bought yet; None is no limit."""
        return None if self.limit_units is None else max(self.limit_units - self.sold, 0)

    @property
    def smallest(self) -> int:
        """Return the smallest quantity that can be ordered: a multiple not below the minimum."""
        return -(-self.min_order_qty // self.multiple) * self.multiple

    def most(self, held: int = 0) -> int:
        """Return how many units the resident may order, 0 when not even the smallest order fits.

        ``held`` units are in an order that is being changed: they count neither as sold nor as taken.
        """
        bounds = [MOST_UNITS]
        if self.left is not None:
            bounds.append(self.left + held)
        if self.per_buyer_limit is not None:
            bounds.append(max(self.per_buyer_limit - self.taken + held, 0))
        fitting = min(bounds) // self.multiple * self.multiple
        return fitting if self.offered and fitting >= self.smallest else 0

    @property
    def by_the_case(self) -> bool:
        """Tell whether only whole cases are bought, and one of its suppliers has cases of several units."""
        return self.whole_cases and max(self.case_size, self.further_case or 1) > 1

    @property
    def needed(self) -> int:
        """Return how many units more must be sold until it happens (成团)."""
        return max((self.min_units or 0) - self.sold, 0)


def goods_of_rounds(
    *, round_ids: Collection[int], leader_id: int, resident_id: int | None = None
) -> Sequence[Goods]:
    """Return what a leader's residents can order in rounds, in the order of the plan."""
    statement = _goods(leader_id, resident_id).where(Offer.round_id.in_(round_ids), _is_offered())
    rows = db.session.execute(statement.order_by(Offer.round_id, Offer.sort, Offer.id))
    return [Goods(*row) for row in rows]


def goods_by_id(
    *, offer_ids: Collection[int], leader_id: int, resident_id: int | None = None
) -> Sequence[Goods]:
    """Return certain offers as a leader's residents have them, also those that are offered no longer."""
    if not offer_ids:
        return []
    statement = _goods(leader_id, resident_id).where(Offer.id.in_(offer_ids))
    rows = db.session.execute(statement.order_by(Offer.round_id, Offer.sort, Offer.id))
    return [Goods(*row) for row in rows]


def rounds_of_offers(offer_ids: Collection[int]) -> dict[int, Round]:
    """Return the rounds of offers by offer."""
    if not offer_ids:
        return {}
    statement = select(Offer.id, Round).join(Round, Round.id == Offer.round_id)
    return {row[0]: row[1] for row in db.session.execute(statement.where(Offer.id.in_(offer_ids)))}


def selling_rounds(*, leader_id: int, now: datetime) -> tuple[Sequence[Round], Sequence[Round]]:
    """Return a leader's open rounds, the next cut-off first, and those that open later."""
    viewer = Viewer(leader_ids=[leader_id])
    pages = (
        rounds_page(viewer=viewer, state=state, now=now, after=None, most=MOST_ROUNDS)
        for state in (RoundState.OPEN, RoundState.SCHEDULED)
    )
    opened, later = (sorted(page, key=lambda round_: round_.closes_at) for page in pages)
    return opened, later


def _is_offered() -> Any:
    mine = func.coalesce(OfferLeader.offered, ~Offer.leader_picks)
    return and_(Offer.state == "active", Product.state == "on_shelf", mine)


def _goods(leader_id: int, resident_id: int | None) -> Select[*tuple[Any, ...]]:
    taken = func.coalesce(OfferBuyer.units, 0) if resident_id is not None else literal(0)
    statement = (
        select(
            Offer.id,
            Offer.round_id,
            Product.code,
            Category.name,
            OfferVersion.name,
            OfferVersion.spec,
            OfferVersion.unit,
            Product.description,
            Product.picture,
            Product.temperature_zone,
            func.coalesce(OfferLeader.price_fen, OfferVersion.price_fen),
            OfferVersion.list_price_fen,
            Offer.per_buyer_limit,
            Offer.min_units,
            Offer.min_order_qty,
            Offer.multiple,
            OfferStock.sold,
            OfferStock.limit_units,
            _is_offered(),
            taken,
            OfferVersion.case_size,
            select(func.max(OfferSource.case_size)).where(OfferSource.offer_id == Offer.id).scalar_subquery(),
            Round.surplus_policy == "shortfall",
            OfferVersion.est_grams,
        )
        .join(Round, Round.id == Offer.round_id)
        .join(OfferVersion, and_(OfferVersion.offer_id == Offer.id, OfferVersion.number == Offer.version_no))
        .join(Product, Product.id == Offer.product_id)
        .join(OfferStock, OfferStock.offer_id == Offer.id)
        .outerjoin(Category, Category.id == Product.category_id)
        .outerjoin(OfferLeader, and_(OfferLeader.offer_id == Offer.id, OfferLeader.leader_id == leader_id))
    )
    if resident_id is None:
        return statement
    mine = and_(OfferBuyer.offer_id == Offer.id, OfferBuyer.resident_id == resident_id)
    return statement.outerjoin(OfferBuyer, mine)


def offers_of_products(*, round_ids: Sequence[int], product_ids: Sequence[int]) -> dict[int, int]:
    """Return an active offer of each product in the rounds, by product; the first round has precedence."""
    found: dict[int, int] = {}
    statement = select(Offer.round_id, Offer.product_id, Offer.id).where(
        Offer.round_id.in_(round_ids), Offer.product_id.in_(product_ids), Offer.state == "active"
    )
    rows = db.session.execute(statement).all()
    for _, product_id, offer_id in sorted(rows, key=lambda row: round_ids.index(row[0])):
        found.setdefault(product_id, offer_id)
    return found
