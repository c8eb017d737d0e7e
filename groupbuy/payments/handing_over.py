"""Residents' money in leaders' hands, and its way to the operator."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from groupbuy.audit import service as audit
from groupbuy.db import db
from groupbuy.db.states import move_state
from groupbuy.db.submissions import first_of, own_key
from groupbuy.db.totals import total
from groupbuy.finance import queries, rules, service
from groupbuy.finance.rules import Entry
from groupbuy.kernel.errors import BadInput, NotFound, RuleBroken
from groupbuy.kernel.money import format_yuan
from groupbuy.leaders.models import Leader
from groupbuy.payments.models import CashHandover

HANDED, CONFIRMED, REJECTED = "handed", "confirmed", "rejected"
MAX_NOTE = 200


def cash_due(leader_id: int) -> int:
    """Return what a leader has still to hand over, in fen; below zero is an advance."""
    return queries.balance(rules.cash(leader_id)) - handed(leader_id)


def handed(leader_id: int) -> int:
    """Return what a leader has handed over that is not confirmed yet, in fen."""
    waiting = (CashHandover.leader_id == leader_id, CashHandover.state == HANDED)
    return db.session.scalar(select(total(CashHandover.amount_fen)).where(*waiting)) or 0


def hand_over(
    *,
    leader: Leader,
    amount_fen: int,
    note: str,
    now: datetime,
    actor: str,
    submission_key: str | None = None,
) -> CashHandover:
    """Note that a leader hands cash to the operator; the same key again is the first one.

    Raise BadInput, RuleBroken ``above_due``.
    """
    if amount_fen <= 0 or len(note) > MAX_NOTE:
        raise BadInput(
            "out_of_range", f"An amount above zero, a note of at most {MAX_NOTE}.", param="amount_fen"
        )
    key = own_key(leader.id, submission_key)
    # One hand-over of a leader at a time, so that two cannot promise the same money.
    db.session.execute(select(Leader.id).where(Leader.id == leader.id).with_for_update())
    if first := first_of(CashHandover, key):
        return first
    _check_due(leader.id, amount_fen)
    row = CashHandover(
        leader_id=leader.id,
        state=HANDED,
        amount_fen=amount_fen,
        note=note or None,
        submission_key=key,
        handed_at=now,
        handed_by=actor,
    )
    db.session.add(row)
    db.session.flush()
    _log(row.id, "cash_handed_over", now, actor, {"amount_fen": amount_fen})
    return row


def _check_due(leader_id: int, amount_fen: int) -> None:
    due = max(cash_due(leader_id), 0)
    if amount_fen > due:
        raise RuleBroken("above_due", f"Only {format_yuan(due)} is to be handed over.", param="amount_fen")


def decide(*, handover_id: int, confirm: bool, reason: str, now: datetime, actor: str) -> CashHandover:
    """Confirm that cash has arrived, or reject the note of it with a reason.

    Raise NotFound, BadInput without a reason, RuleBroken ``decided_meanwhile``.
    """
    row = db.session.get(CashHandover, handover_id)
    if row is None:
        raise NotFound("unknown_handover", "There is no such hand-over.")
    if not confirm and not reason.strip():
        raise BadInput("required", "Say why; the leader reads it.", param="reason")
    state = CONFIRMED if confirm else REJECTED
    why = reason.strip()[:MAX_NOTE] or None
    if not move_state(row, HANDED, state, decided_at=now, decided_by=actor, reason=why):
        raise RuleBroken("decided_meanwhile", "Somebody else has decided this in the meantime; look again.")
    if confirm:
        cash = rules.cash(row.leader_id)
        entry = Entry(rules.CASH_DESK, cash, row.amount_fen, "cash_handover", str(row.id))
        service.post([entry], at=now, actor=actor)
    _log(row.id, f"cash_{state}", now, actor, {"state": state, "reason": why})
    return row


def handovers(
    *, leader_id: int | None = None, state: str | None = None, most: int = 200
) -> Sequence[CashHandover]:
    """Return hand-overs, the latest first, of one leader or all, in one state or any."""
    statement = select(CashHandover).order_by(CashHandover.id.desc()).limit(most)
    if leader_id is not None:
        statement = statement.where(CashHandover.leader_id == leader_id)
    if state is not None:
        statement = statement.where(CashHandover.state == state)
    return db.session.scalars(statement).all()


def _log(row_id: int, verb: str, now: datetime, actor: str, after: dict[str, Any]) -> None:
    audit.record(
        at=now, actor=actor, verb=verb, subject_kind="cash_handover", subject=str(row_id), after=after
    )
