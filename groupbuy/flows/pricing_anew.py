"""A product gets another price while its round sells, and whoever wants it is told."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import and_, select

from groupbuy.campaigns import attending, offers
from groupbuy.campaigns.models import Offer, OfferLeader, OfferVersion, Round
from groupbuy.campaigns.rules import RoundState
from groupbuy.commissions import floors
from groupbuy.db import db
from groupbuy.kernel.money import format_yuan
from groupbuy.members.models import Resident
from groupbuy.notices import telling
from groupbuy.notices.reach import recipient
from groupbuy.notices.rules import LEADER, RESIDENT
from groupbuy.notices.telling import Notice
from groupbuy.orders import carts
from groupbuy.orders.models import CartLine


def change_price(*, offer: Offer, price_fen: int, now: datetime, actor: str) -> OfferVersion:
    """Offer a product at another price from now on, and tell whoever had it in the cart, and the leaders.

    Communities with a price of their own keep it, and hear nothing. Raise BadInput ``out_of_range``,
    ``below_commission``.
    """
    former = offers.current_version(offer)
    fresh = offers.change_price(offer=offer, price_fen=price_fen, now=now, actor=actor)
    if fresh.price_fen < former.price_fen:
        floors.check_prices({offer.product_id: fresh.price_fen})
    round_ = db.session.get_one(Round, offer.round_id)
    values = {
        "round": round_.title,
        "goods": fresh.name,
        "former": format_yuan(former.price_fen),
        "price": format_yuan(fresh.price_fen),
    }
    if round_.state == RoundState.OPEN:
        telling.tell(_of_price(round_, offer, fresh, values), now=now)
    return fresh


def _of_price(
    round_: Round, offer: Offer, fresh: OfferVersion, values: Mapping[str, str]
) -> Iterator[Notice]:
    own = select(OfferLeader.leader_id).where(
        OfferLeader.offer_id == offer.id, OfferLeader.price_fen.is_not(None)
    )
    theirs = attending.leaders_of(round_)
    leaders = db.session.scalars(theirs).all()
    spared = set(db.session.scalars(own))
    for leader_id in leaders:
        if leader_id not in spared:
            who = recipient(LEADER, leader_id)
            yield Notice(f"price-{fresh.id}-leader-{leader_id}", "price_changed", who, values)
    in_cart = and_(CartLine.offer_id == offer.id, carts.is_of(Resident.account_id))
    wanting = select(Resident.id).join(CartLine, in_cart).where(Resident.leader_id.in_(theirs))
    for resident_id in db.session.scalars(wanting.where(Resident.leader_id.not_in(own))):
        who = recipient(RESIDENT, resident_id)
        yield Notice(f"price-{fresh.id}-{resident_id}", "price_changed", who, values)
