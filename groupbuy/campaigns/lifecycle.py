"""How a round moves: every move is a compare-and-swap on its state, so that it happens once."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from groupbuy.audit import service as audit
from groupbuy.campaigns import stock
from groupbuy.campaigns.models import Offer, Round
from groupbuy.campaigns.queries import get_round
from groupbuy.campaigns.rules import RoundState
from groupbuy.db import db
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.kernel.times import iso

SELLING = (RoundState.SCHEDULED, RoundState.OPEN)


def lock_round(round_id: int) -> Round:
    """Lock a round's row until the transaction ends and read it anew; orders can still refer to it."""
    return db.session.get_one(Round, round_id, with_for_update={"key_share": True})


def move(
    *, round_: Round, old: tuple[str, ...], new: RoundState, now: datetime, actor: str, **values: Any
) -> bool:
    """Move a round from one of the old states; False when somebody else has moved it first."""
    before = db.session.execute(
        update(Round)
        .where(Round.id == round_.id, Round.state.in_(old), *values.pop("where", ()))
        .values(state=new, version=Round.version + 1, **values)
        .returning(Round.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    if before is None:
        return False
    former = round_.state
    db.session.refresh(round_)
    audit.record(
        at=now,
        actor=actor,
        verb=f"round_{new}",
        subject_kind="round",
        subject=round_.name,
        before={"state": former},
        after={"state": new},
    )
    return True


def open_round(*, round_: Round, now: datetime, actor: str) -> bool:
    """Open a scheduled round whose window has begun; False when that is not so any more."""
    due = (Round.opens_at <= now, Round.closes_at > now)
    return move(
        round_=round_, old=(RoundState.SCHEDULED,), new=RoundState.OPEN, now=now, actor=actor, where=due
    )


def seal_round(*, round_: Round, now: datetime, actor: str) -> bool:
    """Begin the close: seal all offers and move the round to closing; False when it is not due.

    After this transaction no order can enter or leave the round.
    """
    moved = move(
        round_=round_,
        old=SELLING,
        new=RoundState.CLOSING,
        now=now,
        actor=actor,
        where=(Round.closes_at <= now,),
        epoch=Round.epoch + 1,
        closing_at=now,
    )
    # Only who has moved the round may seal it: its cut-off may have been extended at the last moment.
    if moved:
        stock.seal(round_id=round_.id)
    return moved


def reopen(*, round_: Round, now: datetime, actor: str) -> None:
    """Prolong a closing round that missed a threshold by its own rule, and lift the seal."""
    moved = move(
        round_=round_,
        old=(RoundState.CLOSING,),
        new=RoundState.OPEN,
        now=now,
        actor=actor,
        closes_at=now + timedelta(minutes=round_.extend_minutes),
        extensions=Round.extensions + 1,
    )
    if moved:
        stock.seal(round_id=round_.id, sealed=False)


def change_cutoff(*, name: str, closes_at: datetime, now: datetime, actor: str) -> Round:
    """Extend an open round or cut it off earlier; a moment in the past cuts it off now.

    Raise RuleBroken ``round_closed`` when it sells no more, BadInput when it would end before it opens.
    """
    round_ = get_round(name)
    if closes_at <= round_.opens_at:
        raise BadInput("out_of_range", "A round closes after it opens.", param="closes_at")
    former = round_.closes_at
    changed = db.session.execute(
        update(Round)
        .where(Round.id == round_.id, Round.state.in_(SELLING), Round.closes_at > now)
        .values(closes_at=max(closes_at, now), version=Round.version + 1)
        .returning(Round.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    if changed is None:
        raise RuleBroken("round_closed", "This round has closed; its cut-off cannot be moved any more.")
    db.session.refresh(round_)
    audit.record(
        at=now,
        actor=actor,
        verb="cutoff_changed",
        subject_kind="round",
        subject=name,
        before={"closes_at": iso(former)},
        after={"closes_at": iso(round_.closes_at)},
    )
    return round_


def cancel(*, round_: Round, reason: str, now: datetime, actor: str) -> bool:
    """Cancel a round that is not closed yet, and seal its offers; False when it is too late."""
    moved = move(
        round_=round_,
        old=(RoundState.DRAFT, *SELLING, RoundState.CLOSING),
        new=RoundState.CANCELLED,
        now=now,
        actor=actor,
        cancel_reason=reason,
    )
    if moved:
        stock.seal(round_id=round_.id)
    return moved


def withdraw_unsold(
    *, round_: Round, supplier_ids: Collection[int], now: datetime, actor: str
) -> Sequence[int]:
    """Take the offers of some suppliers out of a round, but those that were ordered; return their ids.

    An order that is being placed at this moment is in time, or finds the offer closed.
    """
    offers = db.session.scalars(
        select(Offer.id)
        .where(Offer.round_id == round_.id, Offer.supplier_id.in_(supplier_ids), Offer.state == "active")
        .order_by(Offer.id)
    ).all()
    unsold = stock.seal_unsold(offers)
    for offer in db.session.scalars(select(Offer).where(Offer.id.in_(unsold))):
        offer.state = "withdrawn"
    db.session.flush()
    if unsold:
        audit.record(
            at=now,
            actor=actor,
            verb="offers_withdrawn",
            subject_kind="round",
            subject=round_.name,
            after={"offers": unsold},
        )
    return unsold


def drop_offers(offers: list[Offer], *, now: datetime, actor: str) -> None:
    """Mark offers that missed their threshold."""
    for offer in offers:
        offer.state = "below_threshold"
    db.session.flush()
    if offers:
        audit.record(
            at=now,
            actor=actor,
            verb="offers_below_threshold",
            subject_kind="round",
            subject=str(offers[0].round_id),
            after={"offers": [offer.id for offer in offers]},
        )
