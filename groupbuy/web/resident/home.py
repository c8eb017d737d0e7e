"""The start page: the rounds of the resident's leader, or where to find a leader."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from groupbuy.campaigns import storefront
from groupbuy.campaigns.listing import next_of_each_campaign
from groupbuy.campaigns.models import Round
from groupbuy.http import rights
from groupbuy.http.identity import current_identity
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import NotFound
from groupbuy.leaders import queries as leaders
from groupbuy.leaders.models import Leader
from groupbuy.web.resident.blueprint import blueprint
from groupbuy.web.resident.buyer import Buyer, the_buyer
from groupbuy.web.resident.cards import Card, card
from groupbuy.web.resident.place import asked_place
from groupbuy.web.signin import visit

PREVIEWS = 4
MOST_LEADERS = 100


@dataclass(frozen=True, slots=True)
class RoundCard:
    """A round with the first of its goods."""

    round: Round
    cards: Sequence[Card]
    count: int


@blueprint.get("/")
def home() -> ResponseReturnValue:
    """Show the rounds to order in; staff and leaders go to their desks."""
    identity = current_identity()
    desk = rights.start_of(identity.role, limited=identity.limited) if identity is not None else None
    if desk is not None:
        return redirect(url_for(desk), 303)
    buyer = the_buyer()
    if buyer.leader is None:
        found = leaders.nearby_leaders(asked_place(), most=MOST_LEADERS)
        located = any(one.metres is not None for one in found)
        return render_template("resident/welcome.html", leaders=found, located=located)
    return _leader_page(buyer, buyer.leader)


@blueprint.get("/l/<code>")
def leader(code: str) -> ResponseReturnValue:
    """Open a leader's shared link: its rounds, before anybody has signed in."""
    found = leaders.find_active(code)
    if found is None:
        raise NotFound("unknown_leader", "This leader takes no orders at present.")
    next_ = visit.own_path(request.args.get("next"))
    buyer = the_buyer()
    if buyer.resident is None:
        session[visit.LEADER] = found.code
        if next_ is not None:
            return redirect(next_, 303)
        buyer = Buyer(buyer.identity, None, found)
    return _leader_page(buyer, found)


def _leader_page(buyer: Buyer, shown: Leader) -> ResponseReturnValue:
    opened, later = storefront.selling_rounds(leader_id=shown.id, now=utc_now())
    later = next_of_each_campaign(later)
    rounds = [*opened, *later]
    goods = storefront.goods_of_rounds(round_ids=[round_.id for round_ in rounds], leader_id=shown.id)
    cards = {round_.id: [card(one) for one in goods if one.round_id == round_.id] for round_ in rounds}
    return render_template(
        "resident/home.html",
        buyer=buyer,
        leader=shown,
        foreign=buyer.resident is not None and buyer.resident.leader_id != shown.id,
        opened=[_round_card(round_, cards[round_.id]) for round_ in opened],
        later=[_round_card(round_, cards[round_.id]) for round_ in later],
    )


def _round_card(round_: Round, cards: Sequence[Card]) -> RoundCard:
    pictured = [one for one in cards if one.picture and not one.sold_out]
    return RoundCard(round_, pictured[:PREVIEWS], len(cards))
