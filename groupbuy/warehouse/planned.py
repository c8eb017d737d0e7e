"""What a round would buy: its demand less what lies in stock, its open cases filled by who takes more (凑箱).

Nothing is written. The close buys by it, and pages and reports show it before the close.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import select

from groupbuy.campaigns import selling
from groupbuy.campaigns.models import Offer, OfferStock, Round
from groupbuy.db import db
from groupbuy.db.bulk import KEYS, chunks
from groupbuy.db.totals import by_key
from groupbuy.orders import tolerances
from groupbuy.orders.filling import Willing, fill_case
from groupbuy.purchasing import planning, sources
from groupbuy.purchasing.planning import PlannedOrder
from groupbuy.purchasing.rules import CasePolicy
from groupbuy.purchasing.sources import Split
from groupbuy.warehouse import stock

Given = Mapping[int, Mapping[int, int]]


def plan(round_: Round, units: Mapping[int, int], *, lock: bool = False) -> Sequence[PlannedOrder]:
    """Return what would be bought for a demand by offer; with ``lock`` nobody else takes the stock."""
    return planning.plan_purchases(
        round_id=round_.id,
        units=units,
        free_stock=_free(round_, lock=lock),
        policy=round_.surplus_policy,
        splits=sources.splits_of(round_, lock=lock),
    )


def filled(round_: Round, units: Mapping[int, int]) -> dict[int, int]:
    """Return a demand by offer with what would be given to fill its open cases."""
    given = fill(round_, units, tolerances.willing(round_.id))
    return {offer_id: count + sum(given.get(offer_id, {}).values()) for offer_id, count in units.items()}


def fill(
    round_: Round,
    units: Mapping[int, int],
    willing: Mapping[int, Sequence[Willing]],
    *,
    lock: bool = False,
) -> Given:
    """Return by offer and line how many units more fill the cases that a demand would leave open.

    Offers that the demand leaves out get none. Stock limits, limits per buyer and steps hold.
    """
    willing = {offer_id: some for offer_id, some in willing.items() if offer_id in units}
    if round_.surplus_policy != CasePolicy.SHORTFALL or not willing:
        return {}
    buying = _Buying(round_, units, _free(round_, lock=lock), sources.splits_of(round_, lock=lock))
    terms, bought = _terms(willing), _bought(willing)
    candidates = set(willing)
    while True:
        lacking = buying.to_fill({}, candidates)
        found = {
            offer_id: fill_case(
                missing, willing[offer_id], **terms[offer_id]._asdict(), taken=bought[offer_id]
            )
            for offer_id, missing in lacking.items()
            if missing is not None
        }
        given = {offer_id: lines for offer_id, lines in found.items() if lines}
        more = {offer_id: sum(lines.values()) for offer_id, lines in given.items()}
        # With more to buy a split may go to other suppliers, whose cases are not full then.
        still_open = buying.to_fill(more, given)
        if not still_open:
            return given
        candidates -= set(still_open)


def lacking(round_: Round, wanted: Mapping[int, int] | None = None) -> Mapping[int, int]:
    """Return by offer of a round that sells how many units more fill its last case; full ones are left out.

    What is sold counts, paid for or not, and ``wanted`` beside it, less what lies in stock; a round that
    buys the last case anyway lacks nothing. Nothing is summed over orders: many look at it.
    """
    if round_.surplus_policy != CasePolicy.SHORTFALL:
        return {}
    sold = by_key(
        select(Offer.id, OfferStock.sold)
        .join(OfferStock, OfferStock.offer_id == Offer.id)
        .where(Offer.round_id == round_.id, Offer.state == "active")
    )
    buying = _Buying(round_, sold, _free(round_), sources.splits_of(round_))
    return {offer_id: more for offer_id, more in buying.to_fill(wanted or {}, sold).items() if more}


@dataclass(frozen=True, slots=True)
class Outlook:
    """What buyers of an offer would take more, and what of it a close would give them, in sale units."""

    offered: int
    given: int


def outlook(round_: Round) -> Mapping[int, Outlook]:
    """Return by offer what was named in a round, and what of it the close gave or would give now."""
    willing = tolerances.willing(round_.id)
    offered = {offer_id: sum(one.units for one in some) for offer_id, some in willing.items()}
    if round_.closed_at is not None:
        given = tolerances.given_in(round_.id)
    elif offered:
        found = fill(round_, planning.live_demand(round_.id), willing)
        given = {offer_id: sum(lines.values()) for offer_id, lines in found.items()}
    else:
        given = {}
    return {offer_id: Outlook(units, given.get(offer_id, 0)) for offer_id, units in offered.items()}


class _Terms(NamedTuple):
    """What bounds the units of an offer."""

    step: int
    limit: int | None
    left: int | None


@dataclass(frozen=True, slots=True)
class _Buying:
    """What a round's purchases are reckoned from."""

    round_: Round
    units: Mapping[int, int]
    free_stock: Mapping[int, int]
    splits: Mapping[int, Split]

    def to_fill(self, more: Mapping[int, int], only: Collection[int]) -> Mapping[int, int | None]:
        units = {offer_id: count + more.get(offer_id, 0) for offer_id, count in self.units.items()}
        return planning.to_fill(
            round_id=self.round_.id,
            units=units,
            only=only,
            free_stock=self.free_stock,
            policy=self.round_.surplus_policy,
            splits=self.splits,
        )


def _free(round_: Round, *, lock: bool = False) -> Mapping[int, int]:
    return stock.free_stock(sources.products_of(round_.id), good_on=round_.pickup_date, lock=lock)


def _terms(offer_ids: Collection[int]) -> dict[int, _Terms]:
    rows = select(
        Offer.id, Offer.multiple, Offer.per_buyer_limit, OfferStock.limit_units - OfferStock.sold
    ).join(OfferStock, OfferStock.offer_id == Offer.id)
    return {
        row[0]: _Terms(*row[1:])
        for part in chunks(sorted(offer_ids), KEYS)
        for row in db.session.execute(rows.where(Offer.id.in_(part)))
    }


def _bought(offer_ids: Collection[int]) -> dict[int, dict[int, int]]:
    found: dict[int, dict[int, int]] = {offer_id: {} for offer_id in offer_ids}
    for (offer_id, resident_id), units in selling.bought(offer_ids).items():
        found[offer_id][resident_id] = units
    return found
