"""Reading orders, always within what the asker may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import aliased, joinedload, selectinload

from groupbuy.campaigns.models import Offer, OfferVersion
from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.db.totals import by_key, total
from groupbuy.kernel.errors import NotFound
from groupbuy.members.models import Resident
from groupbuy.orders.bulk import is_live, seller
from groupbuy.orders.fees import goods_fen
from groupbuy.orders.models import LineChange, Order, OrderLine
from groupbuy.orders.rules import OrderState
from groupbuy.orders.shortening import REFUND, SHORTAGE, is_freed, is_given_back


def get_order(
    number: str, *, resident_ids: Sequence[int] | None = None, leader_ids: Sequence[int] | None = None
) -> Order:
    """Return an order with its round, resident and leader; raise NotFound, also when it is somebody else's.

    ``resident_ids`` or ``leader_ids`` narrow it to the asker's own; neither is for operators.
    """
    statement = select(Order).where(Order.number == number)
    if resident_ids is not None:
        statement = statement.where(Order.resident_id.in_(resident_ids))
    if leader_ids is not None:
        statement = statement.where(Order.leader_id.in_(leader_ids))
    heads = (joinedload(Order.round), joinedload(Order.resident), joinedload(Order.leader))
    order = db.session.scalar(statement.options(*heads))
    if order is None:
        raise NotFound("unknown_order", "There is no such order.")
    return order


@dataclass(frozen=True, slots=True)
class Lost:
    """What a line lost after the close, in sale units.

    ``short`` does not come, ``refunded`` was paid back after the sale, ``cancelled`` was given up because it
    is late, or called off.
    """

    short: int = 0
    refunded: int = 0
    cancelled: int = 0

    @property
    def units(self) -> int:
        """Return all of it."""
        return self.short + self.refunded + self.cancelled


@dataclass(frozen=True, slots=True)
class LineView:
    """A line as people read it, in sale units and fen, as it will be delivered.

    ``delivered`` is false for a dropped offer and where nothing of it is left. ``actual_grams`` is what
    weighed goods were settled on, None before and for others.
    """

    order_id: int
    product_code: str
    name: str
    quantity: int
    price_fen: int
    amount_fen: int
    delivered: bool
    lost: Lost = Lost()
    actual_grams: int | None = None


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order as people read it; ``amount_fen`` is what is paid for it, ``fee_fen`` of that fees."""

    number: str
    state: str
    amount_fen: int
    pickup_code: str
    round_name: str
    resident_code: str
    leader_code: str
    paid_fen: int
    remark: str | None
    placed_at: datetime
    expires_at: datetime | None
    cancel_reason: str | None
    lines: tuple[LineView, ...]
    fee_fen: int = 0


def view_of(order: Order) -> OrderView:
    """Return an order as people read it."""
    return views_of([order])[0]


def views_of(orders: Sequence[Order]) -> list[OrderView]:
    """Return orders as people read them, their lines in one query."""
    lines: dict[int, list[LineView]] = {order.id: [] for order in orders}
    for line in lines_of(list(lines)):
        lines[line.order_id].append(line)
    return [_view(order, lines[order.id]) for order in orders]


def _view(order: Order, lines: Sequence[LineView]) -> OrderView:
    return OrderView(
        number=order.number,
        state=order.state,
        amount_fen=order.amount_fen,
        pickup_code=order.pickup_code,
        round_name=order.round.name,
        resident_code=order.resident.code,
        leader_code=order.leader.code,
        paid_fen=order.paid_fen,
        remark=order.remark,
        placed_at=order.placed_at,
        expires_at=order.expires_at,
        cancel_reason=order.cancel_reason,
        lines=tuple(lines),
        fee_fen=order.fee_fen,
    )


def lines_of(order_ids: Sequence[int]) -> Sequence[LineView]:
    """Return the lines of orders in the order in which they were asked for, in one query."""
    rows = db.session.execute(
        select(
            OrderLine.order_id,
            Product.code,
            OfferVersion.name,
            OrderLine.quantity,
            OrderLine.price_fen,
            OrderLine.amount_fen,
            and_(Offer.state == "active", OrderLine.quantity > 0),
            OrderLine.actual_grams,
            *(_gone(condition).scalar_subquery() for condition in _losses()),
        )
        .join(Offer, Offer.id == OrderLine.offer_id)
        .join(Product, Product.id == Offer.product_id)
        .join(OfferVersion, OfferVersion.id == OrderLine.offer_version_id)
        .where(OrderLine.order_id.in_(order_ids))
        .order_by(OrderLine.order_id, OrderLine.id)
    )
    return [LineView(*(*row[:7], Lost(*row[8:]), row[7])) for row in rows]


def _losses() -> tuple[ColumnElement[bool], ...]:
    """Return which changes are short, refunded and cancelled, in the order of ``Lost``."""
    short, refunded, freed = (
        LineChange.kind == SHORTAGE,
        LineChange.kind == REFUND,
        is_freed() | is_given_back(),
    )
    return (short & ~freed, refunded, short & freed)


def _gone(condition: ColumnElement[bool]) -> Select[int]:
    return select(total(LineChange.units)).where(LineChange.order_line_id == OrderLine.id, condition)


def lost_units(order_ids: Sequence[int]) -> dict[int, Lost]:
    """Return by id the lines of orders that lost something, and what."""
    sums = (total(case((condition, LineChange.units), else_=0)) for condition in _losses())
    lost = (
        select(LineChange.order_line_id, *sums)
        .join(OrderLine, OrderLine.id == LineChange.order_line_id)
        .where(OrderLine.order_id.in_(order_ids), LineChange.units > 0)
        .group_by(LineChange.order_line_id)
    )
    return {line: Lost(*parts) for line, *parts in db.session.execute(lost)}


def follow_numbers(order_ids: Sequence[int]) -> dict[int, int]:
    """Return the running numbers (跟团号) of orders inside their round and leader, by order id.

    They are counted when they are read, so no order waits for another's number; a cancelled order keeps
    its own.
    """
    earlier = aliased(Order)
    until = and_(
        earlier.round_id == Order.round_id, earlier.leader_id == Order.leader_id, earlier.id <= Order.id
    )
    counted = select(Order.id, func.count(earlier.id)).join(earlier, until)
    return by_key(counted.where(Order.id.in_(order_ids)).group_by(Order.id))


def parts_of(order: Order) -> Sequence[Order]:
    """Return the other parts of an order that was split (拆单), cancelled ones left out, by id."""
    whole = order.split_of_id or order.id
    family = or_(Order.id == whole, Order.split_of_id == whole)
    others = select(Order).where(family, Order.id != order.id, Order.state != OrderState.CANCELLED)
    return db.session.scalars(others.options(joinedload(Order.round)).order_by(Order.id)).all()


def lock_order(order: Order) -> Order:
    """Lock an order's row until the transaction ends and read it anew with its lines."""
    # A refresh would repeat the joins that the order was read with, and PostgreSQL locks none of those.
    row = select(Order).where(Order.id == order.id).with_for_update(of=Order)
    db.session.scalars(row.execution_options(populate_existing=True)).one()
    db.session.expire(order, ["lines"])
    return order


def placed_before_last(
    *, resident_id: int, placed_by_id: int, since: datetime, count: int
) -> datetime | None:
    """Return when somebody placed the last order but ``count`` since a moment; None for fewer."""
    theirs = select(Order.placed_at).where(
        Order.resident_id == resident_id, Order.placed_by_id == placed_by_id, Order.placed_at > since
    )
    return db.session.scalar(theirs.order_by(Order.placed_at.desc()).offset(count).limit(1))


def unpaid_past(now: datetime, *, most: int) -> Sequence[Order]:
    """Return orders whose time to pay is over, the earliest first."""
    return db.session.scalars(
        select(Order)
        .where(Order.state == OrderState.AWAITING_PAYMENT, Order.expires_at <= now)
        .order_by(Order.expires_at, Order.id)
        .limit(most)
    ).all()


def buyers_of(*, round_id: int, leader_id: int) -> int:
    """Return how many of a leader's residents have ordered in a round and not cancelled."""
    statement = select(func.count(func.distinct(Order.resident_id))).where(
        Order.round_id == round_id, Order.leader_id == leader_id, Order.state != OrderState.CANCELLED
    )
    return db.session.scalar(statement) or 0


def orders_page(*, resident_ids: Sequence[int], page: int, size: int) -> tuple[Sequence[Order], int]:
    """Return a page of a resident's orders, the latest first, with rounds and lines; and how many in all."""
    mine = select(Order).where(Order.resident_id.in_(resident_ids))
    lines = selectinload(Order.lines).options(
        joinedload(OrderLine.offer_version), joinedload(OrderLine.offer).joinedload(Offer.product)
    )
    statement = mine.options(joinedload(Order.round), lines).order_by(Order.placed_at.desc(), Order.id.desc())
    count = db.session.scalar(select(func.count()).select_from(mine.subquery())) or 0
    return db.session.scalars(statement.limit(size).offset((page - 1) * size)).all(), count


def turnover_by_leader(*, start: datetime, end: datetime) -> dict[int, int]:
    """Return the fen of live orders placed in ``[start, end)`` by leader; who sold nothing is not in it."""
    placed = (Order.placed_at >= start, Order.placed_at < end)
    sold = select(seller(), total(goods_fen())).where(is_live(), *placed)
    return by_key(sold.group_by(seller()))


def orders_by_number(numbers: Sequence[str], *, leader_ids: Sequence[int]) -> dict[str, Order]:
    """Return those of some orders that are these leaders'."""
    mine = select(Order).where(Order.number.in_(numbers), Order.leader_id.in_(leader_ids))
    return {order.number: order for order in db.session.scalars(mine)}


def owners_of(order_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Return number and code of the resident of orders, by order id."""
    rows = db.session.execute(
        select(Order.id, Order.number, Resident.code)
        .join(Resident, Resident.id == Order.resident_id)
        .where(Order.id.in_(order_ids))
    )
    return {row[0]: (row[1], row[2]) for row in rows}
