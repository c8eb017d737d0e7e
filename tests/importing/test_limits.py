"""The rules of an order file that need no database."""

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from groupbuy.campaigns.selling import SellingOffer
from groupbuy.commissions.queries import Plan
from groupbuy.commissions.rules import Rate, Scope
from groupbuy.flows.importing.agreeing import Agreements
from groupbuy.flows.importing.limits import Left, Wish, refusals
from groupbuy.members.bulk import Buyer

units = st.integers(1, 6)
wishes = st.lists(st.tuples(st.integers(1, 2), st.integers(1, 3), units), max_size=30)
limits = st.none() | st.integers(0, 12)


@given(wishes, limits, limits)
def test_a_wish_is_refused_exactly_when_it_does_not_fit_what_was_served_before(
    rows: list[tuple[int, int, int]], limit: int | None, per_buyer: int | None
) -> None:
    left = {1: Left(limit, False, per_buyer), 2: Left(None, False)}
    asked = [Wish(line, *row) for line, row in enumerate(rows)]

    refused = {refusal.line: refusal.code for refusal in refusals(asked, left)}

    sold, bought = 0, defaultdict(int)
    for wish in (wish for wish in asked if wish.offer_id == 1):
        over_stock = limit is not None and sold + wish.units > limit
        over_share = per_buyer is not None and bought[wish.resident_id] + wish.units > per_buyer
        expected = "sold_out" if over_stock else "limit_reached" if over_share else None
        assert refused.get(wish.line) == expected
        if expected is None:
            sold, bought[wish.resident_id] = sold + wish.units, bought[wish.resident_id] + wish.units
    assert not any(wish.line in refused for wish in asked if wish.offer_id == 2)


def test_a_sealed_offer_refuses_everything() -> None:
    refused = list(refusals([Wish(0, 1, 1, 1)], {1: Left(None, True)}))

    assert [refusal.code for refusal in refused] == ["round_closed"]


targets = st.tuples(st.sampled_from(sorted(Scope)), st.integers(1, 3))


@given(
    st.dictionaries(targets, st.integers(0, 10_000)),
    st.none() | st.integers(1, 3),
    st.none() | st.integers(1, 3),
)
def test_looking_up_once_per_product_and_leader_equals_asking_for_each_line(
    rates: dict[tuple[Scope, int], int], category: int | None, level: int | None
) -> None:
    rules = {
        (str(scope), 0 if scope is Scope.DEFAULT else target): (number, Rate(rate_bp=rate))
        for number, ((scope, target), rate) in enumerate(rates.items(), 1)
    }
    plan = Plan(rules)
    agreements = Agreements(plan)

    for product in (1, 2, 3):
        for leader in (1, 2, 3):
            offer = SellingOffer(product, product, product, category, 100, None, 1, 1, False)
            asked = plan.agreed(product_id=product, category_id=category, leader_id=leader, level_id=level)
            assert agreements.agreed(offer, Buyer(9, leader, level)) == asked
