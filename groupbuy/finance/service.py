"""Writing the ledger: postings once each, and the balances that go with them."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select, text, update

from groupbuy.audit import service as audit
from groupbuy.db import db
from groupbuy.db.upserts import insert_into, run_for_all
from groupbuy.finance import rules
from groupbuy.finance.models import AccountBalance, ClosedPeriod, Posting
from groupbuy.finance.rules import Entry
from groupbuy.kernel.errors import RuleBroken


def post(entries: Sequence[Entry], *, at: datetime, actor: str, may_owe: bool = False) -> int:
    """Book entries, those that were booked before left alone; return how many were new.

    One that came about before counts from then while its month is open (``rules.booked_at``).

    Raise RuleBroken ``period_closed``, and ``insufficient_balance`` where a wallet or, unless
    ``may_owe``, a leader's settled commission would fall below zero.
    """
    if not entries:
        return 0
    open_period(at)
    closed = _closed_of(entries)
    rows = [
        _values(entry, rules.booked_at(entry, at, closed), actor)
        for entry in sorted(entries, key=lambda one: one.key)
    ]
    statement = insert_into(Posting).on_conflict_do_nothing()
    keys = (Posting.cause_kind, Posting.cause_id, Posting.part)
    new = {tuple(row) for row in run_for_all(statement.returning(*keys), rows)}
    booked = [entry for entry in entries if entry.key in new]
    changes = rules.guarded_changes(booked)
    free = {account: change for account, change in changes.items() if change > 0 or may_owe}
    for account in sorted(changes.keys() - free.keys()):
        _take(account, -changes[account])
    _add(free)
    return len(booked)


def open_period(at: datetime) -> str:
    """Return the month in which something at a moment is booked; raise RuleBroken ``period_closed``."""
    period = rules.period_of(at)
    if db.session.get(ClosedPeriod, period) is not None:
        raise RuleBroken("period_closed", f"The books of {period} are closed; book it in the next month.")
    return period


def _closed_of(entries: Sequence[Entry]) -> Sequence[str]:
    """Return those months in which entries came about that are closed; none closes before this commits."""
    months = {rules.period_of(entry.at) for entry in entries if entry.at is not None}
    if not months:
        return ()
    found = select(ClosedPeriod.period).where(ClosedPeriod.period.in_(months))
    # Also where no row is found it holds the table's lock that ``hold_postings_back`` waits for.
    return db.session.scalars(found.with_for_update(read=True)).all()


def _values(entry: Entry, at: datetime, actor: str) -> dict[str, object]:
    return {
        "debit_account": entry.debit,
        "credit_account": entry.credit,
        "amount_fen": entry.amount_fen,
        "cause_kind": entry.cause_kind,
        "cause_id": entry.cause_id,
        "part": entry.part,
        "at": at,
        "actor": actor,
        "period": rules.period_of(at),
    }


def _take(account: str, amount_fen: int) -> None:
    """Take an amount off a running balance; one conditional statement decides whether there is enough."""
    taken = db.session.execute(
        update(AccountBalance)
        .where(AccountBalance.account == account, AccountBalance.balance_fen >= amount_fen)
        .values(balance_fen=AccountBalance.balance_fen - amount_fen)
        .returning(AccountBalance.account)
        .execution_options(synchronize_session=False)
    ).scalar()
    if taken is None:
        raise RuleBroken("insufficient_balance", "There is not enough money in this account.")


def _add(changes: Mapping[str, int]) -> None:
    if not changes:
        return
    statement = insert_into(AccountBalance)
    added = AccountBalance.balance_fen + statement.excluded.balance_fen
    moved = statement.on_conflict_do_update(index_elements=["account"], set_={"balance_fen": added})
    run_for_all(moved, [{"account": name, "balance_fen": fen} for name, fen in changes.items()])


def hold_postings_back() -> None:
    """Let whoever is booking what came about before commit, and the next ones wait until this commits."""
    # The embedded database has one writer, who has read nothing before its turn.
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(text("LOCK TABLE closed_period IN EXCLUSIVE MODE"))


def close_period(
    *, period: str, now: datetime, actor: str, still_open: Mapping[str, int] | None = None
) -> bool:
    """Close a month of the books; False when it was closed before. Corrections go into the next one.

    What came about in it and is not booked yet counts in the next one too: ``flows.bookkeeping.close_month``
    books it first. Raise BadInput ``bad_period``, RuleBroken ``period_running`` until an hour after its end.
    """
    _, end = rules.period_bounds(period)
    if now < end + rules.SETTLES_DOWN:
        raise RuleBroken("period_running", f"The books of {period} can be closed an hour after its end.")
    hold_postings_back()
    closed = insert_into(ClosedPeriod).values(period=period, closed_at=now, closed_by=actor)
    done = db.session.execute(closed.on_conflict_do_nothing().returning(ClosedPeriod.period)).scalar()
    if done is None:
        return False
    after = {"still_open": dict(still_open)} if still_open else None
    audit.record(
        at=now, actor=actor, verb="period_closed", subject_kind="period", subject=period, after=after
    )
    return True
