"""Rewards for referrals and bonuses in the books, and as their lines say when reckoned anew."""

from typing import Any

from sqlalchemy import Select, String, case, cast, select

from groupbuy.analytics.invariants_base import Check, Equal, Figured, Never
from groupbuy.campaigns.models import Offer
from groupbuy.commissions.extras import BONUS, CAUSE, line_worth
from groupbuy.commissions.models import CommissionExtra
from groupbuy.db.bulk import table_of
from groupbuy.db.totals import total
from groupbuy.finance.models import Posting
from groupbuy.leaders.models import LeaderReferral
from groupbuy.orders.bulk import is_live
from groupbuy.orders.models import Order, OrderLine

Rows = Select[*tuple[Any, ...]]


def _booked(step: str, stage: str) -> Rows:
    account = f"commission:%:{stage}"
    signed = case((Posting.credit_account.like(account), Posting.amount_fen), else_=-Posting.amount_fen)
    mine = (Posting.cause_kind == CAUSE, Posting.part.like(f"%:{step}"))
    return select(Posting.cause_id, total(signed)).where(*mine).group_by(Posting.cause_id)


def _stage(step: str, stage: str, column: Any, says: str) -> Check:
    stands = select(cast(CommissionExtra.id, String), column)
    check = Equal(f"ledger_extra_{step}", f"I1: {says}", ("extra",), stands, _booked(step, stage))
    return Figured(check, select(total(column)))


def _reckoned() -> Rows:
    """Return by extra what its seller's live lines come to, from scratch."""
    extra = CommissionExtra
    live = is_live() & (Offer.state == "active")
    worth = total(case((live, line_worth()), else_=0))
    due = case((extra.kind != BONUS, worth), (worth >= extra.target, extra.bonus_fen), else_=0)
    return (
        select(extra.id, due)
        .outerjoin(Order, (Order.round_id == extra.round_id) & (Order.leader_id == extra.seller_id))
        .outerjoin(OrderLine, OrderLine.order_id == Order.id)
        .outerjoin(Offer, Offer.id == OrderLine.offer_id)
        .group_by(extra.id, extra.kind, extra.target, extra.bonus_fen)
    )


_two_steps = (
    select(LeaderReferral.leader_id)
    .join(other := LeaderReferral.__table__.alias("other"), other.c.leader_id == LeaderReferral.referrer_id)
    .where(other.c.referrer_id == LeaderReferral.leader_id)
)

CHECKS: tuple[Check, ...] = (
    _stage("accrue", "pending", CommissionExtra.accrued_fen, "rewards and bonuses earned are booked"),
    _stage("freeze", "frozen", CommissionExtra.taken_fen, "rewards of goods picked up are booked"),
    _stage("settle", "settled", CommissionExtra.settled_fen, "rewards past their window are booked"),
    Never(
        "referral_circles",
        "I1: no two leaders have brought each other",
        ("leader",),
        table_of(LeaderReferral),
        _two_steps,
    ),
)
AT_REST: tuple[Check, ...] = (
    Figured(
        Equal(
            "ledger_extra_due",
            "I1: rewards and bonuses in the books are what the sellers' lines give, reckoned anew",
            ("extra",),
            select(CommissionExtra.id, CommissionExtra.accrued_fen),
            _reckoned(),
        ),
        select(total(CommissionExtra.accrued_fen)),
    ),
)
