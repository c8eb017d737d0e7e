"""An export workbook of another app is read with all its quirks."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupbuy.documents.faults import UnreadableTable
from groupbuy.flows.moving.cells import fen_of, remark_of, room_of
from groupbuy.flows.moving.reading import read_export
from groupbuy.flows.moving.values import Doubt, Export
from tests.moving.sample import SAMPLE
from tests.moving.workbook import APPLE, MILK, PEACH, Formula, Sheet, buyer_row, export, write


def by_number(read: Export) -> dict[str, list[tuple[str, int, int]]]:
    """Return the lines of each order by its running number."""
    return {
        one.number: [(line.label, line.units, line.amount_fen) for line in one.lines]
        for one in read.purchases
    }


def test_orders_over_several_rows_are_put_together_and_their_figures_agree() -> None:
    read = read_export(export())
    assert by_number(read) == {
        "1": [(APPLE, 2, 5980)],
        "2": [(MILK, 1, 3990), (APPLE, 1, 2990)],
        "158": [(PEACH, 1, 2500)],
        "3": [(MILK, 1, 3990)],
    }
    assert (read.units, read.amount_fen, read.differences) == (6, 19450, ())
    assert read.compared > 10
    assert (read.title, read.started) == ("大仓购水果 已报备", "2022-05-23 10:40:59")


def test_phones_doors_and_names_are_read_as_people_mean_them() -> None:
    read = read_export(export())
    found = [(one.name, one.phone, one.room) for one in read.customers.values()]
    assert found == [
        ("郭山彤", "13812345678", "56-602"),
        ("梁敦厦", "13812345679", "58-902"),
        ("傅利", "13812345710", "37-1002"),
    ]
    assert [one.remark for one in read.purchases] == ["", "", "帮忙送到87-105", "帮忙送到87-105"]


def test_products_come_from_the_summary_with_their_prices() -> None:
    read = read_export(export())
    assert [(one.name, one.spec, one.price_fen) for one in read.products][:2] == [
        ("红富士苹果", "5斤装", 2990),
        ("纯牛奶", "250ml×12", 3990),
    ]


def test_each_figure_that_differs_is_named() -> None:
    read = read_export(export(goods={APPLE: (4, 119.6), MILK: (2, 79.8), PEACH: (1, 25)}, orders=5))
    named = {(one.figure, one.about): (one.stated, one.found) for one in read.differences}
    assert named == {
        ("orders", ""): (5, 4),
        ("units", ""): (7, 6),
        ("amount_fen", ""): (22440, 19450),
        ("paid_fen", ""): (22440, 19450),
        ("units_of", APPLE): (4, 3),
        ("amount_of_fen", APPLE): (11960, 8970),
    }


def test_a_buyers_amount_that_differs_from_the_goods_is_named() -> None:
    read = read_export(export([buyer_row("1", "甲", APPLE, 订单金额=20, 联系电话=13812345678)], []))
    (one,) = [one for one in read.differences if one.figure == "paid_by_fen"]
    assert (one.about, one.stated, one.found) == ("甲", 2000, 2990)


def test_freight_and_discount_belong_to_the_amount_to_pay() -> None:
    row = buyer_row("1", "甲", APPLE, 订单金额=31.9, 运费=5, 优惠=3, 联系电话=13812345678)
    read = read_export(export([row], []))
    assert not [one for one in read.differences if one.figure == "paid_by_fen"]
    assert set(read.purchases[0].doubts) == {Doubt.FREIGHT, Doubt.REDUCED}


def test_a_repeated_running_number_of_another_buyer_is_another_order() -> None:
    rows = [
        buyer_row("7", "甲", APPLE, 联系电话=13812345678, 楼号="1", 房号="101"),
        buyer_row("7", "乙", APPLE, 联系电话=13812345679, 楼号="1", 房号="102"),
        buyer_row("7", "甲", MILK, 联系电话=13812345678, 楼号="1", 房号="101"),
    ]
    read = read_export(export(rows, []))
    assert [len(one.lines) for one in read.purchases] == [2, 1]
    assert len({one.ref for one in read.purchases}) == 2


@pytest.mark.parametrize(
    ("cells", "doubt"),
    [
        ({"联系电话": ""}, Doubt.NO_PHONE),
        ({"联系电话": "12345"}, Doubt.NO_PHONE),
        ({"规格": "4瓶"}, Doubt.SPEC_DIFFERS),
        ({"商品金额": 480}, Doubt.PRICE_DIFFERS),
        ({"商品金额": "约30"}, Doubt.UNCLEAR_AMOUNT),
        ({"数量": "半"}, Doubt.UNCLEAR_QUANTITY),
        ({"数量": 1.5}, Doubt.UNCLEAR_QUANTITY),
        ({"退款金额": 29.9}, Doubt.REFUNDED),
        ({"详细地址": "紫龙路500弄69号902"}, Doubt.ROOM_DIFFERS),
    ],
)
def test_what_a_person_should_look_at_is_said(cells: dict[str, str], doubt: Doubt) -> None:
    row = buyer_row("1", "甲", APPLE, **{"联系电话": 13812345678, "楼号": "1", "房号": "101"} | cells)
    assert doubt in read_export(export([row], [])).purchases[0].doubts


def test_two_names_and_phones_in_one_order_are_said_and_the_first_counts() -> None:
    rows = [
        buyer_row("39", "吴越潇", APPLE, 订单金额=69.8, 联系电话=13812345717),
        buyer_row("39", "刘中舟", MILK, 订单金额=None, 联系电话=13812345718),
    ]
    read = read_export(export(rows, ["K2:K3"]))
    (one,) = read.purchases
    assert {Doubt.SEVERAL_NAMES, Doubt.SEVERAL_PHONES} <= set(one.doubts)
    assert read.customers[one.customer].name == "吴越潇"


def test_the_reference_of_an_order_stays_when_the_workbook_grows() -> None:
    first = {one.number: one.ref for one in read_export(export()).purchases}
    rows = [buyer_row("4", "新人", APPLE, 联系电话=13912345678)]
    grown = read_export(export(rows, [])).purchases
    again = {one.number: one.ref for one in read_export(export()).purchases}
    assert first == again
    assert grown[0].ref not in first.values()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"no workbook", "inconsistent"),
        (write({"别的": Sheet([["a"]])}), "missing_column"),
        (write({"顾客购买表": Sheet([["下单人"], ["甲"]])}), "missing_column"),
        (export([buyer_row("1", Formula("A9", None), APPLE)], []), "required"),
    ],
)
def test_a_file_that_is_no_such_export_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(UnreadableTable) as refused:
        read_export(content)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("cells", "room"),
    [
        (("52－502室。", "502号。", ""), "52-502"),
        (("500弄3号", "1701", ""), "3-1701"),
        (("", "", "闵行区紫龙路500弄 嘉怡水岸63号101室"), "63-101"),
        (("29号", "别墅", ""), "29-别墅"),
        (("", "", "自提"), ""),
    ],
)
def test_a_door_is_found_in_its_columns_or_the_address(cells: tuple[str, str, str], room: str) -> None:
    assert room_of(*cells) == room


@given(st.integers(0, 10**9))
def test_amounts_are_read_to_the_fen(fen: int) -> None:
    text = f"{fen // 100}.{fen % 100:02d}"
    assert fen_of(text) == fen_of(f"￥{text}元") == fen


@pytest.mark.parametrize("text", ["", "-", "不限", "1.234", "1e3", "NaN"])
def test_what_is_no_amount_is_none(text: str) -> None:
    assert fen_of(text) is None


def test_a_remark_loses_its_running_number() -> None:
    assert remark_of("22:帮忙送到87-105", "", "帮忙送到87-105") == "帮忙送到87-105"


if SAMPLE is not None:

    def test_the_real_sample_is_read_and_every_difference_is_named() -> None:
        read = read_export(Path(SAMPLE).read_bytes())
        assert (len(read.products), len(read.customers), len(read.purchases)) == (11, 75, 78)
        assert (read.units, read.amount_fen) == (119, 928_700)
        assert all(one.phone and one.room for one in read.customers.values())
        named = {(one.figure, one.about): (one.stated, one.found) for one in read.differences}
        assert named["orders", ""] == (164, 78)
        assert named["paid_fen", ""] == (1_729_740, 928_700)
        assert named["paid_by_fen", "梁敦厦"] == (53_990, 77_950)
        assert named["units_of", "西柚(十个一份)"] == (45, 22)
        assert len(named) == 4 + 11 + 11 + 1
