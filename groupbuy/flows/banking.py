"""The bank's own statement beside our books: lines taken in once, matched with what we noted as moved."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    case,
    cast,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from groupbuy.audit import service as audit
from groupbuy.commissions.debt_models import DebtSettlement
from groupbuy.commissions.debts import CAUSE as DEBT
from groupbuy.commissions.models import Withdrawal
from groupbuy.db import db
from groupbuy.db.bulk import KEYS, chunks, one_of
from groupbuy.db.upserts import insert_into
from groupbuy.finance import bank_rules, rules
from groupbuy.finance.bank_rules import Expected, Line
from groupbuy.finance.models import BankLine, BankMatch, Posting
from groupbuy.flows.bank_file import BankRow
from groupbuy.kernel.errors import BadInput, NotFound, RuleBroken
from groupbuy.kernel.money import format_yuan
from groupbuy.kernel.times import local_moment
from groupbuy.settlements.models import SupplierPayment

# What moves money at the bank: payouts to leaders and suppliers, cash that was handed over, debts paid back.
KINDS = ("withdrawal", "supplier_payment", "cash_handover", DEBT)
AT_BANK = (rules.BANK, rules.CASH_DESK)
# Above zero came in.
SIGNED = case((Posting.debit_account.in_(AT_BANK), Posting.amount_fen), else_=-Posting.amount_fen)
MAX_NOTE = 200


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a file: lines in it, new ones, and how many were matched by themselves."""

    lines: int
    new: int
    matched: int


def take_in(*, rows: Sequence[BankRow], now: datetime, actor: str) -> Taken:
    """Store the lines of a statement, those that are there left alone, and match what is beyond doubt."""
    values = [
        {
            "key": row.key,
            "day": row.day,
            "amount_fen": row.amount_fen,
            "who": row.who,
            "words": row.words,
            "reference": row.reference,
            "state": "open",
            "imported_at": now,
        }
        for row in rows
    ]
    new = 0
    if values:
        statement = insert_into(BankLine).on_conflict_do_nothing().returning(BankLine.id)
        new = len(db.session.execute(statement, values).all())
    taken = Taken(len(rows), new, match_all())
    after = {"lines": taken.lines, "new": taken.new, "matched": taken.matched}
    audit.record(
        at=now, actor=actor, verb="bank_imported", subject_kind="bank", subject=str(now.date()), after=after
    )
    return taken


def match_all() -> int:
    """Match what is beyond doubt; return how many lines."""
    waiting = BankLine.state == "open"
    rows = db.session.execute(_facts().where(waiting).order_by(BankLine.id).with_for_update())
    found = bank_rules.pair([line_of(row) for row in rows], expected(waiting))
    matches = [
        {"posting_id": posting_id, "line_id": line_id}
        for line_id, one in found.items()
        for posting_id in one.postings
    ]
    if matches:
        db.session.execute(insert(BankMatch), matches)
    for part in chunks(sorted(found), KEYS):
        mine = update(BankLine).where(one_of(BankLine.id, part)).values(state="matched")
        db.session.execute(mine)
    return len(found)


def _facts() -> Select[*tuple[Any, ...]]:
    """Return a selection of what the rules need to know of lines, without their objects."""
    return select(
        BankLine.id, BankLine.day, BankLine.amount_fen, BankLine.who, BankLine.words, BankLine.reference
    )


def line_of(row: Any) -> Line:
    """Return a stored line as the rules take it."""
    return Line(row.id, row.day, row.amount_fen, " ".join((row.who, row.words, row.reference)))


def _store(line: BankLine, posting_ids: Iterable[int]) -> None:
    for posting_id in posting_ids:
        db.session.add(BankMatch(posting_id=posting_id, line_id=line.id))
    line.state = "matched"
    db.session.flush()


def missing() -> Select[*tuple[Any, ...]]:
    """Return a selection of our movements at the bank behind which no line stands: posting, fen, proof."""
    return _ours(Posting)


def _ours(*what: Any) -> Select[*tuple[Any, ...]]:
    proof = func.coalesce(Withdrawal.proof, SupplierPayment.proof, DebtSettlement.words, "")
    return (
        select(*what, SIGNED.label("fen"), proof.label("proof"), Withdrawal.batch_id.label("batch_id"))
        .select_from(Posting)
        .outerjoin(Withdrawal, Withdrawal.id == _number_of("withdrawal"))
        .outerjoin(SupplierPayment, SupplierPayment.id == _number_of("supplier_payment"))
        .outerjoin(DebtSettlement, DebtSettlement.id == _number_of(DEBT))
        .where(
            Posting.cause_kind.in_(KINDS),
            or_(Posting.debit_account.in_(AT_BANK), Posting.credit_account.in_(AT_BANK)),
            ~exists().where(BankMatch.posting_id == Posting.id),
        )
        .order_by(Posting.id)
    )


def _number_of(kind: str) -> ColumnElement[int]:
    """Return the number that a movement of a kind was booked for, by which the other table is looked up."""
    return case((Posting.cause_kind == kind, cast(Posting.cause_id, BigInteger)))


def expected(lines: ColumnElement[bool]) -> list[Expected]:
    """Return our movements that could stand behind some lines; what a payout file left unmatched also as one.

    Only amounts of those lines, and days close to the first and the last of them, leave the database.
    """
    span = db.session.execute(select(func.min(BankLine.day), func.max(BankLine.day)).where(lines)).one()
    if not any(span):
        return []
    first, last = span
    since = local_moment(first - bank_rules.WINDOW, "00:00", rules.BOOKS)
    until = local_moment(last + bank_rules.WINDOW, "24:00", rules.BOOKS)
    amounts = select(BankLine.amount_fen).where(lines)
    ours = _ours(Posting.id, Posting.at)
    near = ours.where(Posting.at >= since, Posting.at < until, SIGNED.in_(amounts))
    return [_movement(row) for row in db.session.execute(near)] + _files(ours, amounts, since, until)


def _movement(row: Any) -> Expected:
    day = row.at.astimezone(rules.BOOKS).date()
    return Expected((row.id,), day, row.fen, row.proof.strip())


def _files(
    ours: Select[*tuple[Any, ...]], amounts: Select[int], since: datetime, until: datetime
) -> list[Expected]:
    """Return payout files whose unmatched payouts come to one of some amounts together."""
    each = ours.where(Withdrawal.batch_id.is_not(None)).order_by(None).subquery()
    sums = (
        select(each.c.batch_id)
        .group_by(each.c.batch_id)
        .having(
            func.count() > 1,
            func.sum(each.c.fen).in_(amounts),
            func.max(each.c.at) >= since,
            func.max(each.c.at) < until,
        )
    )
    files = defaultdict(list)
    for row in db.session.execute(ours.where(Withdrawal.batch_id.in_(sums))):
        files[row.batch_id].append(_movement(row))
    return [_together(some) for some in files.values()]


def _together(some: Sequence[Expected]) -> Expected:
    postings = tuple(posting for one in some for posting in one.postings)
    return Expected(postings, max(one.day for one in some), sum(one.amount_fen for one in some))


def get_line(line_id: int) -> BankLine:
    """Return a line of the bank; raise NotFound."""
    row = db.session.get(BankLine, line_id)
    if row is None:
        raise NotFound("unknown_bank_line", "There is no such line.")
    return row


def match(*, line_id: int, posting_ids: Sequence[int], now: datetime, actor: str) -> None:
    """Match an open line with movements of ours that add up to it.

    Raise NotFound, RuleBroken ``decided_meanwhile`` and ``does_not_add_up``, BadInput without a movement.
    """
    line = _lock(line_id, "open")
    wanted = sorted(set(posting_ids))
    ours = missing().where(Posting.id.in_(wanted))
    free = {row.Posting.id: row.fen for row in db.session.execute(ours)}
    if not wanted or not free.keys() >= set(wanted):
        raise BadInput("required", "Choose movements that are not matched yet.", param="postings")
    total = sum(free[one] for one in wanted)
    if total != line.amount_fen:
        raise RuleBroken("does_not_add_up", f"The movements come to {format_yuan(total)}.", param="postings")
    _store(line, wanted)
    _log(line, "bank_matched", now, actor, {"postings": wanted})


def set_aside(*, line_id: int, note: str, now: datetime, actor: str) -> None:
    """Set an open line aside that is none of ours, with a note; raise as ``match`` does."""
    note = note.strip()
    if not 1 <= len(note) <= MAX_NOTE:
        raise BadInput("required", "Say why.", param="note")
    line = _lock(line_id, "open")
    line.state, line.note = "set_aside", note
    db.session.flush()
    _log(line, "bank_set_aside", now, actor, {"note": note})


def reopen(*, line_id: int, now: datetime, actor: str) -> None:
    """Take a match or a setting aside back; raise NotFound, RuleBroken ``decided_meanwhile``."""
    line = _lock(line_id, "matched", "set_aside")
    db.session.execute(delete(BankMatch).where(BankMatch.line_id == line.id))
    line.state, line.note = "open", None
    db.session.flush()
    _log(line, "bank_reopened", now, actor, {})


def matched_with(line_id: int) -> Sequence[Posting]:
    """Return the postings behind a line."""
    mine = select(BankMatch.posting_id).where(BankMatch.line_id == line_id)
    return db.session.scalars(select(Posting).where(Posting.id.in_(mine)).order_by(Posting.id)).all()


def _lock(line_id: int, *states: str) -> BankLine:
    line = db.session.get(BankLine, line_id, with_for_update=True, populate_existing=True)
    if line is None:
        raise NotFound("unknown_bank_line", "There is no such line.")
    if line.state not in states:
        raise RuleBroken("decided_meanwhile", "Somebody else has decided this in the meantime; look again.")
    return line


def _log(line: BankLine, verb: str, now: datetime, actor: str, after: dict[str, Any]) -> None:
    values = {"amount_fen": line.amount_fen} | after
    audit.record(at=now, actor=actor, verb=verb, subject_kind="bank_line", subject=str(line.id), after=values)
