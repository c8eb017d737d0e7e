"""What makes an order sound, how it changes and what its buyer is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupbuy.campaigns.rules import RoundState
from groupbuy.kernel.errors import BadInput
from groupbuy.orders import rules
from groupbuy.orders.rules import OrderState, Phase

baskets = st.dictionaries(st.integers(1, 20), st.integers(1, 100), max_size=10)
states = st.sampled_from(OrderState)


@given(states)
def test_staying_is_no_move_and_what_was_handed_out_is_only_put_back(state: OrderState) -> None:
    assert not rules.can_move(state, state)
    leads_on = {new for new in OrderState if rules.can_move(state, new)}
    back = {OrderState.CONFIRMED, OrderState.PART_PICKED_UP}
    assert (leads_on == back) == (state == OrderState.PICKED_UP)


def test_what_was_handed_out_cannot_be_cancelled() -> None:
    handed_out = (OrderState.PART_PICKED_UP, OrderState.PICKED_UP)
    assert not any(rules.can_move(state, OrderState.CANCELLED) for state in handed_out)


def test_an_unpaid_order_cannot_be_picked_up() -> None:
    assert not rules.can_move(OrderState.AWAITING_PAYMENT, OrderState.PICKED_UP)


@given(st.lists(st.text(max_size=3), min_size=1, max_size=30))
def test_lines_pass_exactly_when_no_product_comes_twice(codes: list[str]) -> None:
    repeated = [place for place, code in enumerate(codes) if code in codes[:place]]
    if not repeated:
        rules.check_lines(codes)
        return
    with pytest.raises(BadInput) as failure:
        rules.check_lines(codes)
    assert failure.value.code == "duplicate"
    assert failure.value.param == f"lines[{repeated[0]}].product_code"


@pytest.mark.parametrize(("count", "code"), [(0, "required"), (201, "out_of_range")])
def test_an_order_has_one_to_two_hundred_lines(count: int, code: str) -> None:
    rules.check_lines([str(number) for number in range(200)])
    with pytest.raises(BadInput) as failure:
        rules.check_lines([str(number) for number in range(count)])
    assert (failure.value.code, failure.value.param) == (code, "lines")


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 100))))
def test_merging_keeps_every_unit(lines: list[tuple[int, int]]) -> None:
    merged = rules.merge_quantities(lines)
    assert sum(merged.values()) == sum(quantity for _, quantity in lines)
    assert list(merged) == list(dict.fromkeys(key for key, _ in lines))


@given(baskets, baskets)
def test_changes_lead_from_the_old_basket_to_the_new(old: dict[int, int], new: dict[int, int]) -> None:
    basket = dict(old)
    for change in rules.line_changes(old, new):
        basket[change.offer_id] = basket.get(change.offer_id, 0) + change.delta
    assert {offer: quantity for offer, quantity in basket.items() if quantity} == new


@given(baskets, baskets)
def test_changes_come_in_the_order_of_the_locks_and_never_empty(
    old: dict[int, int], new: dict[int, int]
) -> None:
    changes = rules.line_changes(old, new)
    ids = [change.offer_id for change in changes]
    assert ids == sorted(set(ids))
    assert all(change.delta for change in changes)


@given(baskets)
def test_an_unchanged_basket_takes_nothing(basket: dict[int, int]) -> None:
    assert rules.line_changes(basket, basket) == []


@given(states, st.sampled_from(RoundState))
def test_every_pair_of_states_has_a_phase(order: OrderState, of_round: RoundState) -> None:
    told = rules.phase(order, of_round)
    if order in (OrderState.CANCELLED, OrderState.PICKED_UP, OrderState.PART_PICKED_UP):
        assert told.value == order.value
    elif of_round is RoundState.CANCELLED:
        assert told is Phase.CANCELLED


@pytest.mark.parametrize(
    ("order", "of_round", "told"),
    [
        ("awaiting_payment", "open", "awaiting_payment"),
        ("confirmed", "open", "ordered"),
        ("confirmed", "closed", "being_prepared"),
        ("confirmed", "received", "being_prepared"),
        ("confirmed", "dispatched", "on_the_way"),
        ("confirmed", "completed", "completed"),
        ("part_picked_up", "dispatched", "part_picked_up"),
        ("picked_up", "dispatched", "picked_up"),
        ("cancelled", "open", "cancelled"),
    ],
)
def test_the_buyer_is_told_how_far_the_goods_are(order: str, of_round: str, told: str) -> None:
    assert rules.phase(OrderState(order), RoundState(of_round)) == told


@given(st.integers(1, 1_000_000), st.integers(0, 5))
def test_a_quantity_in_digits_is_read(quantity: int, zeros: int) -> None:
    assert rules.parse_quantity("0" * zeros + str(quantity)) == quantity


@given(st.integers().filter(lambda number: not 1 <= number <= 1_000_000))
def test_a_whole_number_outside_the_range_overflows(number: int) -> None:
    with pytest.raises(OverflowError):
        rules.parse_quantity(str(number))


@pytest.mark.parametrize("text", ["0", "-0", "-1", "1000000000", "9" * 5000, "-" + "9" * 5000, "000"])
def test_the_edges_of_the_range_overflow(text: str) -> None:
    with pytest.raises(OverflowError):
        rules.parse_quantity(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "3.0",
        "1.5",
        "1e3",
        "NaN",
        "inf",
        "３",
        "٣",
        "²",
        "+3",
        "3 ",
        "1_0",
        "0x1",
        "true",
        "--1",
        "1\n",
    ],
)
def test_what_is_no_whole_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- the text itself is the message
        rules.parse_quantity(text)


@given(st.text())
def test_no_text_fails_in_another_way(text: str) -> None:
    try:
        quantity = rules.parse_quantity(text)
    except (ValueError, OverflowError):
        return
    assert 1 <= quantity <= 1_000_000
    assert int(text) == quantity


@given(st.integers(0, 10**6), st.dictionaries(st.integers(1, 99), st.integers(0, 10**6), min_size=1))
def test_a_delivery_is_shared_to_the_fen_and_nobody_pays_more_for_less(
    cost: int, goods: dict[int, int]
) -> None:
    shares = rules.share_freight(cost, goods)
    assert sum(shares.values()) == cost
    assert shares.keys() == goods.keys()
    by_amount = sorted(goods, key=lambda order: (goods[order], -order))
    # Of equal orders the earlier may pay the one fen more.
    assert [shares[order] for order in by_amount] == sorted(shares.values())
    assert rules.share_freight(cost, {}) == {}


@given(st.integers(0, 10**6), st.integers(1, 10**4), st.none() | st.integers(1, 10**6))
def test_freight_is_paid_below_the_amount_from_which_it_is_free(
    goods: int, freight: int, free_from: int | None
) -> None:
    free = free_from is not None and goods >= free_from
    assert rules.freight_of(goods, freight, free_from) == (0 if free else freight)
