"""The pick list leads along the shelves: where a product stands, who may say so, and what follows it."""

import io

import pytest
import python_calamine
from flask import Flask
from sqlalchemy import select

from groupbuy.accounts import service as accounts
from groupbuy.app.documents import render
from groupbuy.audit.models import AuditEntry
from groupbuy.catalog import service as catalog
from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.warehouse import counting
from groupbuy.warehouse.counting import Counted, to_count
from groupbuy.warehouse.sheets import COUNT_COLUMNS, count_sheet
from tests import building
from tests.api.conftest import Person, person_of
from tests.building import NOW, ZONE
from tests.warehouse.places import add_warehouse, put
from tests.web.test_money_pages import browser


def product(code: str) -> Product:
    """Return a product as it is stored."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(select(Product).where(Product.code == code)).one()


def place(code: str, shelf_place: str | None) -> None:
    with transaction():
        catalog.place_product(product=product(code), shelf_place=shelf_place, now=NOW, actor="test")


def picked(suffix: str = "xlsx") -> list[list[object]]:
    """Return the rows of the pick list that name goods or a zone."""
    file = render("pick_list", "C1", None, suffix, NOW)
    rows = python_calamine.load_workbook(io.BytesIO(file.content)).get_sheet_by_index(0).to_python()
    return rows[next(number for number, row in enumerate(rows) if "货位" in row) + 1 :]


@pytest.fixture
def closed(app: Flask) -> None:
    """Close a round of six products, of which one is chilled and one was sold at two prices."""
    supplier = building.add_supplier("S1")
    zones = {"P5": "冷藏"}
    codes = ("P1", "P2", "P3", "P4", "P5", "P6")
    products = [
        building.add_product(supplier, code, temperature_zone=zones.get(code, "常温")) for code in codes
    ]
    resident = building.add_resident(building.add_leader("L1"), room="3-201")
    round_ = building.add_round(products)
    building.place(round_, resident, dict.fromkeys(codes, 1))
    building.close(app, round_)


def test_a_pick_list_goes_by_zone_then_by_shelf_in_natural_order(closed: None) -> None:
    # A-2 comes before A-10 and a-3 between them; what stands nowhere ends its zone, by code.
    for code, where in (("P1", "B-1"), ("P2", "A-10"), ("P3", "A-2"), ("P5", "A-1"), ("P6", "a-3")):
        place(code, where)
    goods = [(row[0], row[1], row[2]) for row in picked() if isinstance(row[0], float)]
    assert goods == [
        (1, "A-2", "P3"),
        (2, "a-3", "P6"),
        (3, "A-10", "P2"),
        (4, "B-1", "P1"),
        (5, "", "P4"),
        (6, "A-1", "P5"),
    ]
    assert render("pick_list", "C1", None, "pdf", NOW).content.startswith(b"%PDF")


def test_a_pick_list_of_goods_without_places_goes_by_code_as_before(closed: None) -> None:
    assert [row[2] for row in picked() if isinstance(row[0], float)] == ["P1", "P2", "P3", "P4", "P6", "P5"]


def test_the_page_of_the_pick_list_has_the_places(app: Flask, closed: None) -> None:
    place("P4", "C-07-1")
    keeper = browser(app, building.add_account("库管"), "warehouse")
    page = keeper.get("/admin/rounds/C1/print/pick_list").get_data(as_text=True)
    assert ("货位" in page, "C-07-1" in page) == (True, True)


def test_a_keeper_places_goods_on_the_page_of_their_stock(app: Flask) -> None:
    building.add_product(building.add_supplier())
    app.config["WTF_CSRF_ENABLED"] = False
    keeper = browser(app, building.add_account("库管"), "warehouse")
    assert keeper.post("/admin/stock/P1/least", data={"shelf_place": " A-03-2 "}).status_code == 303
    assert product("P1").shelf_place == "A-03-2"
    assert "A-03-2" in keeper.get("/admin/stock/P1").get_data(as_text=True)
    assert "A-03-2" in keeper.get("/admin/stock").get_data(as_text=True)
    for wrong in ("A" * 17, "A\u20681"):
        slip = keeper.post("/admin/stock/P1/least", data={"shelf_place": wrong})
        assert (slip.status_code, product("P1").shelf_place) == (422, "A-03-2")
    logged = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "product_edited")).one()
    assert (logged.before, logged.after) == ({}, {"shelf_place": "A-03-2"})


def test_a_program_places_goods_and_takes_them_off_the_shelf(app: Flask) -> None:
    building.add_product(building.add_supplier())
    account = building.add_account("库管")
    with transaction():
        accounts.grant_role(account=account, role="warehouse", now=NOW, actor="test")
    keeper: Person = person_of(app, account.id, "warehouse")
    path = "/products/P1/shelf-place"
    assert keeper.ask("PUT", path, {"shelf_place": "B-11"}).json["shelf_place"] == "B-11"
    assert product("P1").shelf_place == "B-11"
    for wrong in ("B" * 17, "", "B\u200b1", 3):
        assert keeper.ask("PUT", path, {"shelf_place": wrong}).status_code == 422
    assert product("P1").shelf_place == "B-11"
    assert keeper.ask("PUT", path, {"shelf_place": None}).json["shelf_place"] is None


def test_a_count_sheet_names_the_shelf_in_the_main_warehouse_only(app: Flask) -> None:
    goods = building.add_product(building.add_supplier())
    put(goods, A=4)
    with transaction():
        elsewhere = Counted(goods, add_warehouse("G1"), seen=0, counted=3)
        counting.book(lines=[elsewhere], now=NOW, actor="test")
    place("P1", "A-1")
    shelf = [column.title for column in COUNT_COLUMNS].index("货位")
    rows = list(count_sheet(to_count(None), zone=ZONE, printed_at=NOW).rows())
    lying = [column.title for column in COUNT_COLUMNS].index("仓库")
    assert {(row[lying], row[shelf]) for row in rows} == {("中心仓", "A-1"), ("G1仓", "")}
