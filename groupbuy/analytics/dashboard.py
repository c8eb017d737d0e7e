"""What an operator sees first: rounds in sale, the last days, and what waits for a decision."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, func, or_, select

from groupbuy.campaigns.listing import by_urgency
from groupbuy.campaigns.models import Offer, OfferStock, OfferVersion, Round
from groupbuy.campaigns.rules import RoundState
from groupbuy.catalog import supplier_files
from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.jobs.models import Job, RunEntry
from groupbuy.leaders.models import Leader
from groupbuy.orders import reviews
from groupbuy.orders.bulk import is_live, whole_order
from groupbuy.orders.fees import goods_fen
from groupbuy.orders.models import Order
from groupbuy.payments import channel_refunds
from groupbuy.payments.models import GIVEN_BACK, ChannelPayment, ChannelRefund, RefundRequest
from groupbuy.purchasing.models import PurchaseOrder
from groupbuy.warehouse import alerts, batching
from groupbuy.warehouse.models import StockBatch

# How far ahead an offer that has not reached its threshold asks for attention.
THRESHOLD_AHEAD = timedelta(hours=24)
# An offer is nearly sold out when at most this part of its limit is left.
NEARLY_OUT = 10
MOST_OFFERS = 5


@dataclass(frozen=True, slots=True)
class DayFigures:
    """What was ordered between two moments: live orders and fen."""

    orders: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class OfferNews:
    """An offer that asks for attention, in sale units."""

    round: str
    title: str
    name: str
    sold: int
    wanted: int


@dataclass(frozen=True, slots=True)
class Decisions:
    """How much waits for a person, and which offers."""

    held_orders: int
    unsent_orders: int
    failed_jobs: int
    failed_runs: int
    applied_leaders: int
    orders_to_review: int
    held_payments: int
    stuck_refunds: int
    refunds_to_approve: int
    licences_to_renew: int
    expiring_batches: int
    low_products: int
    closing_today: int
    nearly_out: Sequence[OfferNews]
    below_threshold: Sequence[OfferNews]


@dataclass(frozen=True, slots=True)
class Lateness:
    """How late the scheduler's work of the last day began, in seconds, and how much of it there was."""

    runs: int
    latest_s: int


def round_sums() -> Subquery:
    """Return live orders, leaders and fen by round."""
    return (
        select(
            Order.round_id,
            func.count(whole_order().distinct()).label("orders"),
            func.count(Order.leader_id.distinct()).label("leaders"),
            total(goods_fen()).label("amount_fen"),
        )
        .where(is_live())
        .group_by(Order.round_id)
        .subquery()
    )


def round_progress() -> Subquery:
    """Return by round how far its offers are: towards their thresholds, and towards their limits."""
    sold, least = OfferStock.sold, Offer.min_units
    return (
        select(
            Offer.round_id,
            func.count().label("offers"),
            total(least).label("needed"),
            total(case((sold < least, sold), else_=least)).label("reached"),
            total(OfferStock.limit_units).label("limit"),
            total(case((OfferStock.limit_units.is_not(None), sold))).label("limited_sold"),
        )
        .join(OfferStock, OfferStock.offer_id == Offer.id)
        .where(Offer.state == "active")
        .group_by(Offer.round_id)
        .subquery()
    )


def rounds_with_figures() -> Select[*tuple[Any, ...]]:
    """Return rounds with what was ordered in them; add conditions and an order."""
    sums, progress = round_sums(), round_progress()
    return (
        select(
            Round,
            func.coalesce(sums.c.orders, 0).label("orders"),
            func.coalesce(sums.c.leaders, 0).label("leaders"),
            func.coalesce(sums.c.amount_fen, 0).label("amount_fen"),
            func.coalesce(progress.c.offers, 0).label("offers"),
            progress.c.needed,
            progress.c.reached,
            progress.c.limit,
            progress.c.limited_sold,
        )
        .outerjoin(sums, sums.c.round_id == Round.id)
        .outerjoin(progress, progress.c.round_id == Round.id)
    )


def current_rounds(*, now: datetime, begins: datetime, ends: datetime) -> Sequence[Any]:
    """Return the rounds that sell or close between two moments, what sells now first."""
    selling = Round.state.in_((RoundState.OPEN, RoundState.CLOSING))
    today = and_(Round.closes_at >= begins, Round.closes_at < ends)
    opening = and_(Round.state == RoundState.SCHEDULED, Round.opens_at < ends)
    statement = rounds_with_figures().where(or_(selling, today, opening))
    return db.session.execute(statement.order_by(*by_urgency(now)).limit(50)).all()


def days(edges: Sequence[datetime]) -> list[DayFigures]:
    """Return what was ordered between each moment and the next, in one query."""
    spans = list(pairwise(edges))
    columns: list[ColumnElement[int]] = []
    for begins, ends in spans:
        inside = and_(Order.placed_at >= begins, Order.placed_at < ends)
        columns += [
            func.count(whole_order().distinct()).filter(inside),
            total(case((inside, goods_fen()))),
        ]
    window = and_(Order.placed_at >= edges[0], Order.placed_at < edges[-1])
    row = db.session.execute(select(*columns).where(is_live(), window)).one()
    return [DayFigures(row[2 * place], row[2 * place + 1]) for place in range(len(spans))]


def decisions(*, now: datetime, day: date, begins: datetime, ends: datetime) -> Decisions:
    """Return what waits for a person; the local ``day`` lies between ``begins`` and ``ends``."""
    yesterday = now - timedelta(days=1)
    return Decisions(
        held_orders=_count(PurchaseOrder, PurchaseOrder.held),
        unsent_orders=_count(PurchaseOrder, PurchaseOrder.state == "approved"),
        failed_jobs=_count(Job, Job.state.in_(("failed", "unknown"))),
        failed_runs=_count(RunEntry, RunEntry.result == "failed", RunEntry.ran_at >= yesterday),
        applied_leaders=_count(Leader, Leader.state == "applied"),
        orders_to_review=_count(Order, reviews.is_in(reviews.WAITING), Order.round_id.in_(_open_rounds())),
        held_payments=_count(
            ChannelPayment,
            ChannelPayment.state == "held",
            or_(ChannelPayment.outcome.is_(None), ChannelPayment.outcome != GIVEN_BACK),
        ),
        stuck_refunds=_count(ChannelRefund, ChannelRefund.state.in_(channel_refunds.STUCK)),
        refunds_to_approve=_count(RefundRequest, RefundRequest.state == "asked"),
        licences_to_renew=supplier_files.to_renew(day),
        expiring_batches=_count(StockBatch, batching.expires_by(day + batching.SOON)),
        low_products=alerts.count_low(),
        closing_today=_count(Round, _selling(), Round.closes_at >= begins, Round.closes_at < ends),
        nearly_out=_offers(
            OfferStock.limit_units,
            OfferStock.sold * NEARLY_OUT >= OfferStock.limit_units * (NEARLY_OUT - 1),
            OfferStock.sold > 0,
        ),
        below_threshold=_offers(
            Offer.min_units, OfferStock.sold < Offer.min_units, Round.closes_at < now + THRESHOLD_AHEAD
        ),
    )


def _selling() -> ColumnElement[bool]:
    return Round.state == RoundState.OPEN


def _open_rounds() -> Select[int]:
    # A round takes orders by the clock, a moment before the scheduler notes it as open.
    return select(Round.id).where(Round.state.in_((RoundState.SCHEDULED, RoundState.OPEN)))


def _count(table: Any, *conditions: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0


def _offers(wanted: Any, *conditions: ColumnElement[bool]) -> list[OfferNews]:
    rows = db.session.execute(
        select(Round.name, Round.title, OfferVersion.name, OfferStock.sold, wanted)
        .select_from(Offer)
        .join(Round, Round.id == Offer.round_id)
        .join(OfferStock, OfferStock.offer_id == Offer.id)
        .join(OfferVersion, and_(OfferVersion.offer_id == Offer.id, OfferVersion.number == Offer.version_no))
        .where(_selling(), Offer.state == "active", wanted.is_not(None), *conditions)
        .order_by(Round.closes_at, Offer.id)
        .limit(MOST_OFFERS)
    )
    return [OfferNews(*row) for row in rows]


def lateness(*, now: datetime) -> Lateness:
    """Return how late the work of the last day began."""
    runs = db.session.execute(
        select(RunEntry.due_at, RunEntry.ran_at)
        .where(RunEntry.ran_at >= now - timedelta(days=1))
        .order_by(RunEntry.id.desc())
        .limit(2_000)
    ).all()
    late = (int((run.ran_at - run.due_at).total_seconds()) for run in runs)
    return Lateness(len(runs), max([0, *late]))
