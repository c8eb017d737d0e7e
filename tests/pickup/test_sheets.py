"""Pickup sheets of bags that are larger than a row."""

from hypothesis import given
from hypothesis import strategies as st

from groupbuy.campaigns.heads import Goods, RoundHead
from groupbuy.leaders.heads import LeaderHead
from groupbuy.pickup.packing import PackedBag
from groupbuy.pickup.rules import door
from groupbuy.pickup.sheets import MOST_LINES, pickup_sheet

ROUND = RoundHead("C1", "周日鲜果日", "11月22日 周日 22:00", "11月23日 周一", "2026-11-22", "C1")
LEADER = LeaderHead(1, "L1", "王秀兰", "13900000000", "", "翠湖花园", "16:00–20:00")


def bag(count: int, remark: str = "") -> PackedBag:
    goods = tuple((Goods(n, f"P{n}", f"商品{n}", "5斤装", "份", "常温", n), 2) for n in range(count))
    where = door(None, "3-201")
    return PackedBag("12345674", where, "王女士", "13812345678", goods, 2 * count, 990 * count, remark, "")


def rows(one: PackedBag):
    return list(pickup_sheet(ROUND, LEADER, [one], orders=1).rows())


def test_a_usual_bag_is_one_row():
    assert len(rows(bag(MOST_LINES, "放门口"))) == 1


def test_a_bag_of_many_goods_goes_on_in_further_rows_that_say_whose_they_are():
    first, second = rows(bag(MOST_LINES + 1))
    assert (first[0], first[6], first[7], first[9]) == ("12345674", 38, 18_810, "□")
    assert second == (
        None,
        "12345674",
        "3-201",
        "王女士",
        "138****5678",
        (("商品18 5斤装", 2),),
        None,
        None,
        "",
        "（续）",
    )


@given(st.integers(1, 100), st.text(max_size=600))
def test_nothing_of_a_bag_is_lost_or_counted_twice(count, remark):
    one = bag(count, remark)
    made = rows(one)
    assert [goods for row in made for goods in row[5]] == [(item.label, units) for item, units in one.goods]
    assert "".join(row[8] for row in made) == remark
    assert sum(row[6] or 0 for row in made) == one.units
    assert sum(row[7] or 0 for row in made) == one.amount_fen
