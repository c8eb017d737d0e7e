"""Claims and deductions by hand: asked about above what is owed, and given back where one was a mistake."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Exists, String, cast, literal, or_, select
from sqlalchemy.orm import aliased

from groupbuy.catalog.models import Supplier
from groupbuy.db import db
from groupbuy.finance import queries as ledger
from groupbuy.finance.rules import supplier as account_of
from groupbuy.kernel.errors import BadInput, NotFound, RuleBroken
from groupbuy.kernel.money import format_yuan
from groupbuy.settlements import adjusting
from groupbuy.settlements.models import DecisionClaim, SupplierAdjustment

BY_HAND = ("form:", "api:")
_BACK = "back:"


def deduct(
    *,
    supplier: Supplier,
    kind: str,
    amount_fen: int,
    cause: str,
    note: str,
    now: datetime,
    actor: str,
    confirmed: bool = False,
) -> None:
    """Take an amount in fen off what a supplier is owed; the same cause again changes nothing.

    Raise BadInput, RuleBroken ``above_owed`` for more than is owed unless that is ``confirmed``.
    """
    if amount_fen <= 0:
        raise BadInput("out_of_range", "The amount must be above zero.", param="amount_fen")
    # One deduction of a supplier at a time, so that each sees what the others have left.
    db.session.execute(select(Supplier.id).where(Supplier.id == supplier.id).with_for_update(key_share=True))
    if db.session.scalar(select(SupplierAdjustment.id).where(SupplierAdjustment.cause == cause)):
        return
    owed = max(ledger.balance(account_of(supplier.id)), 0)
    if amount_fen > owed and not confirmed:
        sentence = f"Only {format_yuan(owed)} is owed to this supplier: confirm that more is taken off."
        raise RuleBroken("above_owed", sentence, param="amount_fen")
    adjusting.adjust(
        supplier_id=supplier.id,
        kind=kind,
        amount_fen=-amount_fen,
        cause=cause,
        note=note,
        now=now,
        actor=actor,
    )


def give_back(*, supplier: Supplier, adjustment_id: int, reason: str, now: datetime, actor: str) -> None:
    """Give back what was taken off by hand by mistake, booked beside it; again changes nothing.

    Raise NotFound, BadInput without a reason, RuleBroken ``in_decision`` where an invoice was decided to be
    net of it.
    """
    found = get_by_hand(supplier, adjustment_id, lock=True)
    decided = select(DecisionClaim).where(
        DecisionClaim.supplier_adjustment_id == adjustment_id, DecisionClaim.net
    )
    if db.session.scalar(select(decided.exists())):
        raise RuleBroken("in_decision", "An invoice was decided to be net of this: decide about that anew.")
    adjusting.adjust(
        supplier_id=supplier.id,
        kind=found.kind,
        amount_fen=-found.amount_fen,
        cause=f"{_BACK}{found.id}",
        note=reason,
        now=now,
        actor=actor,
    )


def get_by_hand(supplier: Supplier, adjustment_id: int, *, lock: bool = False) -> SupplierAdjustment:
    """Return a deduction that was entered by hand, locked where asked for; raise NotFound."""
    mine = (SupplierAdjustment.id == adjustment_id, SupplierAdjustment.supplier_id == supplier.id)
    wanted = select(SupplierAdjustment).where(*mine, _by_hand())
    found = db.session.scalar(wanted.with_for_update() if lock else wanted)
    if found is None:
        raise NotFound("unknown_deduction", "There is no such deduction of this supplier.")
    return found


def by_hand_of(supplier: Supplier, *, most: int, before: int | None = None) -> Sequence[SupplierAdjustment]:
    """Return what was taken off a supplier by hand, the newest first, from behind one on."""
    rows = select(SupplierAdjustment).where(SupplierAdjustment.supplier_id == supplier.id, _by_hand())
    if before is not None:
        rows = rows.where(SupplierAdjustment.id < before)
    return db.session.scalars(rows.order_by(SupplierAdjustment.id.desc()).limit(most)).all()


def backs_of(rows: Collection[SupplierAdjustment]) -> Mapping[int, SupplierAdjustment]:
    """Return by deduction what gave it back."""
    causes = {f"{_BACK}{row.id}": row.id for row in rows}
    backs = select(SupplierAdjustment).where(SupplierAdjustment.cause.in_(causes))
    return {causes[row.cause]: row for row in db.session.scalars(backs)}


def is_given_back() -> Exists:
    """Return the condition that a deduction was given back."""
    back = aliased(SupplierAdjustment)
    cause = literal(_BACK).concat(cast(SupplierAdjustment.id, String))
    return select(back.id).where(back.cause == cause).correlate(SupplierAdjustment).exists()


def _by_hand() -> ColumnElement[bool]:
    return or_(*(SupplierAdjustment.cause.startswith(one) for one in BY_HAND))
