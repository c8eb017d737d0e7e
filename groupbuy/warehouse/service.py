"""Writing down who decided what about goods that were short."""

from collections.abc import Iterable
from datetime import datetime

from groupbuy.db import db
from groupbuy.db.bulk import insert_rows, table_of
from groupbuy.warehouse.rules import Policy
from groupbuy.warehouse.shortage_models import AllocatedOffer, ShortageAllocation
from groupbuy.warehouse.supply import Supply

OFFER = table_of(AllocatedOffer)


def claim(*, round_id: int, policy: Policy, now: datetime, actor: str) -> int:
    """Write a decision down and return its id."""
    decision = ShortageAllocation(round_id=round_id, policy=policy, at=now, actor=actor)
    db.session.add(decision)
    db.session.flush()
    return decision.id


def note_offers(allocation_id: int, offers: Iterable[tuple[Supply, int]]) -> None:
    """Write down which offers a decision dealt with, and the units lost of each.

    An offer's row stands once: the key forbids a second decision about it.
    """
    columns = ("offer_id", "allocation_id", "wanted", "there", "lost")
    rows = ((one.offer_id, allocation_id, one.wanted, one.there, lost) for one, lost in offers)
    insert_rows(OFFER, columns, rows)
