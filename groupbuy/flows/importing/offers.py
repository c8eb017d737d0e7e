"""Importing offers: each campaign of the file has one round, which may change until it opens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from groupbuy.campaigns import bulk
from groupbuy.campaigns.bulk import Agreed, Head, Limits, PlannedOffer, StoredOffer, StoredRound
from groupbuy.campaigns.rules import RoundState
from groupbuy.catalog.bulk import products_to_offer
from groupbuy.flows.importing import cells
from groupbuy.flows.importing.kind import Counts, Kind
from groupbuy.flows.importing.layout import Column
from groupbuy.flows.importing.sheet import Row, Sheet
from groupbuy.orders.storing import recount_buyers

HEAD = ("campaign_name", "opens_at", "closes_at", "pickup_date")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A row without fault."""

    row: int
    code: str
    head: Head
    offer: PlannedOffer


@dataclass(frozen=True, slots=True)
class Stored:
    """What is stored of the file's campaigns, locked."""

    rounds: Mapping[str, StoredRound]
    offers: Mapping[tuple[str, int], StoredOffer]
    campaign_codes: set[str]

    def offer(self, wanted: Wanted) -> StoredOffer | None:
        """Return the stored offer of a row's campaign and product."""
        return self.offers.get((wanted.code, wanted.offer.product_id))


def load(sheet: Sheet, now: datetime) -> Counts:
    """Check offers and bring what is stored to them."""
    rows = list(sheet.rows())
    sheet.refuse_repeats(rows, "campaign_code", "product_code")
    _check_heads(sheet, rows)
    codes = sheet.values(rows, "campaign_code")
    stored = Stored(bulk.lock_rounds(codes), bulk.lock_offers(codes), bulk.taken_codes(codes))
    sheet.resolve(rows, "product_code", products_to_offer(sheet.values(rows, "product_code")))
    faulty = sheet.faulty_rows()
    wanted = [_wanted(row) for row in rows if row[0] not in faulty]
    for offer in wanted:
        _check_stored(sheet, offer, stored)
    return Counts() if sheet.faults else _store(wanted, stored, now)


def _check_heads(sheet: Sheet, rows: Sequence[Row]) -> None:
    """Refuse rows that differ from their campaign's first in what a campaign has once."""
    code, opens, closes = sheet.at("campaign_code"), sheet.at("opens_at"), sheet.at("closes_at")
    sheet.refuse_disagreement(rows, "campaign_code", HEAD)
    for number, values in rows:
        if values[code] and values[opens] and values[closes] and values[opens] >= values[closes]:
            sheet.refuse(number, "closes_at", "out_of_range", "Write a moment after opens_at.")


def _wanted(row: Row) -> Wanted:
    number, (code, name, opens_at, closes_at, pickup_date, product, price_fen, *limits) = row
    agreed = Agreed(
        name=product.name,
        spec=product.spec,
        unit=product.unit,
        price_fen=price_fen,
        list_price_fen=product.list_price_fen,
        cost_fen=product.cost_fen,
        case_size=product.case_size,
    )
    offer = PlannedOffer(product.id, product.supplier_id, agreed, Limits(*limits))
    return Wanted(number, code, Head(name, opens_at, closes_at, pickup_date), offer)


def _check_stored(sheet: Sheet, wanted: Wanted, stored: Stored) -> None:
    round_, offer = stored.rounds.get(wanted.code), stored.offer(wanted)
    if round_ is None or not round_.imported:
        if round_ is not None or wanted.code in stored.campaign_codes:
            advice = "Choose another code; this one belongs to a campaign planned in Groupbuy."
            sheet.refuse(wanted.row, "campaign_code", "already_exists", advice)
    elif round_.state != RoundState.SCHEDULED:
        if not _says_the_same(wanted, round_, offer):
            advice = "Remove this change; the round has opened and its offers stay as they are."
            sheet.refuse(wanted.row, "campaign_code", "round_closed", advice)
    elif offer is not None and _below(wanted.offer.limits.limit_units, offer.sold):
        sheet.refuse(wanted.row, "limit_units", "out_of_range", f"{offer.sold} are sold; use at least that.")


def _below(limit: int | None, sold: int) -> bool:
    return limit is not None and limit < sold


def _says_the_same(wanted: Wanted, round_: StoredRound, offer: StoredOffer | None) -> bool:
    """Tell whether a row's own cells are what is stored; the product may have changed since."""
    if offer is None:
        return False
    own = (wanted.head, wanted.offer.limits, wanted.offer.agreed.price_fen)
    return own == (round_.head, offer.limits, offer.agreed.price_fen)


def _store(wanted: Sequence[Wanted], stored: Stored, now: datetime) -> Counts:
    heads = {offer.code: offer.head for offer in wanted}
    fresh = [(code, head) for code, head in heads.items() if code not in stored.rounds]
    rounds = {code: round_.id for code, round_ in stored.rounds.items()} | bulk.add_rounds(fresh, now=now)
    moved = {code: head for code, head in heads.items() if _is_moved(stored.rounds.get(code), head)}
    bulk.change_rounds([(stored.rounds[code], head) for code, head in moved.items()])
    new = [offer for offer in wanted if stored.offer(offer) is None]
    bulk.add_offers([(rounds[offer.code], offer.offer) for offer in new])
    changes = [(old, offer) for offer in wanted if (old := _changed(offer, stored)) is not None]
    bulk.change_offers([(old, offer.offer) for old, offer in changes])
    recount_buyers([old.id for old, offer in changes if old.limits != offer.offer.limits])
    changed_rows = {offer.row for _, offer in changes}
    updated = changed_rows | {offer.row for offer in wanted if offer.code in moved and stored.offer(offer)}
    return Counts(len(new), len(updated), len(wanted) - len(new) - len(updated))


def _is_moved(round_: StoredRound | None, head: Head) -> bool:
    return round_ is not None and round_.head != head


def _changed(wanted: Wanted, stored: Stored) -> StoredOffer | None:
    """Return the stored offer that a row changes; an opened round keeps what was agreed."""
    offer, round_ = stored.offer(wanted), stored.rounds.get(wanted.code)
    if offer is None or round_ is None or round_.state != RoundState.SCHEDULED:
        return None
    was = PlannedOffer(wanted.offer.product_id, offer.supplier_id, offer.agreed, offer.limits)
    return None if was == wanted.offer else offer


OFFERS = Kind(
    "offers",
    (
        Column("campaign_code", cells.round_code, required=True),
        Column("campaign_name", cells.name, required=True, exact=True),
        Column("opens_at", cells.moment, required=True, zoned=True),
        Column("closes_at", cells.moment, required=True, zoned=True),
        Column("pickup_date", cells.day, required=True),
        Column("product_code", cells.reference, required=True),
        Column("price_yuan", cells.price, required=True),
        Column("limit_units", cells.limit),
        Column("per_buyer_limit", cells.limit),
        Column("min_units", cells.limit),
    ),
    load,
)
