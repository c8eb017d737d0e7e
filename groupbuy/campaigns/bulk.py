"""Rounds and offers from a file, many at once."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import and_, bindparam, select

from groupbuy.campaigns import agreed_sources
from groupbuy.campaigns.models import Campaign, Offer, OfferStock, OfferVersion, Round
from groupbuy.db import db
from groupbuy.db.bulk import ids_for, insert_rows, next_ids, select_in, table_of, update_rows

CAMPAIGN = table_of(Campaign)
ROUND = table_of(Round)
OFFER = table_of(Offer)
VERSION = table_of(OfferVersion)
STOCK = table_of(OfferStock)


class Head(NamedTuple):
    """What the rows of one campaign agree in: its name and its one round's window and pickup day."""

    name: str
    opens_at: datetime
    closes_at: datetime
    pickup_date: date


class Agreed(NamedTuple):
    """What a version of an offer keeps; prices in fen per sale unit."""

    name: str
    spec: str | None
    unit: str
    price_fen: int
    list_price_fen: int | None
    cost_fen: int
    case_size: int


class Limits(NamedTuple):
    """What may be sold of an offer, in sale units; None is without limit."""

    limit_units: int | None
    per_buyer_limit: int | None
    min_units: int | None


@dataclass(frozen=True, slots=True)
class PlannedOffer:
    """An offer as a file wants it."""

    product_id: int
    supplier_id: int
    agreed: Agreed
    limits: Limits


@dataclass(frozen=True, slots=True)
class StoredOffer:
    """An offer as it is stored; ``sold`` counts sale units."""

    id: int
    supplier_id: int
    version_no: int
    sold: int
    agreed: Agreed
    limits: Limits


@dataclass(frozen=True, slots=True)
class StoredRound:
    """A round as it is stored; ``imported`` tells whether a file made it."""

    id: int
    campaign_id: int
    state: str
    imported: bool
    head: Head


def taken_codes(codes: Collection[str]) -> set[str]:
    """Return those codes that a campaign has."""
    return set(ids_for(CAMPAIGN, "code", codes))


def lock_offers(round_names: Collection[str]) -> dict[tuple[str, int], StoredOffer]:
    """Return offers by round and product, their stock locked in the order of ids; lock rounds before."""
    ids = {row[0]: row[1] for row in select_in(select(Round.id, Round.name), ROUND.c.name, round_names)}
    statement = (
        select(
            Offer.round_id,
            Offer.product_id,
            Offer.id,
            Offer.supplier_id,
            Offer.version_no,
            OfferStock.sold,
            *(VERSION.c[name] for name in Agreed._fields),
            OfferStock.limit_units,
            Offer.per_buyer_limit,
            Offer.min_units,
        )
        .join(OfferVersion, and_(OfferVersion.offer_id == Offer.id, OfferVersion.number == Offer.version_no))
        .join(OfferStock, OfferStock.offer_id == Offer.id)
        .order_by(OfferStock.offer_id)
        .with_for_update(of=OfferStock)
    )
    offers = {}
    for round_id, product_id, id_, supplier_id, version_no, sold, *rest in select_in(
        statement, OFFER.c.round_id, ids
    ):
        agreed, limits = Agreed(*rest[: len(Agreed._fields)]), Limits(*rest[len(Agreed._fields) :])
        offers[ids[round_id], product_id] = StoredOffer(id_, supplier_id, version_no, sold, agreed, limits)
    return offers


def lock_rounds(names: Collection[str]) -> dict[str, StoredRound]:
    """Return rounds by name, locked in the order of their ids; orders can still refer to them."""
    statement = (
        select(
            Round.name,
            Round.id,
            Round.campaign_id,
            Round.state,
            and_(Campaign.code == Round.name, Campaign.recurrence.is_(None)),
            Round.title,
            Round.opens_at,
            Round.closes_at,
            Round.pickup_date,
        )
        .join(Campaign, Campaign.id == Round.campaign_id)
        .order_by(Round.id)
        .with_for_update(of=Round, key_share=True)
    )
    rows = select_in(statement, ROUND.c.name, names)
    return {
        name: StoredRound(id_, campaign_id, state, bool(imported), Head(*head))
        for name, id_, campaign_id, state, imported, *head in rows
    }


def add_rounds(heads: Sequence[tuple[str, Head]], *, now: datetime) -> dict[str, int]:
    """Make published campaigns by code, each with its one scheduled round; return the rounds' ids."""
    campaigns = next_ids(CAMPAIGN, len(heads))
    insert_rows(
        CAMPAIGN,
        ("id", "code", "name", "state", "created_at"),
        (
            (id_, code, head.name, "published", now)
            for id_, (code, head) in zip(campaigns, heads, strict=True)
        ),
    )
    rounds = next_ids(ROUND, len(heads))
    insert_rows(
        ROUND,
        ("id", "campaign_id", "name", "state", "title", "opens_at", "closes_at", "pickup_date"),
        (
            (id_, campaign, code, "scheduled", *head)
            for id_, campaign, (code, head) in zip(rounds, campaigns, heads, strict=True)
        ),
    )
    return dict(zip((code for code, _ in heads), rounds, strict=True))


def change_rounds(changes: Sequence[tuple[StoredRound, Head]]) -> None:
    """Change the name, window and pickup day of campaigns that a file made."""
    update_rows(CAMPAIGN, ("name",), ((old.campaign_id, new.name) for old, new in changes), version=True)
    fields = ("title", "opens_at", "closes_at", "pickup_date")
    update_rows(ROUND, fields, ((old.id, *new) for old, new in changes), version=True)


def add_offers(planned: Sequence[tuple[int, PlannedOffer]]) -> None:
    """Add offers to rounds, given by id, each with its first version and its stock."""
    ids = next_ids(OFFER, len(planned))
    numbered = list(zip(ids, planned, strict=True))
    insert_rows(
        OFFER,
        ("id", "round_id", "product_id", "supplier_id", "per_buyer_limit", "min_units"),
        (
            (id_, round_id, offer.product_id, offer.supplier_id, *offer.limits[1:])
            for id_, (round_id, offer) in numbered
        ),
    )
    _add_versions((id_, 1, offer.agreed) for id_, (_, offer) in numbered)
    stock = ((id_, 0, offer.limits.limit_units) for id_, (_, offer) in numbered)
    insert_rows(STOCK, ("offer_id", "sold", "limit_units"), stock)
    agreed_sources.agree(ids)


def change_offers(changes: Sequence[tuple[StoredOffer, PlannedOffer]]) -> None:
    """Change offers; what was agreed becomes a new version, so that orders placed before keep theirs."""
    versions = [(old.id, old.version_no + (old.agreed != new.agreed), new.agreed) for old, new in changes]
    _add_versions(
        version for version, (old, _) in zip(versions, changes, strict=True) if version[1] > old.version_no
    )
    update_rows(
        OFFER,
        ("version_no", "supplier_id", "per_buyer_limit", "min_units"),
        (
            (old.id, number, new.supplier_id, *new.limits[1:])
            for (old, new), (_, number, _) in zip(changes, versions, strict=True)
        ),
    )
    agreed_sources.agree([old.id for old, new in changes if old.agreed != new.agreed])
    _set_limits((old.id, new.limits.limit_units) for old, new in changes if old.limits[0] != new.limits[0])


def _add_versions(versions: Iterable[tuple[int, int, Agreed]]) -> None:
    columns = ("offer_id", "number", *Agreed._fields)
    insert_rows(VERSION, columns, ((offer_id, number, *agreed) for offer_id, number, agreed in versions))


def _set_limits(limits: Iterable[tuple[int, int | None]]) -> None:
    rows = [{"row_offer": offer_id, "new_limit": units} for offer_id, units in limits]
    statement = STOCK.update().where(STOCK.c.offer_id == bindparam("row_offer"))
    if rows:
        db.session.execute(statement.values(limit_units=bindparam("new_limit")), rows)
