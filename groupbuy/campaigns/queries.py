"""Reading rounds and their offers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, or_, select

from groupbuy.campaigns.models import (
    CampaignOffer,
    Offer,
    OfferBuyer,
    OfferLeader,
    OfferStock,
    OfferVersion,
    Round,
    RoundLeader,
)
from groupbuy.campaigns.rules import RoundState
from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class OfferForLeader:
    """An offer as one leader's residents have it; prices in fen, quantities in sale units."""

    offer_id: int
    version_id: int
    product_id: int
    product_code: str
    category_id: int | None
    price_fen: int
    per_buyer_limit: int | None
    min_order_qty: int
    multiple: int


def get_round(name: str) -> Round:
    """Return a round by its name; raise NotFound."""
    round_ = db.session.scalar(select(Round).where(Round.name == name))
    if round_ is None:
        raise NotFound("unknown_round", f"There is no round {name}.")
    return round_


def list_rounds(*, states: Sequence[str] = ()) -> Sequence[Round]:
    """Return rounds, the latest cut-off first; all states unless some are named."""
    statement = select(Round).order_by(Round.closes_at.desc(), Round.id.desc())
    return db.session.scalars(statement.where(Round.state.in_(states)) if states else statement).all()


def takes_part(round_: Round, leader_id: int) -> bool:
    """Tell whether a leader takes part in a round."""
    choice = db.session.scalar(
        select(RoundLeader.takes_part).where(
            RoundLeader.round_id == round_.id, RoundLeader.leader_id == leader_id
        )
    )
    return round_.all_leaders if choice is None else choice


def offers_for_leader(
    *, round_id: int, leader_id: int, product_codes: Sequence[str] | None = None
) -> Sequence[OfferForLeader]:
    """Return the active offers that a leader's residents can order, by product code."""
    statement = _for_leader(round_id, leader_id)
    if product_codes is not None:
        statement = statement.where(Product.code.in_(product_codes))
    return [OfferForLeader(*row) for row in db.session.execute(statement.order_by(Product.code))]


def _for_leader(round_id: int, leader_id: int) -> Select[*tuple[Any, ...]]:
    mine = and_(OfferLeader.offer_id == Offer.id, OfferLeader.leader_id == leader_id)
    return (
        select(
            Offer.id,
            OfferVersion.id,
            Product.id,
            Product.code,
            Product.category_id,
            func.coalesce(OfferLeader.price_fen, OfferVersion.price_fen),
            Offer.per_buyer_limit,
            Offer.min_order_qty,
            Offer.multiple,
        )
        .join(OfferVersion, and_(OfferVersion.offer_id == Offer.id, OfferVersion.number == Offer.version_no))
        .join(Product, Product.id == Offer.product_id)
        .outerjoin(OfferLeader, mine)
        .where(Offer.round_id == round_id, Offer.state == "active", Product.state == "on_shelf")
        .where(func.coalesce(OfferLeader.offered, ~Offer.leader_picks))
    )


def due_to_open(now: datetime) -> Sequence[Round]:
    """Return scheduled rounds whose window has begun and not ended, the earliest first."""
    return _due(Round.state == RoundState.SCHEDULED, Round.opens_at <= now, Round.closes_at > now)


def due_to_close(now: datetime) -> Sequence[Round]:
    """Return rounds past their cut-off that nobody has sealed yet, however long ago it was."""
    return _due(Round.state.in_((RoundState.SCHEDULED, RoundState.OPEN)), Round.closes_at <= now)


def open_with_caps(now: datetime) -> Sequence[Round]:
    """Return open rounds that end early when full."""
    capped = or_(
        Round.cap_orders.is_not(None), Round.cap_units.is_not(None), Round.cap_amount_fen.is_not(None)
    )
    return _due(Round.state == RoundState.OPEN, Round.closes_at > now, capped)


def _due(*conditions: Any) -> Sequence[Round]:
    return db.session.scalars(select(Round).where(*conditions).order_by(Round.closes_at, Round.id)).all()


def missed_offers(round_id: int) -> Sequence[Offer]:
    """Return active offers of a round that sold less than their threshold over all buyers."""
    return db.session.scalars(
        select(Offer)
        .join(OfferStock, OfferStock.offer_id == Offer.id)
        .where(Offer.round_id == round_id, Offer.state == "active", Offer.min_units > OfferStock.sold)
        .order_by(Offer.id)
    ).all()


def active_offers(offer_ids: Sequence[int]) -> Sequence[Offer]:
    """Return those of some offers that have not been dropped, by id."""
    chosen = select(Offer).where(Offer.id.in_(offer_ids), Offer.state == "active")
    return db.session.scalars(chosen.order_by(Offer.id)).all()


def taken_by(resident_id: int, *, offer_ids: Sequence[int]) -> dict[int, int]:
    """Return how many units of offers with a limit per buyer a resident has, by offer."""
    rows = db.session.execute(
        select(OfferBuyer.offer_id, OfferBuyer.units).where(
            OfferBuyer.resident_id == resident_id, OfferBuyer.offer_id.in_(offer_ids)
        )
    )
    return {row.offer_id: row.units for row in rows}


def contents_of_campaign(campaign_id: int) -> tuple[list[str], list[str]]:
    """Return a campaign's product codes and the names of its rounds, the latest cut-off first."""
    products = select(Product.code).join(CampaignOffer, CampaignOffer.product_id == Product.id)
    rounds = select(Round.name).where(Round.campaign_id == campaign_id)
    return (
        list(
            db.session.scalars(
                products.where(CampaignOffer.campaign_id == campaign_id).order_by(Product.code)
            )
        ),
        list(db.session.scalars(rounds.order_by(Round.closes_at.desc(), Round.id.desc()))),
    )
