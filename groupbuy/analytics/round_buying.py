"""What the suppliers of a round would deliver if it closed now, for who looks at it before the close."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, select

from groupbuy.campaigns.models import Offer, OfferVersion, Round
from groupbuy.catalog.models import Supplier
from groupbuy.db import db
from groupbuy.purchasing import planning
from groupbuy.purchasing.planning import PlannedOrder
from groupbuy.purchasing.rules import CaseRounding
from groupbuy.warehouse import planned


@dataclass(frozen=True, slots=True)
class BuyingLine:
    """A product that a supplier would deliver; quantities in sale units, fen for all of it.

    ``cases.ordered`` has what is ``given`` of the ``offered`` units that residents take more.
    """

    supplier: str
    product_code: str
    product: str
    offered: int
    given: int
    cases: CaseRounding
    cost_fen: int


@dataclass(frozen=True, slots=True)
class SmallOrder:
    """A purchase that would stay below its supplier's minimum, and what the close would do with it."""

    supplier: str
    cost_fen: int
    min_order_fen: int
    policy: str


@dataclass(frozen=True, slots=True)
class Buying:
    """What a round would buy as it is, and which purchases would be too small."""

    lines: Sequence[BuyingLine] = ()
    small: Sequence[SmallOrder] = ()


def buying(round_: Round) -> Buying:
    """Return what a round that has not closed would buy; nothing for one without orders."""
    units = planning.live_demand(round_.id)
    if not units:
        return Buying()
    orders = planned.plan(round_, planned.filled(round_, units))
    names = _names(order.supplier_code for order in orders)
    small = [
        SmallOrder(names[one.supplier_code], one.cost_fen, one.min_order_fen, one.minimum_policy)
        for one in orders
        if one.below_minimum
    ]
    return Buying(list(_lines(round_, orders, names)), small)


def _lines(round_: Round, orders: Sequence[PlannedOrder], names: dict[str, str]) -> Iterator[BuyingLine]:
    outlook, products = planned.outlook(round_), _products(round_.id)
    shown = set[int]()
    for order in orders:
        for line in order.lines:
            # Of goods of several suppliers it stands at the first.
            more = outlook.get(line.offer_id) if line.offer_id not in shown else None
            shown.add(line.offer_id)
            yield BuyingLine(
                names[order.supplier_code],
                line.product_code,
                products[line.offer_id],
                more.offered if more else 0,
                more.given if more else 0,
                line.cases,
                line.amount_fen,
            )


def _names(codes: Iterable[str]) -> dict[str, str]:
    rows = select(Supplier.code, Supplier.name).where(Supplier.code.in_(list(codes)))
    return dict(db.session.execute(rows).all())


def _products(round_id: int) -> dict[int, str]:
    rows = (
        select(Offer.id, OfferVersion.name)
        .join(OfferVersion, and_(OfferVersion.offer_id == Offer.id, OfferVersion.number == Offer.version_no))
        .where(Offer.round_id == round_id)
    )
    return dict(db.session.execute(rows).all())
