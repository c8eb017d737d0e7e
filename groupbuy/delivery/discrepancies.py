"""Lists of what leaders did not get as it was sent."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from groupbuy.campaigns.models import Offer, Round
from groupbuy.db import db
from groupbuy.delivery.models import DeliveryStop, Discrepancy


def discrepancies_page(
    *, day: date | None, undecided: bool, before: int | None, most: int
) -> Sequence[Discrepancy]:
    """Return discrepancies by falling id, those before an id, with leader, route and product."""
    stop = joinedload(Discrepancy.stop)
    statement = select(Discrepancy).options(
        stop.joinedload(DeliveryStop.leader),
        stop.joinedload(DeliveryStop.route),
        joinedload(Discrepancy.offer).joinedload(Offer.product),
    )
    if day is not None:
        statement = statement.where(Discrepancy.stop.has(DeliveryStop.day == day))
    if undecided:
        statement = statement.where(Discrepancy.decision.is_(None))
    if before is not None:
        statement = statement.where(Discrepancy.id < before)
    return db.session.scalars(statement.order_by(Discrepancy.id.desc()).limit(most)).all()


def round_names(found: Sequence[Discrepancy]) -> dict[int, str]:
    """Return the names of the rounds in which the goods were sold, by round id."""
    ids = {one.offer.round_id for one in found}
    rows = db.session.execute(select(Round.id, Round.name).where(Round.id.in_(ids)))
    return {row[0]: row[1] for row in rows}
