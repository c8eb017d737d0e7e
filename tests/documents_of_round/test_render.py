"""One document on demand, for pages, the API and mails."""

import io
import zipfile
from datetime import timedelta
from itertools import product

import pytest
import python_calamine

from groupbuy.app.documents import FORMATS, KINDS, render, render_attachment
from groupbuy.catalog import service as catalog
from groupbuy.catalog.models import Supplier
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import ordering
from groupbuy.kernel.errors import NotFound, RuleBroken
from groupbuy.messaging.models import Message
from groupbuy.messaging.service import Attachment
from groupbuy.pickup.models import Bag
from groupbuy.purchasing import delivering
from tests import building
from tests.building import NOW

OWNERS = {"leader": "L1", "supplier": "S1", None: None}


@pytest.fixture
def round_(app):
    """Return an open round with two residents of a leader, and a leader without orders."""
    supplier = building.add_supplier("S1", contact="赵经理", email="s1@example.com")
    building.add_supplier("S2")
    products = [building.add_product(supplier, code, spec="5斤装") for code in ("P1", "P2")]
    leader = building.add_leader("L1", name="王秀兰", email="l1@example.com", community="翠湖花园")
    building.add_leader("L2")
    round_ = building.add_round(products)
    far, near = (
        building.add_resident(leader, name, room=room)
        for name, room in (("欧阳先生", "10-101"), ("=李雷", "2-1101"))
    )
    building.place(round_, far, {"P1": 2, "P2": 1}, remark="放门口")
    building.place(round_, far, {"P1": 3}, remark="下午取")
    building.place(round_, near, {"P2": 4})
    return round_


@pytest.fixture
def closed(app, round_):
    """Return the round, closed."""
    return building.close(app, round_)


def rows(file) -> list[list[object]]:
    book = python_calamine.load_workbook(io.BytesIO(file.content))
    return book.get_sheet_by_index(0).to_python()


def test_every_kind_is_rendered_in_every_format(closed):
    for kind, suffix in product(KINDS, FORMATS):
        file = render(kind, "C1", OWNERS[KINDS[kind].owner], suffix, NOW)
        assert file.content.startswith(b"PK" if suffix == "xlsx" else b"%PDF")
        assert file.mime_type == FORMATS[suffix].mime_type
        assert file.name.startswith(KINDS[kind].title)
        assert file.name.endswith(f".{suffix}")


def test_what_is_not_there_is_not_found(closed):
    for kind, name, code, suffix in (
        ("nothing", "C1", "L1", "xlsx"),
        ("pickup_sheet", "C2", "L1", "xlsx"),
        ("pickup_sheet", "C1", "L1", "doc"),
        ("pickup_sheet", "C1", "L2", "xlsx"),
        ("pickup_sheet", "C1", "L3", "xlsx"),
        ("pickup_sheet", "C1", None, "xlsx"),
        ("purchase_order", "C1", "S2", "pdf"),
        ("purchase_order", "C1", "L1", "pdf"),
        ("pick_list", "C1", "L1", "xlsx"),
    ):
        with pytest.raises(NotFound):
            render(kind, name, code, suffix, NOW)


def test_before_the_close_nothing_is_rendered(round_):
    with pytest.raises(RuleBroken) as refused:
        render("pick_list", "C1", None, "xlsx", NOW)
    assert refused.value.code == "not_closed"


def test_a_closed_round_mails_its_documents(closed):
    messages = db.session.scalars(db.select(Message)).all()
    files = [render_attachment(Attachment(**document), NOW) for one in messages for document in one.documents]
    assert sorted(file.name for file in files) == [
        "分拣单 L1 王秀兰.xlsx",
        "提货单 L1 王秀兰.xlsx",
        "采购单 S1 供应商S1.xlsx",
    ]
    assert {message.state for message in messages} == {"printed"}


def test_orders_of_one_resident_are_one_row_with_the_code_of_the_bag(closed):
    table = rows(render("pickup_sheet", "C1", "L1", "xlsx", NOW))
    bag = db.session.scalars(db.select(Bag)).one()
    mine = next(row for row in table if bag.code in row)
    assert mine[2:] == [
        "10-101",
        "欧阳先生",
        "139****0002",
        "商品P1 5斤装 ×5\n商品P2 5斤装 ×1",
        6.0,
        59.4,
        "放门口；下午取",
        "□",
    ]


def test_bags_stand_by_building_in_the_order_of_numbers_with_subtotals(closed):
    table = rows(render("pickup_sheet", "C1", "L1", "xlsx", NOW))
    places = [row[0] or row[2] for row in table if row[0] in ("2号楼", "10号楼", "小计", "合计") or row[2]]
    kept = [place for place in places if place in ("2号楼", "2-1101", "10号楼", "10-101", "小计", "合计")]
    assert kept == ["2号楼", "2-1101", "小计", "10号楼", "10-101", "小计", "合计"]


def test_a_code_of_a_single_order_is_the_orders_own(closed):
    table = rows(render("pickup_sheet", "C1", "L1", "xlsx", NOW))
    order = db.session.scalars(db.select(ordering.Order).order_by(ordering.Order.id)).all()[-1]
    assert next(row for row in table if row[2] == "2-1101")[1] == order.pickup_code


def test_a_sorting_list_names_the_bags_of_each_product(closed):
    table = rows(render("sorting_list", "C1", "L1", "xlsx", NOW))
    start = next(place for place, row in enumerate(table) if row[0] == "P2  商品P2 5斤装")
    assert [row[:5] for row in table[start + 1 : start + 4]] == [
        ["2", "1101", "=李雷", "139****0003", 4.0],
        ["10", "101", "欧阳先生", "139****0002", 1.0],
        ["小计", "", "", "", 5.0],
    ]


@pytest.mark.check(24)
def test_a_purchase_order_says_nothing_of_residents_and_leaders(closed):
    text = str(rows(render("purchase_order", "C1", "S1", "xlsx", NOW)))
    assert "赵经理" in text
    assert "人民币" not in text
    assert "大写" in text
    for secret in ("欧阳先生", "李雷", "王秀兰", "翠湖", "139000", "放门口"):
        assert secret not in text


def agree(address: str, terms: str) -> None:
    with transaction():
        delivering.set_delivery_place(address=address, now=NOW, actor="test")
        supplier = db.session.scalars(db.select(Supplier).where(Supplier.code == "S1")).one()
        catalog.save_supplier(supplier=supplier, values={"terms": terms}, now=NOW, actor="test")


def test_a_purchase_order_made_without_place_and_terms_has_lines_for_them_until_they_are_set(closed):
    blank = str(rows(render("purchase_order", "C1", "S1", "xlsx", NOW)))
    assert blank.count("＿＿＿＿") >= 2
    agree("丰台区中心仓 3 号门", "月结30天")
    filled = str(rows(render("purchase_order", "C1", "S1", "xlsx", NOW)))
    assert "丰台区中心仓 3 号门" in filled
    assert "月结30天" in filled
    assert "＿＿＿＿" not in filled


def test_a_purchase_order_keeps_the_place_and_terms_it_was_made_with(app, round_):
    agree("丰台区中心仓 3 号门", "月结30天")
    building.close(app, round_)
    agree("大兴区新仓", "货到付款")
    text = str(rows(render("purchase_order", "C1", "S1", "xlsx", NOW)))
    assert "丰台区中心仓 3 号门" in text
    assert "月结30天" in text
    assert "大兴区新仓" not in text
    assert "货到付款" not in text


def test_every_sheet_says_when_it_was_printed_and_in_which_version(closed):
    for kind in KINDS:
        file = render(kind, "C1", OWNERS[KINDS[kind].owner], "xlsx", NOW)
        with zipfile.ZipFile(io.BytesIO(file.content)) as book:
            sheets = [name for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
            assert all("打印 2026-11-22 09:00 · 第 1 版" in book.read(name).decode() for name in sheets), kind


def test_the_print_time_is_the_moment_at_which_a_mail_is_made(closed):
    messages = db.session.scalars(db.select(Message)).all()
    wanted = Attachment(**messages[0].documents[0])
    early, again, late = (render_attachment(wanted, NOW + timedelta(hours=n)).content for n in (0, 0, 1))
    assert early == again
    assert early != late


@pytest.mark.check(58)
def test_no_resident_is_named_with_a_whole_phone(closed):
    for kind in KINDS:
        text = str(rows(render(kind, "C1", OWNERS[KINDS[kind].owner], "xlsx", NOW)))
        assert "13900000002" not in text
        assert "13900000003" not in text


def test_a_statement_can_be_traced_to_its_lines(closed):
    content = render("commission_statement", "C1", "L1", "xlsx", NOW).content
    details = python_calamine.load_workbook(io.BytesIO(content)).get_sheet_by_name("明细").to_python()
    orders = {row[0] for row in details if row[1] in ("P1", "P2")}
    assert orders == set(db.session.scalars(db.select(ordering.Order.number)))


def test_a_leader_without_orders_has_no_file_and_no_mail(closed):
    assert not [file for file in db.session.scalars(db.select(Message.recipient)) if file.startswith("l2")]
