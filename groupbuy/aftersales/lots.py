"""Reading claims on batches: who was asked, what they said, and what it comes to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.orm import joinedload
from sqlalchemy.sql.base import ExecutableOption

from groupbuy.aftersales.models import AfterSaleCase, LotClaim, LotReply
from groupbuy.aftersales.rules import CaseState, LotState
from groupbuy.campaigns.models import Offer
from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.kernel.errors import NotFound
from groupbuy.orders.models import Order, OrderLine
from groupbuy.warehouse.models import StockBatch


@dataclass(frozen=True, slots=True)
class LotProgress:
    """How far a claim is: lines asked about, answered, bad; sale units bad and taken over; fen credited."""

    asked: int
    answered: int
    bad: int
    bad_units: int
    taken_units: int
    credit_fen: int


def get_claim(number: str) -> LotClaim:
    """Return a claim with its batch and supplier; raise NotFound."""
    found = db.session.scalar(_claims().where(LotClaim.number == number))
    if found is None:
        raise NotFound("unknown_claim", "There is no such claim.")
    return found


def for_suppliers(supplier_ids: Sequence[int]) -> Select[LotClaim]:
    """Select the claims that these suppliers answer or have answered, the latest first."""
    unseen = (LotState.ASKING, LotState.UNFOUNDED)
    mine = (LotClaim.supplier_id.in_(supplier_ids), LotClaim.state.not_in(unseen))
    return _claims().where(*mine).order_by(LotClaim.id.desc())


def claim_for_suppliers(number: str, supplier_ids: Sequence[int]) -> LotClaim:
    """Return one of these suppliers' claims; raise NotFound for any other."""
    found = db.session.scalar(for_suppliers(supplier_ids).where(LotClaim.number == number))
    if found is None:
        raise NotFound("unknown_claim", "There is no such claim.")
    return found


def found_bad(claim: LotClaim) -> Sequence[LotReply]:
    """Return what buyers found bad and did not take back, line by line, with the pictures in their cases."""
    standing = AfterSaleCase.state != CaseState.WITHDRAWN
    bad = select(LotReply).join(AfterSaleCase, AfterSaleCase.id == LotReply.case_id).where(standing)
    mine = bad.where(LotReply.claim_id == claim.id, LotReply.bad_units > 0)
    return db.session.scalars(mine.options(*_line()).order_by(LotReply.order_line_id)).all()


def still_open(claim: LotClaim) -> Sequence[LotReply]:
    """Return the replies whose cases nobody has decided or taken back."""
    return [reply for reply in found_bad(claim) if reply.case and reply.case.state == CaseState.ASKED]


def find_claim_on(batch_id: int) -> LotClaim | None:
    """Return the claim on a batch, where there is one."""
    return db.session.scalar(_claims().where(LotClaim.stock_batch_id == batch_id))


def _claims() -> Select[LotClaim]:
    batch = joinedload(LotClaim.batch).joinedload(StockBatch.product)
    return select(LotClaim).options(batch, joinedload(LotClaim.supplier))


def progress_of(claim_id: int) -> LotProgress:
    """Return how far a claim is; what a buyer has taken back again is answered, but not bad."""
    stands = or_(LotReply.case_id.is_(None), AfterSaleCase.state != CaseState.WITHDRAWN)
    row = db.session.execute(
        select(
            func.count(),
            func.count(LotReply.bad_units),
            func.count(case((and_(stands, LotReply.bad_units > 0), 1))),
            total(case((stands, LotReply.bad_units))),
            total(LotReply.taken_units),
            total(case((stands, LotReply.credit_fen))),
        )
        .outerjoin(AfterSaleCase, AfterSaleCase.id == LotReply.case_id)
        .where(LotReply.claim_id == claim_id)
    ).one()
    return LotProgress(*row)


def replies_of(claim: LotClaim, *, resident_ids: Sequence[int] | None = None) -> Sequence[LotReply]:
    """Return what buyers of a batch say, line by line; those of some residents only, where named."""
    mine = replies(claim)
    if resident_ids is not None:
        mine = mine.where(LotReply.resident_id.in_(resident_ids))
    return db.session.scalars(mine).all()


def replies(claim: LotClaim) -> Select[LotReply]:
    """Select what all buyers of a batch say, line by line."""
    mine = select(LotReply).where(LotReply.claim_id == claim.id)
    return mine.options(*_line()).order_by(LotReply.order_line_id)


def open_questions(order_id: int, now: datetime) -> Sequence[LotClaim]:
    """Return the claims that still wait for what the buyer of an order says."""
    asked = (
        select(LotReply.claim_id)
        .join(OrderLine, OrderLine.id == LotReply.order_line_id)
        .where(OrderLine.order_id == order_id, LotReply.bad_units.is_(None))
    )
    open_ = (LotClaim.id.in_(asked), LotClaim.state == LotState.ASKING, LotClaim.until > now)
    return db.session.scalars(_claims().where(*open_).order_by(LotClaim.id)).all()


def due(now: datetime) -> Sequence[LotClaim]:
    """Return claims whose time to answer is over and that still ask, the first to end first."""
    over = select(LotClaim).where(LotClaim.state == LotState.ASKING, LotClaim.until <= now)
    return db.session.scalars(over.order_by(LotClaim.until, LotClaim.id)).all()


def _line() -> tuple[ExecutableOption, ...]:
    line = joinedload(LotReply.line)
    return (
        line.joinedload(OrderLine.order).joinedload(Order.round),
        line.joinedload(OrderLine.offer).joinedload(Offer.product),
        line.joinedload(OrderLine.offer_version),
        joinedload(LotReply.resident),
        joinedload(LotReply.case),
    )
