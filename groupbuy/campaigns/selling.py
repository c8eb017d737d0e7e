"""What rounds sell, and taking stock of many offers at once."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, select

from groupbuy.campaigns.models import (
    Offer,
    OfferBuyer,
    OfferLeader,
    OfferStock,
    OfferVersion,
    Round,
    RoundLeader,
)
from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.db.bulk import insert_rows, select_in, table_of

ROUND = table_of(Round)
OFFER = table_of(Offer)
STOCK = table_of(OfferStock)
BUYER = table_of(OfferBuyer)


class SellingRound(NamedTuple):
    """A round as an order sees it; ``leaders`` are those who differ from ``all_leaders``."""

    id: int
    state: str
    opens_at: datetime
    closes_at: datetime
    all_leaders: bool
    leaders: frozenset[int]

    def takes_part(self, leader_id: int) -> bool:
        """Tell whether a leader takes part."""
        return self.all_leaders != (leader_id in self.leaders)


class SellingOffer(NamedTuple):
    """An active offer as an order sees it; price in fen per sale unit."""

    id: int
    version_id: int
    product_id: int
    category_id: int | None
    price_fen: int
    per_buyer_limit: int | None
    min_order_qty: int
    multiple: int
    leader_picks: bool


class StockNow(NamedTuple):
    """The stock of an offer, locked."""

    offer_id: int
    sold: int
    limit_units: int | None
    sealed: bool


def rounds_by_name(names: Collection[str]) -> dict[str, SellingRound]:
    """Return those rounds that exist."""
    columns = (Round.name, Round.id, Round.state, Round.opens_at, Round.closes_at, Round.all_leaders)
    rows = [tuple(row) for row in select_in(select(*columns), ROUND.c.name, names)]
    different: dict[int, set[int]] = {row[1]: set() for row in rows}
    choices = (
        select(RoundLeader.round_id, RoundLeader.leader_id)
        .join(Round, Round.id == RoundLeader.round_id)
        .where(RoundLeader.takes_part != Round.all_leaders)
    )
    for round_id, leader_id in select_in(choices, ROUND.c.id, different):
        different[round_id].add(leader_id)
    return {
        name: SellingRound(id_, state, opens_at, closes_at, all_leaders, frozenset(different[id_]))
        for name, id_, state, opens_at, closes_at, all_leaders in rows
    }


def offers_of(round_ids: Collection[int]) -> dict[tuple[int, str], SellingOffer]:
    """Return the active offers of rounds by round and product code."""
    statement = (
        select(
            Offer.round_id,
            Product.code,
            Offer.id,
            OfferVersion.id,
            Offer.product_id,
            Product.category_id,
            OfferVersion.price_fen,
            Offer.per_buyer_limit,
            Offer.min_order_qty,
            Offer.multiple,
            Offer.leader_picks,
        )
        .join(OfferVersion, and_(OfferVersion.offer_id == Offer.id, OfferVersion.number == Offer.version_no))
        .join(Product, Product.id == Offer.product_id)
        .where(Offer.state == "active")
    )
    rows = select_in(statement, OFFER.c.round_id, round_ids)
    return {(round_id, code): SellingOffer(*rest) for round_id, code, *rest in rows}


def leaders_own(round_ids: Collection[int]) -> dict[tuple[int, int], tuple[bool, int | None]]:
    """Return by offer and leader whether it is offered there, and at which price of its own in fen."""
    statement = select(
        OfferLeader.offer_id, OfferLeader.leader_id, OfferLeader.offered, OfferLeader.price_fen
    ).join(Offer, Offer.id == OfferLeader.offer_id)
    return {
        (offer_id, leader_id): (offered, price_fen)
        for offer_id, leader_id, offered, price_fen in select_in(statement, OFFER.c.round_id, round_ids)
    }


def lock_stock(offer_ids: Collection[int]) -> dict[int, StockNow]:
    """Return the stock of offers, locked in the order of their ids until the transaction ends."""
    statement = (
        select(OfferStock.offer_id, OfferStock.sold, OfferStock.limit_units, OfferStock.sealed)
        .order_by(OfferStock.offer_id)
        .with_for_update()
    )
    return {row[0]: StockNow(*row) for row in select_in(statement, STOCK.c.offer_id, offer_ids)}


def bought(offer_ids: Collection[int]) -> dict[tuple[int, int], int]:
    """Return what residents have of offers with a per-buyer limit, by offer and resident."""
    statement = select(OfferBuyer.offer_id, OfferBuyer.resident_id, OfferBuyer.units)
    return {(row[0], row[1]): row[2] for row in select_in(statement, BUYER.c.offer_id, offer_ids)}


def take_all(units: Mapping[int, int]) -> None:
    """Count units of offers, whose stock the caller has locked and found sufficient, as sold."""
    statement = (
        STOCK.update()
        .where(STOCK.c.offer_id == bindparam("row_offer"))
        .values(sold=STOCK.c.sold + bindparam("more"))
    )
    rows = [{"row_offer": offer_id, "more": units[offer_id]} for offer_id in sorted(units)]
    if rows:
        db.session.execute(statement, rows)


def set_bought(now: Mapping[tuple[int, int], int], former: Collection[tuple[int, int]]) -> None:
    """Set what residents have of offers whose stock the caller has locked."""
    fresh = ((*key, now[key]) for key in sorted(now.keys() - set(former)))
    insert_rows(BUYER, ("offer_id", "resident_id", "units"), fresh)
    statement = (
        BUYER.update()
        .where(BUYER.c.offer_id == bindparam("row_offer"), BUYER.c.resident_id == bindparam("row_resident"))
        .values(units=bindparam("new_units"))
    )
    rows: list[dict[str, Any]] = [
        {"row_offer": key[0], "row_resident": key[1], "new_units": now[key]}
        for key in sorted(now.keys() & set(former))
    ]
    if rows:
        db.session.execute(statement, rows)
