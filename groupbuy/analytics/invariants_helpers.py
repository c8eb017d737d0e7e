"""What helpers get of their leaders' commission agrees with the books and with what is settled."""

from sqlalchemy import String, case, cast, func, literal, or_, select

from groupbuy.analytics.invariants_base import Check, Equal, Figured, Never
from groupbuy.commissions import helper_payments
from groupbuy.commissions.helpers import CAUSE
from groupbuy.commissions.models import CommissionStanding, HelperPayment, HelperShare
from groupbuy.db.bulk import table_of
from groupbuy.db.totals import total
from groupbuy.finance.models import Posting
from groupbuy.kernel.money import BASIS

_colon = literal(":")
_key = (
    cast(HelperShare.round_id, String)
    + _colon
    + cast(HelperShare.leader_id, String)
    + _colon
    + cast(HelperShare.account_id, String)
)
_to_helper = Posting.credit_account.like("commission:helper:%")
_settled = func.coalesce(CommissionStanding.settled_fen, 0)
_off = HelperShare.settled_fen * BASIS - _settled * HelperShare.share_bp
_confirmed = HelperPayment.state == helper_payments.CONFIRMED

CHECKS: tuple[Check, ...] = (
    Figured(
        Equal(
            "ledger_helpers",
            "I1: what helpers got of their leaders' commission is booked",
            ("round, leader and helper",),
            select(_key, HelperShare.settled_fen),
            select(Posting.cause_id, total(case((_to_helper, Posting.amount_fen), else_=-Posting.amount_fen)))
            .where(Posting.cause_kind == CAUSE)
            .group_by(Posting.cause_id),
        ),
        select(total(HelperShare.settled_fen)),
    ),
    Figured(
        Equal(
            "ledger_helper_payments",
            "I1: every payment that a helper has confirmed is booked once",
            ("payment",),
            select(cast(HelperPayment.id, String), HelperPayment.amount_fen).where(_confirmed),
            select(Posting.cause_id, total(Posting.amount_fen))
            .where(Posting.cause_kind == helper_payments.CAUSE)
            .group_by(Posting.cause_id),
        ),
        select(total(HelperPayment.amount_fen)).where(_confirmed),
    ),
    Never(
        "helper_shares",
        "a helper has its share of what its leader's commission of the round has settled at, to the fen",
        ("round", "leader", "helper"),
        table_of(HelperShare),
        select(HelperShare.round_id, HelperShare.leader_id, HelperShare.account_id)
        .outerjoin(
            CommissionStanding,
            (CommissionStanding.round_id == HelperShare.round_id)
            & (CommissionStanding.leader_id == HelperShare.leader_id),
        )
        .where(or_(_off >= BASIS, _off <= -BASIS)),
    ),
)
