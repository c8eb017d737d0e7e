"""Orders, stock and limits agree with one another."""

from sqlalchemy import and_, case, func, or_, select

from groupbuy.analytics.invariants_base import Check, Equal, Never
from groupbuy.campaigns.models import Offer, OfferBuyer, OfferStock, Round
from groupbuy.campaigns.rules import RoundState
from groupbuy.db.bulk import table_of
from groupbuy.db.totals import total
from groupbuy.orders.fees import goods_fen
from groupbuy.orders.models import LineChange, Order, OrderLine
from groupbuy.orders.rules import OrderState
from groupbuy.orders.shortening import AFTER_CLOSE, changes_by_line
from groupbuy.pickup.models import LinePickup, PerishableLine

SELLING = (RoundState.DRAFT, RoundState.SCHEDULED, RoundState.OPEN)

_not_cancelled = Order.state != OrderState.CANCELLED
_lines = select(OrderLine).join(Order, Order.id == OrderLine.order_id)
_held = _lines.where(_not_cancelled)
# What was short was sold all the same: a sealed offer sells it to nobody else.
_gone = changes_by_line()
_sold = _lines.outerjoin(_gone, _gone.c.line_id == OrderLine.id).where(
    or_(_not_cancelled, Order.cancel_reason.in_(AFTER_CLOSE))
)
_units = total(OrderLine.quantity + func.coalesce(_gone.c.units, 0))
# Substitutes are handed out too, though nobody had ordered them at the close.
_most = OrderLine.quantity + func.coalesce(case((_gone.c.units > 0, _gone.c.units), else_=0), 0)
_parted = total(LinePickup.units) + func.coalesce(func.max(PerishableLine.units), 0)
_held_of_offers = _held.join(Offer, Offer.id == OrderLine.offer_id)

CHECKS: tuple[Check, ...] = (
    Equal(
        "order_amount",
        "an order's amount without its fees is the sum of its lines that are to be delivered",
        ("order",),
        select(Order.id, goods_fen()),
        _held_of_offers.where(Offer.state == "active")
        .with_only_columns(Order.id, total(OrderLine.amount_fen))
        .group_by(Order.id),
    ),
    Never(
        "order_lines",
        "an order that is not cancelled has lines, all of its own round",
        ("order",),
        table_of(Order),
        select(Order.id)
        .outerjoin(OrderLine, OrderLine.order_id == Order.id)
        .outerjoin(Offer, Offer.id == OrderLine.offer_id)
        .where(or_(and_(_not_cancelled, OrderLine.id.is_(None)), Offer.round_id != Order.round_id))
        .distinct(),
    ),
    Equal(
        "stock_sold",
        "I2: what is sold of an offer is what the orders hold",
        ("offer",),
        select(OfferStock.offer_id, OfferStock.sold),
        _sold.with_only_columns(OrderLine.offer_id, _units).group_by(OrderLine.offer_id),
    ),
    Never(
        "stock_limit",
        "I2: never more is sold than there is, nor less than nothing",
        ("offer",),
        table_of(OfferStock),
        select(OfferStock.offer_id).where(or_(OfferStock.sold < 0, OfferStock.sold > OfferStock.limit_units)),
    ),
    Equal(
        "buyer_units",
        "what a resident has of an offer with a limit per person is what the orders hold",
        ("offer", "resident"),
        select(OfferBuyer.offer_id, OfferBuyer.resident_id, OfferBuyer.units)
        .join(Offer, Offer.id == OfferBuyer.offer_id)
        .where(Offer.per_buyer_limit.is_not(None)),
        _sold.join(Offer, Offer.id == OrderLine.offer_id)
        .where(Offer.per_buyer_limit.is_not(None))
        .with_only_columns(OrderLine.offer_id, Order.resident_id, _units)
        .group_by(OrderLine.offer_id, Order.resident_id),
    ),
    Never(
        "order_state",
        "no order waits for payment once its round is booked, none lives in a cancelled round",
        ("order", "state"),
        table_of(Order),
        select(Order.id, Order.state)
        .join(Round, Round.id == Order.round_id)
        .where(
            or_(
                and_(Order.state == OrderState.AWAITING_PAYMENT, Round.state.not_in((*SELLING, "closing"))),
                and_(_not_cancelled, Round.state == RoundState.CANCELLED),
            )
        ),
    ),
    Never(
        "line_pickup",
        "no more of a line is handed out in parts and disposed of than was ordered",
        ("order line", "units handed out"),
        table_of(OrderLine),
        select(OrderLine.id, _parted)
        .outerjoin(LinePickup, LinePickup.order_line_id == OrderLine.id)
        .outerjoin(PerishableLine, PerishableLine.order_line_id == OrderLine.id)
        .outerjoin(_gone, _gone.c.line_id == OrderLine.id)
        .where(or_(LinePickup.id.is_not(None), PerishableLine.units > 0))
        .group_by(OrderLine.id, OrderLine.quantity, _gone.c.units)
        .having(_parted > _most),
    ),
    Equal(
        "disposals",
        "what was disposed of and is paid back is what its lines lost",
        ("order line", "units"),
        select(PerishableLine.order_line_id, PerishableLine.units, PerishableLine.amount_fen).where(
            PerishableLine.refund, PerishableLine.units > 0
        ),
        select(LineChange.order_line_id, LineChange.units, LineChange.amount_fen).where(
            LineChange.cause.startswith("disposal:")
        ),
    ),
    Never(
        "offer_seal",
        "offers are sealed exactly when their round sells no more",
        ("round", "offer"),
        table_of(OfferStock),
        select(Round.name, OfferStock.offer_id)
        .select_from(OfferStock)
        .join(Offer, Offer.id == OfferStock.offer_id)
        .join(Round, Round.id == Offer.round_id)
        .where(OfferStock.sealed == Round.state.in_(SELLING)),
    ),
)
