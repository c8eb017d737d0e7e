"""A statement on its way: the supplier's answer, the approval, and what is paid on it."""

from datetime import datetime
from typing import Any

from sqlalchemy import update

from groupbuy.audit import service as audit
from groupbuy.db import db
from groupbuy.db.submissions import first_of, own_key
from groupbuy.db.upserts import insert_into
from groupbuy.finance import rules as ledger
from groupbuy.finance import service
from groupbuy.finance.dials import check_person, dials
from groupbuy.finance.rules import Entry
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.kernel.money import MAX_FEN
from groupbuy.settlements import queries
from groupbuy.settlements.models import SupplierPayment, SupplierSettlement

MAX_WORDS = 200
ANSWERS = ("agreed", "objected")


def approve(*, number: str, now: datetime, actor: str) -> SupplierSettlement:
    """Approve a statement for payment; above the limit by somebody else than who made it.

    Raise NotFound, RuleBroken ``wrong_state``, ``second_person``, ``objected``.
    """
    row = queries.lock_settlement(number)
    if row.state != "made":
        raise RuleBroken("wrong_state", "This statement has been decided already.")
    if row.answer == "objected":
        raise RuleBroken(
            "objected", "The supplier objects to this statement; take it back or settle it first."
        )
    if row.made_by == actor and row.total_fen > dials().second_person_fen:
        raise RuleBroken("second_person", "Another person has to approve this as well.")
    row.state, row.approved_at, row.approved_by = "approved", now, actor
    db.session.flush()
    _log(row, "settlement_approved", now, actor, {"total_fen": row.total_fen})
    return row


def answer(*, number: str, answer: str, words: str, now: datetime, actor: str) -> SupplierSettlement:
    """Note that the supplier agrees or objects; possible until the approval.

    Raise NotFound, BadInput for an objection without words, RuleBroken ``wrong_state``.
    """
    row = queries.lock_settlement(number)
    words = words.strip()
    if answer not in ANSWERS:
        raise BadInput("unknown_answer", "Choose agreed or objected.", param="answer")
    if len(words) > MAX_WORDS or (answer == "objected" and not words):
        raise BadInput("required", "Say in a few words what is wrong.", param="words")
    if row.state != "made":
        raise RuleBroken("wrong_state", "This statement has been decided already.")
    row.answer, row.answer_words, row.answered_at = answer, words or None, now
    db.session.flush()
    _log(row, f"settlement_{answer}", now, actor, {"answer": answer})
    return row


def pay(
    *, number: str, amount_fen: int, proof: str, now: datetime, actor: str, submission_key: str | None = None
) -> SupplierPayment:
    """Note money paid on an approved statement, in part or whole; the same key again is the first payment.

    Above the limit two persons see every statement: of one that a program has made, the second is who
    notes the payment. Raise NotFound, BadInput, RuleBroken ``wrong_state``, ``second_person``,
    ``more_than_due``.
    """
    key = own_key(number, submission_key)
    row = queries.lock_settlement(number)
    if first := first_of(SupplierPayment, key):
        return first
    proof = proof.strip()
    if not 1 <= len(proof) <= MAX_WORDS:
        raise BadInput("required", "Write the reference of the payment.", param="proof")
    if not 1 <= amount_fen <= MAX_FEN:
        raise BadInput("out_of_range", "The amount must be above zero.", param="amount_fen")
    if row.made_by in audit.PROGRAMS and row.total_fen > dials().second_person_fen:
        _check_second(row, actor)
    _take(row, amount_fen)
    paid = _insert(row, amount_fen, proof, key, now, actor)
    account = ledger.supplier(row.supplier_id)
    entry = Entry(account, ledger.BANK, amount_fen, "supplier_payment", str(paid.id))
    service.post([entry], at=now, actor=actor)
    _log(row, "settlement_paid", now, actor, {"amount_fen": amount_fen, "proof": proof})
    return paid


def _check_second(row: SupplierSettlement, actor: str) -> None:
    check_person(actor)
    if row.approved_by == actor:
        raise RuleBroken("second_person", "Another person than who approved this has to note the payment.")


def _take(row: SupplierSettlement, amount_fen: int) -> None:
    """Raise what is paid; one conditional statement decides whether so much is still due."""
    if row.state != "approved":
        raise RuleBroken("wrong_state", "Only an approved statement is paid.")
    paid = db.session.execute(
        update(SupplierSettlement)
        .where(
            SupplierSettlement.id == row.id,
            SupplierSettlement.paid_fen + amount_fen <= SupplierSettlement.total_fen,
        )
        .values(paid_fen=SupplierSettlement.paid_fen + amount_fen)
        .returning(SupplierSettlement.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    if paid is None:
        raise RuleBroken("more_than_due", "So much is not due on this statement.", param="amount_fen")
    db.session.refresh(row)


def _insert(
    row: SupplierSettlement, amount_fen: int, proof: str, key: str | None, now: datetime, actor: str
) -> SupplierPayment:
    values = {"settlement_id": row.id, "amount_fen": amount_fen, "proof": proof, "submission_key": key}
    statement = insert_into(SupplierPayment).values(**values, at=now, actor=actor)
    id_ = db.session.execute(statement.returning(SupplierPayment.id)).scalar_one()
    return db.session.get_one(SupplierPayment, id_)


def _log(row: SupplierSettlement, verb: str, now: datetime, actor: str, after: dict[str, Any]) -> None:
    audit.record(
        at=now, actor=actor, verb=verb, subject_kind="supplier_settlement", subject=row.number, after=after
    )
