"""What one leader's community has of a campaign, and at which price: set by operators, picked by leaders."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import and_, delete, select

from groupbuy.audit import service as audit
from groupbuy.campaigns.models import Campaign, CampaignLeader, CampaignOffer, CampaignOfferLeader
from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.leaders.models import Leader

MAX_PRICE_FEN = 10_000_000_000


@dataclass(frozen=True, slots=True)
class Own:
    """A leader's own terms of a product; None is as the campaign has it. Prices in fen per sale unit."""

    offered: bool | None = None
    price_fen: int | None = None


@dataclass(frozen=True, slots=True)
class LeaderTerm:
    """A product of a campaign as one leader's community has it in future rounds."""

    offer_id: int
    product_code: str
    name: str
    spec: str | None
    campaign_price_fen: int
    leader_picks: bool
    own: Own

    @property
    def price_fen(self) -> int:
        """Return what the residents pay."""
        return self.campaign_price_fen if self.own.price_fen is None else self.own.price_fen

    @property
    def offered(self) -> bool:
        """Tell whether the community has it."""
        return not self.leader_picks if self.own.offered is None else self.own.offered


def terms_of(*, campaign_id: int, leader_id: int) -> list[LeaderTerm]:
    """Return a campaign's products as a leader has them, in the campaign's order."""
    mine = and_(
        CampaignOfferLeader.campaign_offer_id == CampaignOffer.id, CampaignOfferLeader.leader_id == leader_id
    )
    rows = db.session.execute(
        select(
            CampaignOffer.id,
            Product.code,
            Product.name,
            Product.spec,
            CampaignOffer.price_fen,
            CampaignOffer.leader_picks,
            CampaignOfferLeader.offered,
            CampaignOfferLeader.price_fen,
        )
        .join(Product, Product.id == CampaignOffer.product_id)
        .outerjoin(CampaignOfferLeader, mine)
        .where(CampaignOffer.campaign_id == campaign_id)
        .order_by(CampaignOffer.sort, CampaignOffer.id)
    )
    return [LeaderTerm(*row[:6], Own(row[6], row[7])) for row in rows]


def version_of(terms: Sequence[LeaderTerm]) -> str:
    """Return a text that changes when the terms do, whoever changes them."""
    return sha256(repr([astuple(term) for term in terms]).encode()).hexdigest()[:16]


def takes_part(campaign: Campaign, leader: Leader) -> bool:
    """Tell whether a leader is to take part in the campaign's future rounds."""
    chosen = db.session.get(CampaignLeader, (campaign.id, leader.id)) is not None
    return leader.state == "active" and (campaign.all_leaders or chosen)


def pickable_campaigns(leader: Leader) -> list[Campaign]:
    """Return the campaigns to come of whose products the leader may pick, by name."""
    picked = CampaignOffer.campaign_id == Campaign.id, CampaignOffer.leader_picks
    statement = select(Campaign).where(Campaign.state == "published", Campaign.recurrence.is_not(None))
    found = db.session.scalars(
        statement.where(select(CampaignOffer.id).where(*picked).exists()).order_by(Campaign.name, Campaign.id)
    )
    return [campaign for campaign in found.all() if takes_part(campaign, leader)]


def set_terms(
    *,
    campaign: Campaign,
    leader: Leader,
    version: str | None,
    terms: Mapping[str, Own],
    now: datetime,
    actor: str,
) -> None:
    """Give a leader own terms by product code for future rounds; products not named are as the campaign's.

    ``version`` is what ``version_of`` gave when the terms were read; None overwrites. Raise RuleBroken
    ``changed_meanwhile`` or ``no_future_rounds``, BadInput for an unknown product or a price out of range.
    """
    known = _locked(campaign, leader, version)
    _check(terms, known)
    _store(leader, known, lambda term: terms.get(term.product_code, Own()))
    _log(campaign, leader, known, "leader_terms_set", now, actor)


def pick(
    *,
    campaign: Campaign,
    leader: Leader,
    version: str | None,
    product_codes: Collection[str],
    now: datetime,
    actor: str,
) -> None:
    """Let a leader have exactly these of the products that leaders choose; its prices stay as they are.

    Raise as ``set_terms`` does, BadInput ``not_pickable`` for a product that leaders do not choose, and
    RuleBroken ``leader_not_taking_part``.
    """
    known = _locked(campaign, leader, version)
    if not takes_part(campaign, leader):
        raise RuleBroken("leader_not_taking_part", "This leader does not take part in this campaign.")
    choice = {term.product_code for term in known if term.leader_picks}
    if strange := sorted(set(product_codes) - choice):
        raise BadInput("not_pickable", f"{strange[0]} is not among the products to choose.", param="products")
    _store(leader, known, lambda term: _picked(term, product_codes))
    _log(campaign, leader, known, "leader_picked", now, actor)


def _picked(term: LeaderTerm, product_codes: Collection[str]) -> Own:
    if not term.leader_picks:
        return term.own
    wanted = term.product_code in product_codes
    return Own(True if wanted else None, term.own.price_fen)


def _locked(campaign: Campaign, leader: Leader, version: str | None) -> list[LeaderTerm]:
    """Lock the campaign, so that its rounds are made before or after; return the terms as they stand."""
    db.session.refresh(campaign, with_for_update=True)
    if campaign.recurrence is None or campaign.state == "ended":
        raise RuleBroken("no_future_rounds", "This campaign makes no more rounds.")
    known = terms_of(campaign_id=campaign.id, leader_id=leader.id)
    if version is not None and version != version_of(known):
        raise RuleBroken("changed_meanwhile", "Somebody has changed these terms since you opened them.")
    return known


def _check(terms: Mapping[str, Own], known: Sequence[LeaderTerm]) -> None:
    codes = {term.product_code for term in known}
    for code, own in terms.items():
        if code not in codes:
            raise BadInput("unknown_product", f"{code} is not in the campaign.", param="terms")
        if own.price_fen is not None and not 0 <= own.price_fen <= MAX_PRICE_FEN:
            raise BadInput("out_of_range", "A price is not negative.", param="terms")


def _store(leader: Leader, known: Sequence[LeaderTerm], wanted: Callable[[LeaderTerm], Own]) -> None:
    offers = [term.offer_id for term in known]
    mine = (CampaignOfferLeader.leader_id == leader.id, CampaignOfferLeader.campaign_offer_id.in_(offers))
    db.session.execute(delete(CampaignOfferLeader).where(*mine))
    for term in known:
        own = wanted(term)
        if own != Own():
            # A price alone leaves the product offered, or still to be picked, as the campaign has it.
            offered = not term.leader_picks if own.offered is None else own.offered
            row = {"campaign_offer_id": term.offer_id, "leader_id": leader.id, "offered": offered}
            db.session.add(CampaignOfferLeader(**row, price_fen=own.price_fen))
    db.session.flush()


def _log(
    campaign: Campaign, leader: Leader, before: Sequence[LeaderTerm], verb: str, now: datetime, actor: str
) -> None:
    after = terms_of(campaign_id=campaign.id, leader_id=leader.id)
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old.own != new.own]
    if changed:
        audit.record(
            at=now,
            actor=actor,
            verb=verb,
            subject_kind="campaign",
            subject=campaign.code,
            before={"leader": leader.code} | {old.product_code: list(astuple(old.own)) for old, _ in changed},
            after={"leader": leader.code} | {new.product_code: list(astuple(new.own)) for _, new in changed},
        )
