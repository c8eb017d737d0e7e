"""Refunds through channels as rows: queued in the transaction that decides, followed to the end."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from groupbuy.audit import service as audit
from groupbuy.audit.models import AuditEntry
from groupbuy.audit.service import SCHEDULER
from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.finance import rules, service
from groupbuy.finance.rules import Entry
from groupbuy.jobs import service as jobs
from groupbuy.kernel import ids
from groupbuy.kernel.errors import NotFound, RuleBroken
from groupbuy.kernel.money import format_yuan
from groupbuy.payments.charging import LOOK_JOB, MAX_ERROR
from groupbuy.payments.gateways import FoundRefund
from groupbuy.payments.models import ChannelPayment, ChannelRefund
from groupbuy.payments.rules import REFUND_LOOKS_S, REFUND_PATIENCE, next_look

REFUND_JOB = "channel_refund"
CAUSE = "channel_refund"
STUCK = ("abnormal", "closed")
UNENDED = ("queued", "processing", *STUCK)
# A person asks a channel again as often as this, and not sooner than so long after the last time.
MOST_AGAIN, AGAIN_AFTER = 10, timedelta(minutes=30)
ASKED_AGAIN = "refund_asked_again"


def queue_refund(
    *,
    payment: ChannelPayment,
    amount_fen: int,
    refund_id: int | None,
    reason: str,
    now: datetime,
    actor: str,
    submission_key: str | None = None,
) -> ChannelRefund:
    """Queue money back through the channel it came by, in fen, under a number that stays.

    The caller has locked the payment, or its order. Raise RuleBroken ``above_paid``.
    """
    if not 0 < amount_fen <= (payment.paid_fen or 0) - refunded(payment.id):
        raise RuleBroken("above_paid", "More than is left of this payment.", param="amount_fen")
    row = ChannelRefund(
        number=f"R{ids.order_number()}",
        payment_id=payment.id,
        refund_id=refund_id,
        amount_fen=amount_fen,
        reason=reason,
        asked_at=now,
        actor=actor,
        submission_key=submission_key,
    )
    db.session.add(row)
    db.session.flush()
    jobs.enqueue(kind=REFUND_JOB, key=row.number, payload={"refund": row.number}, now=now)
    _log(row, "refund_queued", now, actor, {"amount_fen": amount_fen, "payment": payment.number})
    return row


def refunded(payment_id: int) -> int:
    """Return what of a payment has gone back or is on its way, in fen."""
    mine = ChannelRefund.payment_id == payment_id
    return db.session.scalar(select(total(ChannelRefund.amount_fen)).where(mine)) or 0


def get_refund(number: str) -> ChannelRefund:
    """Return a refund; raise NotFound."""
    found = db.session.scalar(select(ChannelRefund).where(ChannelRefund.number == number))
    if found is None:
        raise NotFound("unknown_refund", "There is no such refund.")
    return found


def _lock(number: str) -> ChannelRefund:
    row = select(ChannelRefund).where(ChannelRefund.number == number).with_for_update(of=ChannelRefund)
    found = db.session.scalar(row.execution_options(populate_existing=True))
    if found is None:
        raise NotFound("unknown_refund", "There is no such refund.")
    return found


def take_found(*, number: str, found: FoundRefund, now: datetime) -> str:
    """Note what the channel says of a refund; return the state it is in now. Again changes nothing."""
    row = _lock(number)
    if row.state == "success":
        return row.state
    if row.state == "to_wallet":
        if found.state == "success":
            _blame(row, "The channel has paid this as well as the wallet.", now)
        return row.state
    if found.state == "success" and found.amount_fen != row.amount_fen:
        _blame(row, f"The channel has paid {format_yuan(found.amount_fen)}.", now)
        row.state, row.look_at = "abnormal", None
    elif found.state == "success":
        _succeed(row, found, now)
    elif found.state in STUCK:
        _blame(row, f"The channel says {found.state}.", now)
        row.state, row.look_at, row.reference = found.state, None, found.transaction
    elif row.state in ("queued", "processing"):
        row.state, row.reference = "processing", found.transaction or row.reference
        row.look_at = row.look_at or now + next_look(row.looks, REFUND_LOOKS_S)
    db.session.flush()
    return row.state


def _succeed(row: ChannelRefund, found: FoundRefund, now: datetime) -> None:
    row.state, row.reference = "success", found.transaction or row.reference
    row.ended_at, row.look_at, row.last_error = found.at or now, None, None
    channel = rules.channel(row.payment.channel)
    entry = Entry(rules.REFUNDING, channel, row.amount_fen, CAUSE, str(row.id), "done")
    service.post([entry], at=now, actor=SCHEDULER)
    _log(row, "refund_succeeded", now, SCHEDULER, {"amount_fen": row.amount_fen})


def note_refused(*, number: str, code: str, now: datetime) -> None:
    """Note that the channel will not pay a refund; somebody has to decide."""
    row = _lock(number)
    if row.state in ("queued", "processing"):
        row.state, row.look_at = "abnormal", None
        _blame(row, code, now)
    db.session.flush()


def note_failure(*, number: str, error: str) -> None:
    """Note why the channel could not be asked; it is asked again."""
    _lock(number).last_error = error[:MAX_ERROR]
    db.session.flush()


def pay_to_wallet(*, number: str, now: datetime, actor: str) -> ChannelRefund:
    """Pay to the wallet what the channel could not pay back; again changes nothing.

    Raise RuleBroken ``not_stuck`` while the channel may still pay.
    """
    row = _lock(number)
    if row.state == "to_wallet":
        return row
    if row.state not in STUCK:
        raise RuleBroken("not_stuck", "The channel may still pay this.")
    row.state, row.ended_at = "to_wallet", now
    wallet = rules.wallet(row.payment.resident_id)
    entry = Entry(rules.REFUNDING, wallet, row.amount_fen, CAUSE, str(row.id), "wallet")
    service.post([entry], at=now, actor=actor)
    db.session.flush()
    _log(row, "refund_to_wallet", now, actor, {"amount_fen": row.amount_fen})
    return row


def ask_again(*, number: str, now: datetime, actor: str) -> ChannelRefund:
    """Ask the channel once more for a stuck refund, under the same number: what it has paid it pays no more.

    Raise RuleBroken ``not_stuck``, ``asked_just_now`` within half an hour, ``asked_often`` after ten times.
    """
    row = _lock(number)
    if row.state not in STUCK:
        raise RuleBroken("not_stuck", "The channel may still pay this.")
    times, last = _times_asked(number)
    if times >= MOST_AGAIN:
        raise RuleBroken("asked_often", f"Asked {times} times already; look at the channel's own pages.")
    if last is not None and now - last < AGAIN_AFTER:
        raise RuleBroken("asked_just_now", "Asked within the last half hour; look again later.")
    former, row.state, row.look_at = row.state, "queued", None
    db.session.flush()
    key = f"{number}:again:{times + 1}"
    jobs.enqueue(kind=REFUND_JOB, key=key, payload={"refund": number}, now=now)
    _log(row, ASKED_AGAIN, now, actor, {"was": former, "time": times + 1})
    return row


def _times_asked(number: str) -> tuple[int, datetime | None]:
    """Return how often a person has asked for a refund again, and when last; the refund is locked."""
    mine = (AuditEntry.subject_kind == "channel_refund", AuditEntry.subject == number)
    asked = select(AuditEntry.at).where(*mine, AuditEntry.verb == ASKED_AGAIN)
    moments = db.session.scalars(asked).all()
    return len(moments), max(moments, default=None)


def page_of_refunds(*, stuck: bool, before: int | None, most: int) -> Sequence[ChannelRefund]:
    """Return refunds, or the stuck ones, the latest first, before the one with this id."""
    statement = select(ChannelRefund).options(joinedload(ChannelRefund.payment))
    if stuck:
        statement = statement.where(ChannelRefund.state.in_(STUCK))
    if before is not None:
        statement = statement.where(ChannelRefund.id < before)
    return db.session.scalars(statement.order_by(ChannelRefund.id.desc()).limit(most)).all()


def due_to_look(now: datetime, *, most: int) -> Sequence[ChannelRefund]:
    """Return refunds of which the channel is to be asked, the longest due first."""
    due = select(ChannelRefund).where(ChannelRefund.look_at <= now)
    return db.session.scalars(due.order_by(ChannelRefund.look_at).limit(most)).all()


def queue_look(*, refund_id: int, now: datetime) -> str | None:
    """Queue the question to the channel, or after ten days leave the refund to a person, as a stuck one.

    Alipay answers of a refund that it knows nothing of as of one that is under way, so asking would not end.
    What the channel says later is still taken in. None when somebody else has done so.
    """
    row = db.session.get(ChannelRefund, refund_id, with_for_update=True, populate_existing=True)
    if row is None or row.look_at is None or row.look_at > now:
        return None
    if now - row.asked_at >= REFUND_PATIENCE:
        row.state, row.look_at = "abnormal", None
        _blame(row, f"Not paid by the channel after {REFUND_PATIENCE.days} days; look there first.", now)
        return "stuck"
    row.looks += 1
    row.look_at = now + next_look(row.looks, REFUND_LOOKS_S)
    jobs.enqueue(kind=LOOK_JOB, key=f"{row.number}:{row.looks}", payload={"refund": row.number}, now=now)
    return "queued"


def _blame(row: ChannelRefund, sentence: str, now: datetime) -> None:
    row.last_error = sentence[:MAX_ERROR]
    _log(row, "refund_stuck", now, SCHEDULER, {"error": sentence[:MAX_ERROR]})


def _log(row: ChannelRefund, verb: str, now: datetime, actor: str, after: dict[str, Any]) -> None:
    audit.record(
        at=now, actor=actor, verb=verb, subject_kind="channel_refund", subject=row.number, after=after
    )
