"""What leaders earn beside their own lines: rewards for leaders whom they brought, and bonuses.

The terms are written down at the close; what is due follows the seller's lines from then on, with their
pick-ups and refunds, and the ledger is brought to it as with commission.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, literal, select, update

from groupbuy.campaigns.models import Offer, Round
from groupbuy.commissions import bonuses, rules
from groupbuy.commissions.models import CampaignBonus, CommissionExtra
from groupbuy.commissions.rules import Standing, bookings
from groupbuy.commissions.standings import Keys, Part
from groupbuy.db import db
from groupbuy.db.totals import by_key, total
from groupbuy.db.upserts import insert_into
from groupbuy.finance import rules as accounts
from groupbuy.finance.dials import dials
from groupbuy.finance.rules import Entry
from groupbuy.kernel.errors import RunAgain
from groupbuy.kernel.money import BASIS
from groupbuy.leaders.models import Leader, LeaderReferral
from groupbuy.leaders.rules import LeaderState
from groupbuy.orders.bulk import is_live
from groupbuy.orders.models import Order, OrderLine
from groupbuy.orders.rules import OrderState

CAUSE = "commission_extra"
REFERRAL, REFERRAL_2, BONUS = "referral", "referral_2", "bonus"


def agree(round_: Round) -> None:
    """Write down who earns what beside commission in a round that closes; what stands there stays.

    A reward goes to who leads at the close, at the rates of the close.
    """
    now, sellers = dials(), _sellers(round_.id)
    rates = ((REFERRAL, now.referral_bp), (REFERRAL_2, now.referral_2_bp))
    rows: list[dict[str, Any]] = []
    above = dict(zip(sellers, sellers, strict=True))
    for kind, rate in rates:
        above = _above(above)
        active = _active(above.values()) if rate else set()
        rows += [
            {"seller_id": seller, "leader_id": referrer, "kind": kind, "rate_bp": rate}
            for seller, referrer in above.items()
            if referrer in active
        ]
    rows += [_bonus(seller, one) for one in bonuses.bonuses_in(round_) for seller in sellers]
    usual = {"round_id": round_.id, "rate_bp": 0, "bonus_id": 0, "measure": None, "target": 0, "bonus_fen": 0}
    usual |= {"accrued_fen": 0, "taken_fen": 0, "settled_fen": 0, "version": 0}
    if rows:
        statement = insert_into(CommissionExtra).on_conflict_do_nothing()
        db.session.execute(statement, [usual | row for row in rows])


def _sellers(round_id: int) -> Sequence[int]:
    sold = select(Order.leader_id).where(Order.round_id == round_id, is_live()).distinct()
    return db.session.scalars(sold.order_by(Order.leader_id)).all()


def _above(leaders: Mapping[int, int]) -> dict[int, int]:
    """Return by seller who brought the leader that stands there."""
    rows = select(LeaderReferral.leader_id, LeaderReferral.referrer_id)
    referrers = by_key(rows.where(LeaderReferral.leader_id.in_({*leaders.values()})))
    return {seller: referrers[leader] for seller, leader in leaders.items() if leader in referrers}


def _active(leader_ids: Iterable[int]) -> set[int]:
    active = select(Leader.id).where(Leader.id.in_({*leader_ids}), Leader.state == LeaderState.ACTIVE)
    return set(db.session.scalars(active))


def _bonus(seller_id: int, bonus: CampaignBonus) -> dict[str, Any]:
    return {
        "seller_id": seller_id,
        "leader_id": seller_id,
        "kind": BONUS,
        "bonus_id": bonus.id,
        "measure": bonus.measure,
        "target": bonus.target,
        "bonus_fen": bonus.bonus_fen,
    }


@dataclass(frozen=True, slots=True)
class ExtraDue:
    """What of an extra is due, and what the ledger has booked of it."""

    id: int
    leader_id: int
    kind: str
    due: Standing
    booked: Standing
    version: int
    until: datetime


def of_earner(leader_id: int) -> Keys:
    """Select the rounds and sellers on whose lines a leader earns something."""
    rows = select(CommissionExtra.round_id, CommissionExtra.seller_id.label("leader_id"))
    return rows.where(CommissionExtra.leader_id == leader_id).distinct()


def changed(part: Part, *, until: datetime) -> Sequence[ExtraDue]:
    """Return what is due otherwise than booked on the lines of some leaders in some rounds.

    ``until`` is the moment up to which the window of pick-ups is over.
    """
    rows = db.session.execute(_sums(part, until))
    dues = [_due(row.CommissionExtra, Standing(*row[1:4]), row.until) for row in rows]
    return [one for one in dues if one.due != one.booked]


def entries(one: ExtraDue) -> list[Entry]:
    """Return the postings that bring the books to what is due."""
    return bookings(
        one.leader_id,
        one.booked,
        one.due,
        cause_id=str(one.id),
        version=one.version,
        cause_kind=CAUSE,
        expense=accounts.BONUS_EXPENSE if one.kind == BONUS else accounts.REFERRAL_EXPENSE,
    )


def line_worth() -> ColumnElement[int]:
    """Return what a line counts for an extra: its reward in fen rounded half up, its fen or its units."""
    reward = (OrderLine.amount_fen * CommissionExtra.rate_bp + BASIS // 2) // BASIS
    return case(
        (CommissionExtra.measure == "turnover", OrderLine.amount_fen),
        (CommissionExtra.measure == "units", OrderLine.quantity),
        else_=reward,
    )


def _due(extra: CommissionExtra, sums: Standing, until: datetime) -> ExtraDue:
    due = rules.reached(sums, extra.target, extra.bonus_fen) if extra.kind == BONUS else sums
    booked = Standing(extra.accrued_fen, extra.taken_fen, extra.settled_fen)
    return ExtraDue(extra.id, extra.leader_id, extra.kind, due, booked, extra.version, until)


def _sums(part: Part, until: datetime) -> Select[*tuple[Any, ...]]:
    """Select extras with what their lines add up to: live, picked up, and past the after-sale window."""
    moment = literal(until, Order.picked_up_at.type)
    at = case((CommissionExtra.settled_until > moment, CommissionExtra.settled_until), else_=moment)
    live, worth = is_live() & (Offer.state == "active"), line_worth()
    picked = live & (Order.state == OrderState.PICKED_UP)
    stages = (live, picked, picked & (Order.picked_up_at <= at))
    sums = [
        total(case((stage, worth), else_=0)).label(name)
        for name, stage in zip(Standing.__slots__, stages, strict=True)
    ]
    of_seller = (Order.round_id == CommissionExtra.round_id) & (Order.leader_id == CommissionExtra.seller_id)
    ids = (
        select(
            CommissionExtra.id, *(one.label(name) for one, name in zip(sums, Standing.__slots__, strict=True))
        )
        .outerjoin(Order, of_seller)
        .outerjoin(OrderLine, OrderLine.order_id == Order.id)
        .outerjoin(Offer, Offer.id == OrderLine.offer_id)
        .where(part.holds(CommissionExtra.round_id, CommissionExtra.seller_id))
        .group_by(CommissionExtra.id)
        .subquery()
    )
    return (
        select(CommissionExtra, *(ids.c[name] for name in Standing.__slots__), at.label("until"))
        .join(ids, ids.c.id == CommissionExtra.id)
        .order_by(CommissionExtra.id)
        .execution_options(populate_existing=True)
    )


def store(dues: Sequence[ExtraDue]) -> None:
    """Write down what the ledger has booked now; raise RunAgain where somebody has booked more meanwhile."""
    for one in dues:
        stored = db.session.execute(
            update(CommissionExtra)
            .where(CommissionExtra.id == one.id, CommissionExtra.version == one.version)
            .values(
                accrued_fen=one.due.accrued_fen,
                taken_fen=one.due.taken_fen,
                settled_fen=one.due.settled_fen,
                settled_until=one.until,
                version=one.version + 1,
            )
            .returning(CommissionExtra.id)
            .execution_options(synchronize_session=False)
        ).scalar()
        if stored is None:
            raise RunAgain
