"""Making statements: each takes every posting of a supplier that is on no other one."""

from datetime import datetime, timedelta

from sqlalchemy import case, delete, insert, literal, or_, select

from groupbuy.audit import service as audit
from groupbuy.audit.service import SCHEDULER
from groupbuy.catalog.models import Supplier
from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.finance import rules as ledger
from groupbuy.finance.models import Posting
from groupbuy.kernel import ids
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.settlements import adjusting, queries, rules
from groupbuy.settlements.models import SettlementPosting, SupplierSettlement, SupplierTerms


def make_due(*, now: datetime) -> int:
    """Make the statements of suppliers whose cycle is over; return how many. A repeat finds none."""
    terms = db.session.scalars(select(SupplierTerms).order_by(SupplierTerms.supplier_id)).all()
    made = 0
    for one in terms:
        until = rules.cycle_end(one.cycle, now)
        if queries.open_fen(one.supplier_id, until) > 0:
            made += _make(db.session.get_one(Supplier, one.supplier_id), until, now, SCHEDULER) is not None
    return made


def make(*, supplier: Supplier, until: datetime, now: datetime, actor: str) -> SupplierSettlement:
    """Make a statement of everything booked before a moment.

    Where claims exceed purchases there is none: what is left is carried into the next one. Raise BadInput
    ``in_future``, RuleBroken ``nothing_to_settle``.
    """
    if until > now + timedelta(days=1):
        raise BadInput("in_future", "A statement goes until today at most.", param="day")
    made = _make(supplier, until, now, actor)
    if made is None:
        raise RuleBroken("nothing_to_settle", "Nothing is owed to this supplier until that day.")
    return made


def _make(supplier: Supplier, until: datetime, now: datetime, actor: str) -> SupplierSettlement | None:
    # Of two at once the second waits here, and finds nothing.
    db.session.execute(select(Supplier.id).where(Supplier.id == supplier.id).with_for_update())
    bought, adjusted = queries.open_sums(supplier.id, until)
    back = rules.rebate(bought, queries.terms_of(supplier.id).rebates)
    if bought + adjusted - back <= 0:
        return None
    due_days = queries.terms_of(supplier.id).due_days
    row = SupplierSettlement(
        number=ids.order_number(),
        supplier_id=supplier.id,
        until=until,
        due_date=(until + timedelta(days=due_days)).astimezone(ledger.BOOKS).date(),
        bought_fen=bought,
        adjusted_fen=adjusted - back,
        total_fen=bought + adjusted - back,
        made_at=now,
        made_by=actor,
    )
    db.session.add(row)
    db.session.flush()
    _fill(row, back, now, actor)
    _log(row, "settlement_made", now, actor)
    return row


def _fill(row: SupplierSettlement, back: int, now: datetime, actor: str) -> None:
    """Book the rebate and put every open posting until the moment, and the rebate's, on the statement."""
    causes: list[str] = []
    if back:
        note = f"返利 {row.number}"
        cause = f"rebate:{row.id}"
        booked = adjusting.adjust(
            supplier_id=row.supplier_id,
            kind="rebate",
            amount_fen=-back,
            cause=cause,
            note=note,
            now=now,
            actor=actor,
        )
        causes = [str(booked)]
    of_rebate = (Posting.cause_kind == "supplier_adjustment") & Posting.cause_id.in_(causes)
    chosen = queries.open_postings(row.supplier_id).where(or_(Posting.at < row.until, of_rebate))
    rows = chosen.with_only_columns(Posting.id, literal(row.id))
    db.session.execute(insert(SettlementPosting).from_select(["posting_id", "settlement_id"], rows))
    _check(row)


def _check(row: SupplierSettlement) -> None:
    """Raise RuntimeError unless a statement's postings give its total; a mistake here would pay wrongly."""
    account = ledger.supplier(row.supplier_id)
    signed = case((Posting.credit_account == account, Posting.amount_fen), else_=-Posting.amount_fen)
    found = db.session.scalar(
        select(total(signed))
        .join(SettlementPosting, SettlementPosting.posting_id == Posting.id)
        .where(SettlementPosting.settlement_id == row.id)
    )
    if found != row.total_fen:
        raise RuntimeError(f"statement {row.number} says {row.total_fen}, its postings {found}")


def cancel(*, number: str, now: datetime, actor: str) -> SupplierSettlement:
    """Take a statement back that is not approved; what was on it goes onto the next one, without its rebate.

    Raise NotFound, RuleBroken ``wrong_state``.
    """
    row = queries.lock_settlement(number)
    if row.state != "made":
        raise RuleBroken("wrong_state", "Only a statement that is not approved can be taken back.")
    for one in queries.rebates_of(row):
        adjusting.adjust(
            supplier_id=row.supplier_id,
            kind="rebate",
            amount_fen=-one.amount_fen,
            cause=f"{one.cause}:back",
            note=f"返利冲回 {row.number}",
            now=now,
            actor=actor,
        )
    db.session.execute(delete(SettlementPosting).where(SettlementPosting.settlement_id == row.id))
    row.state = "cancelled"
    db.session.flush()
    _log(row, "settlement_cancelled", now, actor)
    return row


def _log(row: SupplierSettlement, verb: str, now: datetime, actor: str) -> None:
    audit.record(
        at=now,
        actor=actor,
        verb=verb,
        subject_kind="supplier_settlement",
        subject=row.number,
        after={"state": row.state, "total_fen": row.total_fen},
    )
