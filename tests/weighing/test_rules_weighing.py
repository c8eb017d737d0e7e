"""What a weight costs, what may be charged more, and what a scale's barcode says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.orders.rules import part_of
from groupbuy.weighing.rules import WeightPrice, check_digit, check_weight, read_label, read_weight, settled

LAYOUTS = ("21IIIIIWWWWWC", "22IIIIIPPPPPC")
# ¥13.28 for 500 g.
BASS = WeightPrice(1328, 500)

fen = st.integers(0, 10**7)
grams = st.integers(1, 10**6)


def barcode(prefix: str, item: str, amount: int) -> str:
    twelve = f"{prefix}{item}{amount:05d}"
    return twelve + check_digit(twelve)


@pytest.mark.parametrize(
    ("weight", "costs"),
    [
        (500, 1328),
        # 13.28 / 500 × 812 = 21.56672
        (812, 2157),
        # 2.656 fen a gram
        (1, 3),
        # Two pieces of 750 g are 3984; a fifth more is 4780.8, and part fen are not charged.
        (2000, 4780),
    ],
)
def test_a_weight_costs_its_price_to_the_gram_up_to_the_cap(weight: int, costs: int) -> None:
    assert settled(grams=weight, price=BASS, estimate_fen=3984, cap_bp=2000) == costs


@given(weight=grams, price=fen, basis=st.integers(1, 5000), estimate=fen, cap=st.integers(0, 10_000))
def test_no_more_is_charged_than_the_weight_nor_than_the_cap(
    weight: int, price: int, basis: int, estimate: int, cap: int
) -> None:
    by_weight = WeightPrice(price, basis)
    due = settled(grams=weight, price=by_weight, estimate_fen=estimate, cap_bp=cap)
    # Rounded once, half up: within half a fen of the exact amount.
    assert -basis < 2 * (by_weight.of(weight) * basis - price * weight) <= basis
    assert 0 <= due <= by_weight.of(weight)
    assert due * 10_000 <= estimate * (10_000 + cap)
    assert due in (by_weight.of(weight), estimate + estimate * cap // 10_000)


@given(amount=fen, quantity=st.integers(1, 99), steps=st.lists(st.integers(0, 9), max_size=9))
def test_the_parts_of_a_line_add_up_to_it_however_it_is_taken_apart(
    amount: int, quantity: int, steps: list[int]
) -> None:
    left, worth, taken = quantity, amount, 0
    for step in steps:
        units = min(step, left)
        part = part_of(worth, units, left)
        assert 0 <= part <= worth
        left, worth, taken = left - units, worth - part, taken + part
    assert taken + worth == amount
    assert left or not worth


@given(price=fen, quantity=st.integers(1, 999), units=st.integers(0, 999))
def test_a_part_of_a_line_at_a_fixed_price_is_so_many_times_the_price(
    price: int, quantity: int, units: int
) -> None:
    units = min(units, quantity)
    assert part_of(price * quantity, units, quantity) == price * units


def test_labels_say_grams_or_fen_and_are_added_up_with_what_is_typed() -> None:
    by_weight, by_price = barcode("21", "00042", 512), barcode("22", "00042", 1328)
    read = {"layouts": LAYOUTS, "items": ("P1", "42"), "price": BASS}
    assert read_weight("1250", **read) == (1250, False)
    assert read_weight("512+498", **read) == (1010, False)
    # ¥13.28 buys 500 g.
    assert read_weight(f"{by_weight} {by_price}", **read) == (1012, True)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "required"),
        ("1.5", "not_a_number"),
        ("-3", "not_a_number"),
        ("12345678", "not_a_number"),
        (barcode("21", "00042", 512)[:-1] + "0", "bad_barcode"),
        (barcode("29", "00042", 512), "bad_barcode"),
        (barcode("21", "00043", 512), "wrong_product"),
    ],
)
def test_what_is_no_weight_is_refused(text: str, code: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_weight(text, layouts=LAYOUTS, items=("42",), price=BASS)
    assert refused.value.code == code


@given(
    item=st.integers(0, 99_999), amount=st.integers(0, 99_999), place=st.integers(0, 12), by=st.integers(1, 9)
)
def test_a_misread_digit_never_passes(item: int, amount: int, place: int, by: int) -> None:
    good = barcode("21", f"{item:05d}", amount)
    assert read_label(good, LAYOUTS).grams == amount
    wrong = good[:place] + str((int(good[place]) + by) % 10) + good[place + 1 :]
    with pytest.raises(BadInput):
        read_label(wrong, LAYOUTS)


def test_a_weight_far_from_the_estimate_is_asked_about() -> None:
    for likely in (500, 1500, 4500):
        check_weight(likely, expected=1500)
    for unlikely in (499, 4501, 1_000_000):
        with pytest.raises(RuleBroken):
            check_weight(unlikely, expected=1500)
        check_weight(unlikely, expected=1500, sure=True)
    with pytest.raises(BadInput):
        check_weight(1_000_001, expected=1500, sure=True)
