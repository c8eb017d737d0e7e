"""The cart over all rounds, grouped by the day of pickup, and the order that comes of it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from groupbuy.campaigns import storefront
from groupbuy.campaigns.models import Round
from groupbuy.campaigns.rules import RoundState, effective_state
from groupbuy.campaigns.storefront import Goods
from groupbuy.leaders.models import Leader
from groupbuy.orders.fees import at_ordering
from groupbuy.pickup.capacity import is_full
from groupbuy.warehouse import planned
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.resident.buyer import Buyer
from groupbuy.web.resident.cards import Card, card


@dataclass(frozen=True, slots=True)
class Line:
    """Goods in the cart; ``problem`` says beside the line why fewer or none can be ordered."""

    goods: Goods
    card: Card
    wanted: int
    problem: str
    # Units more that are taken if that fills a case.
    more: int = 0

    @property
    def amount_fen(self) -> int:
        """Return what the line costs as it can be ordered."""
        return self.card.quantity * self.goods.price_fen


@dataclass(frozen=True, slots=True)
class Basket:
    """What is in the cart of one round."""

    round: Round
    leader: Leader
    is_open: bool
    lines: Sequence[Line]
    # The pickup point takes no more bags on the round's pickup day.
    full: bool = False
    # How many units more than these fill the last case, by offer.
    lacking: Mapping[int, int] = field(default_factory=dict)

    @property
    def freight_fen(self) -> int:
        """Return what is paid for freight with what can be ordered now."""
        goods = sum(line.amount_fen for line in self.orderable)
        return sum(at_ordering(self.round, goods).values()) if goods else 0

    @property
    def orderable(self) -> Sequence[Line]:
        """Return the lines that can be ordered now."""
        return [line for line in self.lines if self.is_open and line.card.quantity]


@dataclass(frozen=True, slots=True)
class Cart:
    """All baskets, the next pickup first."""

    baskets: Sequence[Basket] = field(default_factory=list)

    @property
    def days(self) -> dict[date, list[Basket]]:
        """Return the baskets by the day of pickup."""
        days: dict[date, list[Basket]] = defaultdict(list)
        for basket in self.baskets:
            days[basket.round.pickup_date].append(basket)
        return dict(sorted(days.items()))

    @property
    def pays_later(self) -> bool:
        """Tell whether nothing is paid here: the leader takes the money at pickup."""
        return all(basket.round.payment == "to_leader" for basket in self.baskets)

    @property
    def lines(self) -> list[Line]:
        """Return the lines that can be ordered now."""
        return [line for basket in self.baskets for line in basket.orderable]

    @property
    def total_fen(self) -> int:
        """Return what can be ordered now costs, with its freight."""
        return sum(line.amount_fen for line in self.lines) + sum(one.freight_fen for one in self.baskets)

    @property
    def pieces(self) -> int:
        """Return how many sale units can be ordered now."""
        return sum(line.card.quantity for line in self.lines)


def read_cart(
    buyer: Buyer, wanted: Mapping[int, int], now: datetime, *, more: Mapping[int, int] | None = None
) -> Cart:
    """Return the cart as it can be ordered at a moment, with a few queries however full it is.

    ``more`` is by offer what is taken beyond what is wanted if that fills a case.
    """
    rounds = storefront.rounds_of_offers(wanted.keys())
    by_round: dict[int, list[int]] = defaultdict(list)
    for offer_id, round_ in rounds.items():
        by_round[round_.id].append(offer_id)
    goods = _goods(buyer, rounds)
    baskets = []
    for round_ in sorted({r.id: r for r in rounds.values()}.values(), key=lambda r: (r.pickup_date, r.id)):
        leader = buyer.leader_in(round_)
        if leader is not None:
            own = [goods[offer_id] for offer_id in by_round[round_.id] if offer_id in goods]
            full = is_full(leader=leader, resident_id=buyer.resident_id, day=round_.pickup_date)
            basket = _basket(round_, leader, own, wanted, now, more or {})
            mine = {line.goods.offer_id: line.card.quantity for line in basket.lines}
            baskets.append(replace(basket, full=full, lacking=planned.lacking(round_, mine)))
    return Cart(baskets)


def _goods(buyer: Buyer, rounds: Mapping[int, Round]) -> dict[int, Goods]:
    by_leader: dict[int, list[int]] = defaultdict(list)
    for offer_id, round_ in rounds.items():
        leader = buyer.leader_in(round_)
        if leader is not None:
            by_leader[leader.id].append(offer_id)
    return {
        goods.offer_id: goods
        for leader_id, offer_ids in by_leader.items()
        for goods in storefront.goods_by_id(
            offer_ids=offer_ids, leader_id=leader_id, resident_id=buyer.resident_id
        )
    }


def _basket(
    round_: Round,
    leader: Leader,
    goods: Sequence[Goods],
    wanted: Mapping[int, int],
    now: datetime,
    more: Mapping[int, int],
) -> Basket:
    state = effective_state(RoundState(round_.state), round_.opens_at, round_.closes_at, now)
    lines = [line_of(one, wanted[one.offer_id], more.get(one.offer_id, 0)) for one in goods]
    return Basket(round_, leader, state is RoundState.OPEN, lines)


def line_of(goods: Goods, wanted: int, more: int = 0) -> Line:
    """Return a line with as much of what is wanted as can be ordered."""
    shown = card(goods, quantity=wanted)
    return Line(goods, shown, wanted, _problem(goods, wanted, shown.max), more if goods.by_the_case else 0)


def _problem(goods: Goods, wanted: int, most: int) -> str:
    if not goods.offered:
        return _("No longer offered; the rest can still be ordered.")
    if goods.left == 0 or (goods.left is not None and goods.left < goods.smallest):
        return _("Sold out in the meantime; the rest can still be ordered.")
    if most == 0:
        return _("You have ordered as much of it as one person may.")
    if wanted > most and goods.left is not None and goods.left <= most:
        return _("Only %(left)s left; the quantity was lowered.", left=most)
    if wanted > most:
        return _("At most %(most)s for you; the quantity was lowered.", most=most)
    return ""
