"""A difference with a channel's bill is explained, booked, or received; above a limit by two persons.

What is booked counts as ours from then on, so whatever comes of the same payment later differs again.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import func, select

from groupbuy.audit import service as audit
from groupbuy.db import db
from groupbuy.finance import rules, service
from groupbuy.finance.dials import check_person, dials
from groupbuy.flows import paying
from groupbuy.kernel.errors import BadInput, NotFound, RuleBroken, RunAgain
from groupbuy.payments import gateways
from groupbuy.payments.bill_differences import KINDS, Difference, find_difference
from groupbuy.payments.gateways import Found
from groupbuy.payments.models import BillSettlement, ChannelBillLine, ChannelPayment
from groupbuy.payments.reconciling import lock_bill

CAUSE = "bill_settlement"
EXPLAIN, BOOK, RECEIVE = "explain", "book", "receive"
DEEDS = (EXPLAIN, BOOK, RECEIVE)
# Lost or won for good, or kept until somebody knows whose it is.
ACCOUNTS = {"differences": rules.DIFFERENCES, "held": rules.HELD}
MAX_REASON = 200


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be done about a difference as somebody has looked at it; ``account`` only to book it."""

    deed: str
    reason: str
    ours_fen: int | None
    theirs_fen: int | None
    account: str | None = None


@dataclass(frozen=True, slots=True)
class About:
    """A number on a day of a channel's bill."""

    channel: str
    day: date
    kind: str
    number: str


def settle(
    *, channel: str, day: date, kind: str, number: str, wish: Wish, now: datetime, actor: str
) -> BillSettlement:
    """Settle a difference of a fetched day; the same again right after is the same settlement.

    A large one is noted only, and done when another person wants the same. Raise NotFound for a bill or a
    difference that is not there, BadInput, RuleBroken ``changed`` where the books say something else than was
    looked at, ``second_person``, ``not_receivable``.
    """
    lock_bill(channel=channel, day=day)
    found = find_difference(channel=channel, day=day, kind=kind, number=number)
    about = About(channel, day, kind, number)
    return settle_found(found, about, checked(kind, wish), now=now, actor=actor)


def settle_found(
    found: Difference | None, about: About, wish: Wish, *, together_fen: int = 0, now: datetime, actor: str
) -> BillSettlement:
    """Settle what was found of a number, with the bill locked and the wish checked; raise as ``settle``.

    ``together_fen`` is what is settled with one deed: above the limit that takes two persons as well.
    """
    latest = _latest(about)
    if found is None:
        return _repeated(latest, wish)
    _check(found, wish)
    asked = latest if latest is not None and latest.state == "asked" else None
    row = asked or _new(about)
    agreed = asked is not None and _same(asked, wish)
    if not agreed:
        _write(row, about.day, found, wish, now, actor)
    if _may_be_done(row, max(together_fen, abs(row.amount_fen)), agreed, actor):
        _do(row, now, actor)
    db.session.flush()
    _log(row, now, actor)
    return row


def checked(kind: str, wish: Wish) -> Wish:
    """Return a wish with its reason trimmed; raise BadInput."""
    reason = wish.reason.strip()
    if not 1 <= len(reason) <= MAX_REASON:
        raise BadInput("required", f"Say why, in at most {MAX_REASON} characters.", param="reason")
    if kind not in KINDS or wish.deed not in DEEDS:
        raise BadInput("unknown_deed", "Explain it, book it, or receive it.", param="deed")
    if wish.deed == BOOK and wish.account not in ACCOUNTS:
        raise BadInput("unknown_account", "Name the account to book against.", param="account")
    return replace(wish, reason=reason, account=wish.account if wish.deed == BOOK else None)


def _repeated(latest: BillSettlement | None, wish: Wish) -> BillSettlement:
    """Return what was done just so before; raise NotFound where nothing differs."""
    if latest is not None and latest.state == "done" and _same(latest, wish):
        return latest
    raise NotFound("no_difference", "The books agree on this number.", param="number")


def _check(found: Difference, wish: Wish) -> None:
    if (found.ours_fen, found.theirs_fen) != (wish.ours_fen, wish.theirs_fen):
        raise RuleBroken("changed", "The books say something else by now; look again.")
    if wish.deed == RECEIVE and not is_receivable(found):
        raise RuleBroken("not_receivable", "Only a payment of ours that is not paid here can be received.")


def is_receivable(found: Difference) -> bool:
    """Tell whether a difference is a payment of ours that only the bill calls paid."""
    return are_receivable([found])


def are_receivable(found: Collection[Difference]) -> bool:
    """Tell whether all of these differences are payments of ours that only the bill calls paid."""
    numbers = {one.number for one in found if one.kind == "pay" and one.ours_fen is None}
    ours = select(func.count(ChannelPayment.id)).where(ChannelPayment.number.in_(numbers))
    return len(numbers) == len(found) and db.session.scalar(ours) == len(numbers)


def _new(about: About) -> BillSettlement:
    row = BillSettlement(channel=about.channel, kind=about.kind, number=about.number, state="asked")
    db.session.add(row)
    return row


def _may_be_done(row: BillSettlement, amount_fen: int, agreed: bool, actor: str) -> bool:
    """Tell whether nobody else has to agree; raise RuleBroken for who asks once more."""
    if amount_fen <= dials().second_person_fen:
        return True
    check_person(actor)
    if agreed and row.asked_by == actor:
        raise RuleBroken("second_person", "Another person has to approve this as well.")
    return agreed


def _latest(about: About) -> BillSettlement | None:
    row = BillSettlement
    mine = (row.channel == about.channel, row.kind == about.kind, row.number == about.number)
    return db.session.scalars(select(row).where(*mine).order_by(row.id.desc()).limit(1)).first()


def _same(row: BillSettlement, wish: Wish) -> bool:
    noted = (row.deed, row.account, row.ours_fen, row.theirs_fen)
    return noted == (wish.deed, wish.account, wish.ours_fen, wish.theirs_fen)


def _write(row: BillSettlement, day: date, found: Difference, wish: Wish, now: datetime, actor: str) -> None:
    row.day, row.deed, row.account, row.reason = day, wish.deed, wish.account, wish.reason
    row.ours_fen, row.theirs_fen, row.amount_fen = found.ours_fen, found.theirs_fen, found.amount_fen
    row.asked_at, row.asked_by = now, actor


def _do(row: BillSettlement, now: datetime, actor: str) -> None:
    if row.deed == BOOK:
        _book(row, now, actor)
    elif row.deed == RECEIVE:
        _receive(row, now)
    row.state, row.decided_at, row.decided_by = "done", now, actor


def _book(row: BillSettlement, now: datetime, actor: str) -> None:
    """Move what the bill has above our books; each settlement of a number is booked once."""
    channel, against = rules.channel(row.channel), ACCOUNTS[row.account or ""]
    entries = rules.move(
        channel,
        against,
        row.amount_fen if row.kind == "pay" else -row.amount_fen,
        cause_kind=CAUSE,
        cause_id=f"{row.channel}:{row.kind}:{row.number}",
        part=str(_times(row)),
    )
    if service.post(entries, at=now, actor=actor) != len(entries):
        raise RunAgain


def _times(row: BillSettlement) -> int:
    """Return how often a difference of this number was settled, with this one."""
    one = BillSettlement
    mine = (one.channel == row.channel, one.kind == row.kind, one.number == row.number)
    db.session.flush()
    return db.session.scalar(select(func.count(one.id)).where(*mine)) or 0


def _receive(row: BillSettlement, now: datetime) -> None:
    """Take the bill's word: what came too late goes back by itself, another amount is held."""
    line = db.session.scalars(
        select(ChannelBillLine).where(
            ChannelBillLine.channel == row.channel,
            ChannelBillLine.kind == row.kind,
            ChannelBillLine.number == row.number,
        )
    ).one()
    found = Found(
        row.number,
        gateways.PAID,
        amount_fen=line.amount_fen,
        transaction=line.reference,
        at=line.at,
    )
    paying.take_found(channel=row.channel, found=found, now=now, grace=timedelta())


def _log(row: BillSettlement, now: datetime, actor: str) -> None:
    names = ("kind", "number", "deed", "account", "ours_fen", "theirs_fen", "amount_fen", "reason")
    audit.record(
        at=now,
        actor=actor,
        verb="difference_settled" if row.state == "done" else "difference_asked",
        subject_kind="channel_bill",
        subject=f"{row.channel}:{row.day}",
        after={name: getattr(row, name) for name in names},
    )
