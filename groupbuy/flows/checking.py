"""Whether a cart could be ordered at this moment, and for how much; nothing is reserved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from groupbuy.campaigns import listing, queries
from groupbuy.campaigns.listing import ShelfOffer
from groupbuy.campaigns.models import Round
from groupbuy.campaigns.rules import check_quantity
from groupbuy.flows.ordering import Wish, check_round
from groupbuy.kernel.errors import BadInput, GroupbuyError, RuleBroken
from groupbuy.members.models import Resident
from groupbuy.orders.rules import check_lines


@dataclass(frozen=True, slots=True)
class CheckedLine:
    """A wish with its price, what is left, and why it cannot be ordered, if so; amounts in fen."""

    wish: Wish
    offer: ShelfOffer | None
    problem: GroupbuyError | None

    @property
    def amount_fen(self) -> int:
        """Return what the line would cost."""
        return self.wish.quantity * self.offer.price_fen if self.offer else 0


@dataclass(frozen=True, slots=True)
class CheckedCart:
    """A cart's lines in their order, and what forbids any order in the round."""

    lines: Sequence[CheckedLine]
    problem: GroupbuyError | None

    @property
    def amount_fen(self) -> int:
        """Return what the cart would cost."""
        return sum(line.amount_fen for line in self.lines)

    @property
    def orderable(self) -> bool:
        """Tell whether the order would be accepted now."""
        return self.problem is None and all(line.problem is None for line in self.lines)


def check_cart(*, round_: Round, resident: Resident, wishes: Sequence[Wish], now: datetime) -> CheckedCart:
    """Check a cart as ``place_order`` would; raise BadInput for no lines or a repeated product."""
    check_lines([wish.product_code for wish in wishes])
    leader = resident.leader_in(round_.opens_at)
    shelf = listing.shelf(round_id=round_.id, leader_id=leader.id)
    offers = {offer.product_code: offer for offer in shelf}
    limited = [offer.offer_id for offer in shelf if offer.per_buyer_limit is not None]
    taken = queries.taken_by(resident.id, offer_ids=limited)
    lines = [_line(wish, offers.get(wish.product_code), taken) for wish in wishes]
    return CheckedCart(lines, _problem(round_, leader.id, now))


def _problem(round_: Round, leader_id: int, now: datetime) -> GroupbuyError | None:
    try:
        check_round(round_, now)
    except RuleBroken as error:
        return error
    if not queries.takes_part(round_, leader_id):
        return RuleBroken("leader_not_taking_part", "This leader does not take part in this round.")
    return None


def _line(wish: Wish, offer: ShelfOffer | None, taken: Mapping[int, int]) -> CheckedLine:
    if offer is None:
        return CheckedLine(wish, None, BadInput("unknown_product", "This is not offered in this round."))
    return CheckedLine(wish, offer, _line_problem(wish.quantity, offer, taken.get(offer.offer_id, 0)))


def _line_problem(quantity: int, offer: ShelfOffer, taken: int) -> GroupbuyError | None:
    try:
        check_quantity(quantity, min_order_qty=offer.min_order_qty, multiple=offer.multiple)
    except GroupbuyError as error:
        return error
    if offer.left is not None and quantity > offer.left:
        return RuleBroken("sold_out", f"Only {offer.left} left." if offer.left else "Sold out.")
    if offer.per_buyer_limit is not None and taken + quantity > offer.per_buyer_limit:
        return RuleBroken("limit_reached", f"At most {offer.per_buyer_limit} per person.")
    return None
