"""What a leader owes after commission was taken back that had been paid out: paid back, or written off.

The debt is settled commission below zero. Whatever the leader earns next makes it smaller as well.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, String, cast, literal, select

from groupbuy.audit import service as audit
from groupbuy.commissions.debt_models import DebtSettlement
from groupbuy.db import db
from groupbuy.db.states import move_state
from groupbuy.db.submissions import first_of, own_key, store_first
from groupbuy.db.totals import total
from groupbuy.finance import queries, rules, service
from groupbuy.finance.dials import check_person, dials
from groupbuy.finance.models import AccountBalance
from groupbuy.finance.rules import Entry
from groupbuy.kernel.errors import BadInput, NotFound, RuleBroken
from groupbuy.kernel.money import MAX_FEN, format_yuan
from groupbuy.leaders.models import Leader
from groupbuy.notices import telling
from groupbuy.notices.reach import recipient
from groupbuy.notices.rules import LEADER
from groupbuy.notices.telling import Notice

CAUSE = "debt_settlement"
REPAID, WRITTEN_OFF = "repaid", "written_off"
DEEDS = (REPAID, WRITTEN_OFF)
ASKED, DONE, REJECTED = "asked", "done", "rejected"
WAYS = {"bank": rules.BANK, "cash": rules.CASH_DESK}
MAX_WORDS = 200


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be done about a debt: ``words`` are the proof of what came, or why it is written off.

    ``way`` is where a repayment came, ``bank`` or ``cash``.
    """

    deed: str
    amount_fen: int
    words: str
    way: str | None = None


def owed() -> Select[*tuple[Any, ...]]:
    """Return a selection of leaders who owe something, the most first: the leader, and how much in fen."""
    settled = literal("commission:leader:") + cast(Leader.id, String) + literal(":settled")
    return (
        select(Leader, (-AccountBalance.balance_fen).label("debt_fen"))
        .join(AccountBalance, AccountBalance.account == settled)
        .where(AccountBalance.balance_fen < 0)
        .order_by(AccountBalance.balance_fen, Leader.id)
    )


def debt_of(leader_id: int) -> int:
    """Return what a leader owes, in fen."""
    return max(-queries.available(rules.commission(leader_id, "settled")), 0)


def get_settlement(settlement_id: int) -> DebtSettlement:
    """Return what was done about a debt; raise NotFound."""
    row = db.session.get(DebtSettlement, settlement_id)
    if row is None:
        raise NotFound("unknown_settlement", "There is no such settlement of a debt.")
    return row


def settle(
    *, leader: Leader, wish: Wish, now: datetime, actor: str, submission_key: str | None = None
) -> DebtSettlement:
    """Note what a leader has paid back, or write it off; the same key again is the first one.

    A write-off above the limit, with what was written off of the same leader by one person alone, waits for a
    second person.
    Raise BadInput, RuleBroken ``above_debt``, ``no_person``.
    """
    wish, key = _checked(wish), own_key(leader.id, submission_key)
    debt = _lock_debt(leader.id)
    if first := first_of(DebtSettlement, key):
        return first
    _check_debt(wish.amount_fen, debt)
    row = _new(leader, wish, now, actor, key)
    if wish.deed == WRITTEN_OFF and _takes_two(row):
        check_person(actor)
        _log(row, "debt_write_off_asked", now, actor)
    else:
        _book(row, now, actor)
    return row


def decide(*, settlement_id: int, agree: bool, reason: str, now: datetime, actor: str) -> DebtSettlement:
    """Agree to a write-off as the second person, or reject it with a reason; again changes nothing.

    Raise NotFound, BadInput without a reason, RuleBroken ``second_person``, ``no_person``, ``above_debt``,
    ``decided_meanwhile``.
    """
    row = get_settlement(settlement_id)
    debt = _lock_debt(row.leader_id)
    db.session.refresh(row, ["state", "decided_by"])
    if (row.state, row.decided_by) == (DONE if agree else REJECTED, actor):
        return row
    if row.state != ASKED:
        raise _decided()
    if agree:
        _check_second(row, actor)
        _check_debt(row.amount_fen, debt)
        _book(row, now, actor)
    else:
        why = _words(reason, "reason", "Say why.")
        if not move_state(row, ASKED, REJECTED, decided_at=now, decided_by=actor, reason=why):
            raise _decided()
        _log(row, "debt_write_off_rejected", now, actor)
    return row


def _lock_debt(leader_id: int) -> int:
    """Return what a leader owes, which nobody else moves until the commit."""
    return -queries.lock_available(rules.commission(leader_id, "settled"))


def _checked(wish: Wish) -> Wish:
    if wish.deed not in DEEDS:
        raise BadInput("unknown_deed", "It is repaid or written off.", param="deed")
    if not 0 < wish.amount_fen <= MAX_FEN:
        raise BadInput("out_of_range", "An amount above zero.", param="amount_fen")
    if wish.deed == REPAID and wish.way not in WAYS:
        raise BadInput("unknown_way", "Choose the bank or cash.", param="way")
    sentence = "Write the reference of the payment." if wish.deed == REPAID else "Say why."
    words = _words(wish.words, "words", sentence)
    return replace(wish, words=words, way=wish.way if wish.deed == REPAID else None)


def _words(text: str, param: str, refusal: str) -> str:
    text = text.strip()
    if not 1 <= len(text) <= MAX_WORDS or not text.isprintable():
        raise BadInput("required", refusal, param=param)
    return text


def _check_debt(amount_fen: int, debt_fen: int) -> None:
    if amount_fen > debt_fen:
        raise RuleBroken(
            "above_debt", f"The leader owes only {format_yuan(max(debt_fen, 0))}.", param="amount_fen"
        )


def _check_second(row: DebtSettlement, actor: str) -> None:
    check_person(actor)
    if row.asked_by == actor:
        raise RuleBroken("second_person", "Another person has to approve this as well.")


def _decided() -> RuleBroken:
    return RuleBroken("decided_meanwhile", "Somebody else has decided this in the meantime; look again.")


def _new(leader: Leader, wish: Wish, now: datetime, actor: str, key: str | None) -> DebtSettlement:
    row = DebtSettlement(
        leader_id=leader.id,
        deed=wish.deed,
        way=wish.way,
        amount_fen=wish.amount_fen,
        words=wish.words,
        state=ASKED,
        submission_key=key,
        asked_at=now,
        asked_by=actor,
    )
    store_first(row)
    return row


def _takes_two(row: DebtSettlement) -> bool:
    """Tell whether one person has written off more of a leader's debts than one alone may."""
    mine = (DebtSettlement.leader_id == row.leader_id, DebtSettlement.deed == WRITTEN_OFF)
    alone = (DebtSettlement.state == DONE, DebtSettlement.asked_by == DebtSettlement.decided_by)
    earlier = db.session.scalar(select(total(DebtSettlement.amount_fen)).where(*mine, *alone)) or 0
    return earlier + row.amount_fen > dials().second_person_fen


def _book(row: DebtSettlement, now: datetime, actor: str) -> None:
    if not move_state(row, ASKED, DONE, decided_at=now, decided_by=actor):
        raise _decided()
    account = WAYS[row.way] if row.way else rules.BAD_DEBTS
    settled = rules.commission(row.leader_id, "settled")
    entry = Entry(account, settled, row.amount_fen, CAUSE, str(row.id), row.deed)
    # What is left of the debt is still below zero.
    service.post([entry], at=now, actor=actor, may_owe=True)
    _log(row, f"debt_{row.deed}", now, actor)
    _tell(row, now)


def _tell(row: DebtSettlement, now: datetime) -> None:
    """Tell the leader how much of the debt is gone, and what is left."""
    left = format_yuan(debt_of(row.leader_id))
    values = {"amount": format_yuan(row.amount_fen), "left": left, "words": row.words}
    who = recipient(LEADER, row.leader_id)
    telling.tell([Notice(f"debt-{row.id}", f"debt_{row.deed}", who, values)], now=now)


def _log(row: DebtSettlement, verb: str, now: datetime, actor: str) -> None:
    names = ("deed", "way", "amount_fen", "words", "state", "reason")
    after = {name: value for name in names if (value := getattr(row, name)) is not None}
    audit.record(at=now, actor=actor, verb=verb, subject_kind=CAUSE, subject=str(row.id), after=after)
