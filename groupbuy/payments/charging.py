"""Payments through channels as rows: begun before the channel is called, followed until they end."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from groupbuy.audit import service as audit
from groupbuy.db import db
from groupbuy.db.upserts import insert_into
from groupbuy.jobs import service as jobs
from groupbuy.kernel import ids
from groupbuy.kernel.errors import NotFound
from groupbuy.kernel.times import iso
from groupbuy.payments.gateways import Action, Found
from groupbuy.payments.models import ChannelNotice, ChannelPayment
from groupbuy.payments.rules import next_look

LOOK_JOB, OPEN_JOB = "channel_look", "channel_open"
OPEN = ("new", "waiting")
MAX_ERROR = 200


def begin(
    *,
    resident_id: int,
    order_id: int | None,
    channel: str,
    way: str,
    amount_fen: int,
    expires_at: datetime,
    now: datetime,
    actor: str,
    submission_key: str | None = None,
) -> ChannelPayment:
    """Note a payment that is about to be opened at a channel, under a number that stays."""
    payment = ChannelPayment(
        number=f"P{ids.order_number()}",
        channel=channel,
        way=way,
        order_id=order_id,
        resident_id=resident_id,
        amount_fen=amount_fen,
        created_at=now,
        expires_at=expires_at,
        look_at=now + next_look(0),
        submission_key=submission_key,
    )
    db.session.add(payment)
    db.session.flush()
    after = {"amount_fen": amount_fen, "channel": channel, "way": way}
    log(payment, "payment_begun", now, actor, after)
    return payment


def open_later(*, payment: ChannelPayment, now: datetime) -> None:
    """Let a payment be opened at its channel after the commit; its ``action`` is there a moment later."""
    jobs.enqueue(kind=OPEN_JOB, key=payment.number, payload={"payment": payment.number}, now=now)


def get_payment(number: str, *, resident_ids: Sequence[int] | None = None) -> ChannelPayment:
    """Return a payment, of some residents if given; raise NotFound, also for another's."""
    statement = select(ChannelPayment).where(ChannelPayment.number == number)
    if resident_ids is not None:
        statement = statement.where(ChannelPayment.resident_id.in_(resident_ids))
    found = db.session.scalar(statement)
    if found is None:
        raise NotFound("unknown_payment", "There is no such payment.")
    return found


def lock(payment: ChannelPayment) -> ChannelPayment:
    """Lock a payment until the transaction ends and read it anew; its order is locked before."""
    row = select(ChannelPayment).where(ChannelPayment.id == payment.id).with_for_update(of=ChannelPayment)
    return db.session.scalars(row.execution_options(populate_existing=True)).one()


def open_payments(order_id: int) -> Sequence[ChannelPayment]:
    """Return the payments of an order that may still be paid."""
    mine = (ChannelPayment.order_id == order_id, ChannelPayment.state.in_(OPEN))
    return db.session.scalars(select(ChannelPayment).where(*mine).order_by(ChannelPayment.id)).all()


def payments_of(order_id: int) -> Sequence[ChannelPayment]:
    """Return all payments of an order, in order."""
    mine = select(ChannelPayment).where(ChannelPayment.order_id == order_id)
    return db.session.scalars(mine.order_by(ChannelPayment.id)).all()


def top_ups_of(resident_id: int, *, most: int) -> Sequence[ChannelPayment]:
    """Return what a resident has paid into the wallet, the latest first."""
    mine = (ChannelPayment.resident_id == resident_id, ChannelPayment.outcome == "topped_up")
    return db.session.scalars(
        select(ChannelPayment).where(*mine).order_by(ChannelPayment.id.desc()).limit(most)
    ).all()


def note_opened(*, number: str, action: Action) -> None:
    """Note what the payer does next; what has ended in the meantime stays as it is."""
    payment = lock(get_payment(number))
    if payment.state in OPEN:
        payment.state, payment.last_error = "waiting", None
        payment.action = {"kind": action.kind, **action.data}
    db.session.flush()


def note_failure(*, number: str, error: str) -> None:
    """Note why the last call of the channel has not gone well; the payment can be tried again."""
    payment = lock(get_payment(number))
    payment.last_error = error[:MAX_ERROR]
    db.session.flush()


def note_arrival(*, payment: ChannelPayment, found: Found, state: str, now: datetime) -> None:
    """Note that money has come for a locked payment."""
    payment.state, payment.paid_fen = state, found.amount_fen
    payment.paid_at, payment.reference = found.at or now, found.transaction
    payment.look_at, payment.last_error = None, None
    db.session.flush()


def note_closed(*, payment: ChannelPayment, now: datetime, actor: str) -> None:
    """Note that nobody can pay a locked payment any more."""
    payment.state, payment.look_at = "closed", None
    db.session.flush()
    log(payment, "payment_closed", now, actor, {})


def due_to_look(now: datetime, *, most: int) -> Sequence[ChannelPayment]:
    """Return payments of which the channel is to be asked, the longest due first."""
    due = select(ChannelPayment).where(ChannelPayment.look_at <= now)
    return db.session.scalars(due.order_by(ChannelPayment.look_at).limit(most)).all()


def queue_look(*, payment_id: int, now: datetime) -> bool:
    """Queue the question to the channel; False when somebody else has done so."""
    payment = db.session.get(ChannelPayment, payment_id, with_for_update=True, populate_existing=True)
    if payment is None or payment.look_at is None or payment.look_at > now:
        return False
    payment.looks += 1
    payment.look_at = now + next_look(payment.looks)
    key = f"{payment.number}:{payment.looks}"
    jobs.enqueue(kind=LOOK_JOB, key=key, payload={"payment": payment.number}, now=now)
    return True


def look_soon(*, payment: ChannelPayment, now: datetime) -> None:
    """Let the channel be asked at once: nobody wants to pay this any more."""
    payment.expires_at = min(payment.expires_at, now)
    payment.look_at = now
    db.session.flush()


def note_notice(*, channel: str, notice_id: str, kind: str, number: str | None, now: datetime) -> int | None:
    """Note a call, each once; return its id, None when it was taken in before."""
    values = {"channel": channel, "notice_id": notice_id, "kind": kind[:64], "number": number}
    statement = insert_into(ChannelNotice).values(**values, result="", at=now).on_conflict_do_nothing()
    found: int | None = db.session.execute(statement.returning(ChannelNotice.id)).scalar()
    return found


def log(payment: ChannelPayment, verb: str, now: datetime, actor: str, after: dict[str, Any]) -> None:
    """Write what became of a payment into the audit log."""
    audit.record(
        at=now,
        actor=actor,
        verb=verb,
        subject_kind="payment",
        subject=payment.number,
        after={"order_id": payment.order_id, "expires_at": iso(payment.expires_at)} | after,
    )
