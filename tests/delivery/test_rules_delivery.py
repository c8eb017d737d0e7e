"""The order of stops and who pays, as pure rules."""

from hypothesis import given
from hypothesis import strategies as st

from groupbuy.delivery.rules import NO_ROUTE, Payer, Reason, by_route, moved, over_capacity, proposed_payer


@given(st.lists(st.integers(0, 30), min_size=1, unique=True), st.data())
def test_a_moved_stop_stands_at_its_place_and_no_stop_is_lost(stops: list[int], data: st.DataObject) -> None:
    stop = data.draw(st.sampled_from(stops))
    place = data.draw(st.integers(-2, len(stops) + 3))
    result = moved(stops, stop, place)
    assert sorted(result) == sorted(stops)
    assert result.index(stop) == min(max(place, 1), len(stops)) - 1
    assert [one for one in result if one != stop] == [one for one in stops if one != stop]


def test_a_stop_from_another_route_is_put_in() -> None:
    assert moved([1, 2], 9, 2) == [1, 9, 2]


def test_leaders_without_a_route_share_one() -> None:
    assert by_route([(1, "东线"), (2, " "), (3, "东线"), (4, "")]) == {"东线": [1, 3], NO_ROUTE: [2, 4]}


def test_what_does_not_fit_is_counted_where_the_vehicle_is_known() -> None:
    assert (over_capacity(120, 100), over_capacity(90, 100), over_capacity(90, None)) == (20, 0, 0)


def test_damage_is_charged_to_the_supplier_and_loss_to_whoever_had_the_goods_last() -> None:
    assert proposed_payer(Reason.DAMAGED, has_driver=True) is Payer.SUPPLIER
    assert proposed_payer(Reason.MISSING, has_driver=True) is Payer.DRIVER
    assert proposed_payer(Reason.MISSING, has_driver=False) is Payer.WAREHOUSE
