"""What somebody wants, priced as the leader's own offers and the commission in force have it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from groupbuy.campaigns import queries as campaigns
from groupbuy.campaigns.models import Round
from groupbuy.campaigns.queries import OfferForLeader
from groupbuy.campaigns.rules import check_quantity
from groupbuy.commissions.queries import Plan, plan_for
from groupbuy.kernel.errors import BadInput, GroupbuyError
from groupbuy.leaders.models import Leader
from groupbuy.orders.rules import check_lines
from groupbuy.orders.service import LineToRecord


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line ready to record, the offer it is of, and its place in the list that was asked for."""

    line: LineToRecord
    offer: OfferForLeader
    index: int


def price_lines(*, round_: Round, leader: Leader, wanted: Sequence[tuple[str, int]]) -> list[PricedLine]:
    """Price each (product code, sale units) as this leader's residents pay it.

    Raise BadInput with param ``lines[i].…`` for a product that is not offered or a quantity that is
    out of its steps.
    """
    codes = [code for code, _ in wanted]
    check_lines(codes)
    found = campaigns.offers_for_leader(round_id=round_.id, leader_id=leader.id, product_codes=codes)
    offers = {offer.product_code: offer for offer in found}
    plan = plan_for(offers=found, leader_id=leader.id, level_id=leader.level_id)
    return [
        _priced(_offered(offers, code, index), plan, leader, quantity, index)
        for index, (code, quantity) in enumerate(wanted)
    ]


def _offered(offers: Mapping[str, OfferForLeader], code: str, index: int) -> OfferForLeader:
    if code not in offers:
        raise BadInput(
            "unknown_product", f"{code} is not offered in this round.", param=f"lines[{index}].product_code"
        )
    return offers[code]


def _priced(offer: OfferForLeader, plan: Plan, leader: Leader, quantity: int, index: int) -> PricedLine:
    with at_line(index):
        check_quantity(quantity, min_order_qty=offer.min_order_qty, multiple=offer.multiple)
    return PricedLine(agreed_line(offer, plan, leader, quantity), offer, index)


def agreed_line(offer: OfferForLeader, plan: Plan, leader: Leader, quantity: int) -> LineToRecord:
    """Return a line at the price and the commission in force, whatever steps and limits the offer has."""
    agreed = plan.agreed(
        product_id=offer.product_id,
        category_id=offer.category_id,
        leader_id=leader.id,
        level_id=leader.level_id,
    )
    return LineToRecord(
        offer.offer_id,
        offer.version_id,
        quantity,
        offer.price_fen,
        agreed.rate_bp,
        agreed.fixed_fen,
        agreed.rule_id,
    )


@contextmanager
def at_line(index: int) -> Iterator[None]:
    """Name the line at fault in whatever goes wrong inside."""
    try:
        yield
    except GroupbuyError as error:
        raise type(error)(error.code, error.message, param=f"lines[{index}].quantity") from error
