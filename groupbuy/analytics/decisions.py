"""What waits for somebody of the staff to decide, or asks for attention."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from groupbuy.campaigns.models import Offer, OfferStock, OfferVersion, Round
from groupbuy.campaigns.rules import RoundState
from groupbuy.catalog import supplier_files
from groupbuy.commissions import debts, transfers
from groupbuy.commissions.debt_models import DebtSettlement
from groupbuy.commissions.transfer_models import WechatTransfer
from groupbuy.db import db
from groupbuy.jobs.models import Job, RunEntry
from groupbuy.leaders.models import Leader
from groupbuy.orders import reviews
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
    stuck_transfers: int
    refunds_to_approve: int
    write_offs_to_approve: int
    licences_to_renew: int
    expiring_batches: int
    low_products: int
    closing_today: int
    nearly_out: Sequence[OfferNews]
    below_threshold: Sequence[OfferNews]


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
        stuck_transfers=_count(WechatTransfer, WechatTransfer.state.in_(transfers.TO_LOOK_AT)),
        refunds_to_approve=_count(RefundRequest, RefundRequest.state == "asked"),
        write_offs_to_approve=_count(DebtSettlement, DebtSettlement.state == debts.ASKED),
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
