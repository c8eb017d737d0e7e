"""What else changes what a supplier is owed: claims, deductions, rebates, prices that were accepted."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import or_, select

from groupbuy.audit import service as audit
from groupbuy.catalog.models import Supplier
from groupbuy.db import db
from groupbuy.db.totals import by_key, total
from groupbuy.db.upserts import insert_into
from groupbuy.finance import rules as ledger
from groupbuy.finance import service
from groupbuy.kernel.errors import BadInput
from groupbuy.kernel.money import MAX_FEN
from groupbuy.settlements.models import SupplierAdjustment, SupplierTerms
from groupbuy.settlements.rules import AGAINST, MOST_DUE_DAYS, Cycle, check_steps

MAX_NOTE = 200


def adjust(
    *, supplier_id: int, kind: str, amount_fen: int, cause: str, note: str, now: datetime, actor: str
) -> int | None:
    """Change what a supplier is owed by fen, below zero less, and book it; None when the cause did so before.

    Raise BadInput for nothing, too much or no note.
    """
    if amount_fen == 0 or abs(amount_fen) > MAX_FEN:
        raise BadInput("out_of_range", "The amount must be above zero.", param="amount_fen")
    note = note.strip()
    if not 1 <= len(note) <= MAX_NOTE or not note.isprintable():
        raise BadInput("required", "Say in a few words what it is for; the supplier reads it.", param="note")
    values = {"supplier_id": supplier_id, "kind": kind, "amount_fen": amount_fen, "cause": cause}
    row = insert_into(SupplierAdjustment).values(**values, note=note, at=now, actor=actor)
    id_: int | None = db.session.execute(
        row.on_conflict_do_nothing().returning(SupplierAdjustment.id)
    ).scalar()
    if id_ is not None:
        _book(id_, supplier_id, kind, amount_fen, now, actor)
    return id_


def taken_off(cause: str) -> Mapping[int, int]:
    """Return by supplier what a cause, or a part of it, has taken off what is owed, in fen."""
    mine = or_(SupplierAdjustment.cause == cause, SupplierAdjustment.cause.startswith(f"{cause}:"))
    rows = select(SupplierAdjustment.supplier_id, -total(SupplierAdjustment.amount_fen)).where(mine)
    return by_key(rows.group_by(SupplierAdjustment.supplier_id).order_by(SupplierAdjustment.supplier_id))


def _book(id_: int, supplier_id: int, kind: str, amount_fen: int, now: datetime, actor: str) -> None:
    account = ledger.supplier(supplier_id)
    entries = ledger.move(
        AGAINST[kind], account, amount_fen, cause_kind="supplier_adjustment", cause_id=str(id_), part="1"
    )
    service.post(entries, at=now, actor=actor)
    code = db.session.scalar(select(Supplier.code).where(Supplier.id == supplier_id))
    audit.record(
        at=now,
        actor=actor,
        verb=f"supplier_{kind}",
        subject_kind="supplier",
        subject=str(code),
        after={"amount_fen": amount_fen},
    )


def set_terms(
    *,
    supplier: Supplier,
    cycle: str,
    due_days: int,
    rebates: list[tuple[int, int]],
    now: datetime,
    actor: str,
) -> SupplierTerms:
    """Set when a supplier is settled with and what comes back as rebate; raise BadInput."""
    if cycle not in list(Cycle):
        raise BadInput("unknown_cycle", "Choose week, half_month or month.", param="cycle")
    if not 0 <= due_days <= MOST_DUE_DAYS:
        raise BadInput("out_of_range", f"Between 0 and {MOST_DUE_DAYS}.", param="due_days")
    values = {"cycle": cycle, "due_days": due_days, "rebates": check_steps(rebates)}
    terms = db.session.merge(SupplierTerms(supplier_id=supplier.id, **values))
    db.session.flush()
    audit.record(
        at=now,
        actor=actor,
        verb="supplier_terms_set",
        subject_kind="supplier",
        subject=supplier.code,
        after=values,
    )
    return terms
