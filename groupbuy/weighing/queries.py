"""Reading what is weighed of a round, and what it weighs so far."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select

from groupbuy.campaigns.models import Offer, OfferVersion
from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident
from groupbuy.orders.bulk import live_lines
from groupbuy.orders.models import Order, OrderLine
from groupbuy.weighing.models import LineWeight, WeightSettlement
from groupbuy.weighing.rules import WeightPrice, settled


@dataclass(frozen=True, slots=True)
class WeighedLine:
    """A line that is settled by weight: sale units, fen and grams.

    ``number`` counts its weights so far, 0 for none; ``weighed_units`` is what lay on the scale last.
    """

    line_id: int
    order_id: int
    order_no: str
    pickup_code: str
    resident_id: int
    resident: str
    leader_id: int
    leader_code: str
    leader: str
    product_code: str
    barcode: str | None
    name: str
    quantity: int
    price_fen: int
    amount_fen: int
    piece_fen: int
    basis_price_fen: int
    price_basis_g: int
    est_grams: int
    actual_grams: int | None
    number: int
    grams: int | None
    weighed_units: int | None
    settlement_id: int | None

    @property
    def estimate_fen(self) -> int:
        """Return what the line was estimated to cost."""
        return self.quantity * self.price_fen

    @property
    def expected(self) -> int:
        """Return what it should weigh."""
        return self.quantity * self.est_grams

    @property
    def price(self) -> WeightPrice:
        """Return the price by weight; a leader's own price is for a piece of the estimated weight."""
        if self.price_fen == self.piece_fen:
            return WeightPrice(self.basis_price_fen, self.price_basis_g)
        return WeightPrice(self.price_fen, self.est_grams)

    @property
    def missing(self) -> bool:
        """Tell whether it has to be weighed: never yet, or it has lost units since that were on the scale."""
        return self.grams is None or (self.pending and self.weighed_units != self.quantity)

    @property
    def pending(self) -> bool:
        """Tell whether its last weight has not been settled."""
        return self.grams is not None and self.settlement_id is None

    @property
    def items(self) -> tuple[str, ...]:
        """Return the codes under which a scale may know the goods."""
        return (self.product_code, self.barcode) if self.barcode else (self.product_code,)

    def due_fen(self, cap_bp: int) -> int:
        """Return what it costs by its last weight, or as it stands."""
        if self.grams is None or not self.pending:
            return self.amount_fen
        return settled(grams=self.grams, price=self.price, estimate_fen=self.estimate_fen, cap_bp=cap_bp)


# In the order of the fields of a WeighedLine.
_COLUMNS = (
    OrderLine.id,
    Order.id,
    Order.number,
    Order.pickup_code,
    Order.resident_id,
    Resident.name,
    Order.leader_id,
    Leader.code,
    Leader.name,
    Product.code,
    Product.barcode,
    OfferVersion.name,
    OrderLine.quantity,
    OrderLine.price_fen,
    OrderLine.amount_fen,
    OfferVersion.price_fen,
    OfferVersion.basis_price_fen,
    OfferVersion.price_basis_g,
    OfferVersion.est_grams,
    OrderLine.actual_grams,
    func.coalesce(LineWeight.number, 0),
    LineWeight.grams,
    LineWeight.quantity,
    LineWeight.settlement_id,
)


def weighed_lines(round_id: int, leader_ids: Collection[int] | None = None) -> Sequence[WeighedLine]:
    """Return the live lines of a round that are settled by weight, by leader, resident and product."""
    statement = (
        live_lines(round_id)
        .add_columns(*_COLUMNS)
        .join(Resident, Resident.id == Order.resident_id)
        .join(Leader, Leader.id == Order.leader_id)
        .join(Product, Product.id == Offer.product_id)
        .join(OfferVersion, OfferVersion.id == OrderLine.offer_version_id)
        .outerjoin(LineWeight, and_(LineWeight.order_line_id == OrderLine.id, _is_last()))
        .where(OfferVersion.est_grams.is_not(None))
        .order_by(Leader.code, Resident.name, Order.id, OrderLine.id)
    )
    if leader_ids is not None:
        statement = statement.where(Order.leader_id.in_(leader_ids))
    return [WeighedLine(*row) for row in db.session.execute(statement)]


def _is_last() -> ColumnElement[bool]:
    later = select(func.max(LineWeight.number)).where(LineWeight.order_line_id == OrderLine.id)
    return LineWeight.number == later.correlate(OrderLine).scalar_subquery()


@dataclass(frozen=True, slots=True)
class PastWeight:
    """A weight that somebody entered, for the history of a line."""

    number: int
    quantity: int
    grams: int
    source: str
    at: datetime
    actor: str
    settled: bool


def history_of(line_ids: Collection[int]) -> dict[int, list[PastWeight]]:
    """Return the weights of lines by line id, the first one first."""
    rows = db.session.scalars(
        select(LineWeight)
        .where(LineWeight.order_line_id.in_(line_ids))
        .order_by(LineWeight.order_line_id, LineWeight.number)
    )
    found: dict[int, list[PastWeight]] = {}
    for row in rows:
        past = PastWeight(
            row.number, row.quantity, row.grams, row.source, row.at, row.actor, row.settlement_id is not None
        )
        found.setdefault(row.order_line_id, []).append(past)
    return found


def settlements_of(round_id: int) -> Sequence[WeightSettlement]:
    """Return the settlings of a round, the first one first."""
    mine = select(WeightSettlement).where(WeightSettlement.round_id == round_id)
    return db.session.scalars(mine.order_by(WeightSettlement.id)).all()
