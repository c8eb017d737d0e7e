"""The snapshot that a round takes of its campaign: terms, offers, prices, leaders."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, func, select

from groupbuy.campaigns import agreed_sources
from groupbuy.campaigns.models import (
    Campaign,
    CampaignLeader,
    CampaignOffer,
    CampaignOfferLeader,
    Offer,
    OfferLeader,
    OfferStock,
    OfferVersion,
    Round,
    RoundLeader,
    Terms,
)
from groupbuy.campaigns.rules import RoundState, Window
from groupbuy.catalog.models import Product
from groupbuy.catalog.rules import offered_price
from groupbuy.db import db

TERMS = tuple(Terms.__annotations__)
OFFER_TERMS = (
    "per_buyer_limit",
    "min_units",
    "min_order_qty",
    "multiple",
    "below_policy",
    "sort",
    "leader_picks",
)


def take(
    *,
    campaign: Campaign,
    name: str,
    window: Window,
    resting: Sequence[int],
    barred: Collection[int] = (),
) -> Round:
    """Make a scheduled round of a campaign with everything it sells but goods of ``barred`` suppliers."""
    round_ = Round(
        name=name,
        title=campaign.name,
        campaign_id=campaign.id,
        number=_next_number(campaign.id),
        state=RoundState.SCHEDULED,
        opens_at=window.opens_at,
        closes_at=window.closes_at,
        pickup_date=window.pickup_date,
        **{term: getattr(campaign, term) for term in TERMS},
    )
    db.session.add(round_)
    db.session.flush()
    _copy_leaders(campaign, round_, resting)
    _copy_offers(campaign, round_, barred)
    return round_


def _next_number(campaign_id: int) -> int:
    former = db.session.scalar(select(func.max(Round.number)).where(Round.campaign_id == campaign_id))
    return (former or 0) + 1


def _copy_leaders(campaign: Campaign, round_: Round, resting: Sequence[int]) -> None:
    chosen = db.session.scalars(
        select(CampaignLeader.leader_id).where(CampaignLeader.campaign_id == campaign.id)
    ).all()
    takes_part = {} if campaign.all_leaders else dict.fromkeys(chosen, True)
    takes_part |= dict.fromkeys(resting, False)
    db.session.add_all(
        RoundLeader(round_id=round_.id, leader_id=leader_id, takes_part=choice)
        for leader_id, choice in sorted(takes_part.items())
    )


def suppliers_of(campaign_id: int) -> set[int]:
    """Return the ids of the suppliers of what a campaign sells."""
    sold = select(Product.supplier_id).join(CampaignOffer, CampaignOffer.product_id == Product.id)
    return set(
        db.session.scalars(sold.where(CampaignOffer.campaign_id == campaign_id, Product.state == "on_shelf"))
    )


def _copy_offers(campaign: Campaign, round_: Round, barred: Collection[int]) -> None:
    rows = db.session.execute(
        select(CampaignOffer, Product)
        .join(Product, Product.id == CampaignOffer.product_id)
        .where(CampaignOffer.campaign_id == campaign.id, Product.state == "on_shelf")
        .where(Product.supplier_id.not_in(barred))
        .order_by(CampaignOffer.sort, CampaignOffer.id)
    )
    made = []
    for planned, product in rows.all():
        offer = _add_offer(round_=round_, planned=planned, product=product)
        made.append(offer.id)
        special = select(CampaignOfferLeader).where(CampaignOfferLeader.campaign_offer_id == planned.id)
        db.session.add_all(
            OfferLeader(offer_id=offer.id, leader_id=s.leader_id, offered=s.offered, price_fen=s.price_fen)
            for s in db.session.scalars(special)
        )
    db.session.flush()
    agreed_sources.agree(made)


def _add_offer(*, round_: Round, planned: CampaignOffer, product: Product) -> Offer:
    """Make an offer of a round as planned, with its first version and its stock."""
    offer = Offer(
        round_id=round_.id,
        product_id=product.id,
        supplier_id=product.supplier_id,
        **{term: getattr(planned, term) for term in OFFER_TERMS},
    )
    db.session.add(offer)
    db.session.flush()
    version = OfferVersion(
        offer_id=offer.id,
        name=product.name,
        spec=product.spec,
        unit=product.unit,
        list_price_fen=planned.list_price_fen,
        cost_fen=product.cost_fen,
        case_size=product.case_size,
        **offered_price(planned.price_fen, *product.weight_terms),
    )
    db.session.add_all([version, OfferStock(offer_id=offer.id, limit_units=planned.limit_units)])
    return offer


def untouched_rounds(*, campaign_id: int, now: datetime) -> Sequence[Round]:
    """Return a campaign's rounds that have not opened and of which nothing was sold yet."""
    sold = (
        select(OfferStock.offer_id)
        .join(Offer, Offer.id == OfferStock.offer_id)
        .where(Offer.round_id == Round.id, OfferStock.sold > 0)
        .exists()
    )
    waiting = (Round.state == RoundState.SCHEDULED, Round.opens_at > now)
    return db.session.scalars(
        select(Round).where(Round.campaign_id == campaign_id, *waiting, ~sold).with_for_update(of=Round)
    ).all()


def discard(round_: Round) -> None:
    """Delete a round that nobody has seen, with its offers."""
    offers = select(Offer.id).where(Offer.round_id == round_.id)
    agreed_sources.forget(db.session.scalars(offers).all())
    for table in (OfferVersion, OfferLeader, OfferStock):
        db.session.execute(delete(table).where(table.offer_id.in_(offers)))
    db.session.execute(delete(Offer).where(Offer.round_id == round_.id))
    db.session.execute(delete(RoundLeader).where(RoundLeader.round_id == round_.id))
    db.session.execute(delete(Round).where(Round.id == round_.id))
    db.session.expunge(round_)
