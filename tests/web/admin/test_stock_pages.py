"""The pages of what lies in stock: what leaves it, what is low, and what moves between warehouses."""

from datetime import timedelta
from io import BytesIO

import openpyxl
from sqlalchemy import select

from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.kernel.clock import utc_now
from groupbuy.warehouse import stock, transferring
from groupbuy.warehouse.models import StockBatch, StockLevel
from groupbuy.warehouse.rules import MAIN, Batch
from groupbuy.warehouse.transferring import Goods
from tests.building import NOW, ZONE
from tests.warehouse.places import add_warehouse
from tests.web.admin.people import Town


def test_stock_is_written_off_returned_listed_and_counted(town: Town) -> None:
    operator = town.operator
    assert operator.post("/admin/stock/P1", counted="9", seen="0").status_code == 303
    fields = {"kind": "write_off", "batch": "0", "units": "2", "reason": "发霉", "submission_key": "w1"}
    for _ in range(2):
        assert operator.post("/admin/stock/P1/issue", **fields).status_code == 303
    returned = {
        "kind": "supplier_return",
        "batch": "0",
        "units": "3",
        "reason": "近效期",
        "submission_key": "r1",
    }
    operator.post("/admin/stock/P1/issue", **returned)
    assert (
        operator.post(
            "/admin/stock/P1/issue", **returned | {"submission_key": "r2", "units": "5"}
        ).status_code
        == 422
    )
    # 9 − 2 − 3 at ¥5.00 each.
    db.session.rollback()
    assert db.session.scalar(select(StockLevel.units)) == 4
    page = operator.text("/admin/stock/movements?kind=supplier_return")
    number = page.partition("/admin/stock/notes/")[2].partition(".pdf")[0]
    book = openpyxl.load_workbook(BytesIO(operator.get(f"/admin/stock/notes/{number}.xlsx").data))
    cells = [cell.value for row in book.active.iter_rows() for cell in row if cell.value is not None]
    assert {"退供单", "P1", "近效期", 3, 15} <= set(cells)
    assert operator.get(f"/admin/stock/notes/{number}.pdf").data.startswith(b"%PDF")
    export = operator.get("/admin/stock/movements?export=xlsx").data
    assert openpyxl.load_workbook(BytesIO(export)).active.max_row >= 4
    assert operator.post("/admin/stock/P1/least", least="5").status_code == 303
    assert "阿克苏苹果" in operator.text("/admin/stock?low=1")
    assert "阿克苏苹果" not in operator.text("/admin/stock?still=30")
    head, row, *_rest = operator.get("/admin/stock?export=csv").get_data(as_text=True).splitlines()
    assert ("最近进出" in head, f"{utc_now().year}-" in row) == (True, True)
    assert operator.post("/admin/stock/P1/least", least="").status_code == 303
    assert "阿克苏苹果" not in operator.text("/admin/stock?low=1")
    sheet = openpyxl.load_workbook(BytesIO(operator.get("/admin/stock/count-sheet.xlsx").data)).active
    counted = [cell.value for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {"商品编码*", "P1", "4"} <= set(counted)
    assert operator.get("/admin/stock/count-sheet.pdf").data.startswith(b"%PDF")
    in_english = operator.get("/admin/stock/count-sheet.pdf?lang=en")
    assert "Count sheet" in in_english.headers["Content-Disposition"]


def test_goods_are_sent_to_a_grid_warehouse_and_taken_in_there(town: Town) -> None:
    operator = town.operator
    assert "新建仓库" in operator.text("/admin/stock/transfers/new")
    new = {"code": "G1", "name": "东区网格仓", "kind": "grid", "active": "y"}
    assert operator.post("/admin/warehouses/new", **new).status_code == 303
    assert operator.post("/admin/warehouses/new", **new).status_code == 422
    assert operator.post("/admin/stock/P1", counted="9", seen="0").status_code == 303
    batch = db.session.scalar(select(StockBatch.id).where(StockBatch.units == 9))
    fields = {"to_warehouse": "G1", "lines-0-batch": batch, "lines-0-units": "10", "submission_key": "t1"}
    refused = operator.post("/admin/stock/transfers/new?from=MAIN", **fields)
    assert (refused.status_code, "P1 没有这么多" in refused.get_data(as_text=True)) == (422, True)
    path = operator.post("/admin/stock/transfers/new?from=MAIN", **fields | {"lines-0-units": "6"}).location
    assert operator.post(
        "/admin/stock/transfers/new?from=MAIN", **fields | {"lines-0-units": "6"}
    ).location == (path)
    assert "在途" in operator.text("/admin/stock/P1")
    book = openpyxl.load_workbook(BytesIO(operator.get(f"{path}.xlsx").data))
    cells = {cell.value for row in book.active.iter_rows() for cell in row}
    assert {"调拨单", "P1", 6} <= cells
    assert all(name in str(cells) for name in ("中心仓", "东区网格仓"))
    assert operator.get(f"{path}.pdf").data.startswith(b"%PDF")
    line = operator.text(path).partition('name="lines-0-line"')[2].partition('value="')[2].partition('"')[0]
    came = {"lines-0-line": line, "lines-0-arrived": "5"}
    assert operator.post(path, **came).status_code == 303
    assert operator.post(path, **came).status_code == 422
    assert "-1" in operator.text(path)
    there = operator.text("/admin/stock/batches?warehouse=G1")
    assert ("东区网格仓" in there, "中心仓</td>" in there) == (True, False)
    assert "调拨差异" in operator.text("/admin/stock/movements?warehouse=G1")
    assert operator.post("/admin/stock/P1", counted="9", seen="5", warehouse="G1").status_code == 303
    sheet = operator.get("/admin/stock/count-sheet.xlsx?warehouse=G1").data
    rows = list(openpyxl.load_workbook(BytesIO(sheet)).active.iter_rows(values_only=True))
    header = next(row for row in rows if "账面数量" in row)
    assert [row[header.index("账面数量")] for row in rows if row[0] == "P1"] == ["9"]
    assert "东区网格仓" in operator.text("/admin/warehouses")
    assert operator.post("/admin/warehouses/MAIN", name="总仓", kind="central").status_code == 422
    assert operator.post("/admin/warehouses/G1", name="东仓", kind="grid").status_code == 303
    assert "东仓" not in operator.text("/admin/stock/transfers/new").partition('name="to_warehouse"')[2]


def test_goods_on_the_way_are_called_back_once(town: Town) -> None:
    operator = town.operator
    new = {"code": "G1", "name": "东区网格仓", "kind": "grid", "active": "y"}
    operator.post("/admin/warehouses/new", **new)
    operator.post("/admin/stock/P1", counted="9", seen="0")
    batch = db.session.scalar(select(StockBatch.id).where(StockBatch.units == 9))
    fields = {"to_warehouse": "G1", "lines-0-batch": batch, "lines-0-units": "6", "submission_key": "t1"}
    path = operator.post("/admin/stock/transfers/new?from=MAIN", **fields).location
    assert f"{path}/call-back" in operator.text(path)
    assert "6 件放回中心仓" in operator.text(f"{path}/call-back")
    assert operator.post(f"{path}/call-back").status_code == 303
    late = operator.post(f"{path}/call-back")
    assert (late.status_code, "已被撤回" in late.get_data(as_text=True)) == (422, True)
    page = operator.text(path)
    assert ("已撤回" in page, "确认收货" in page, f"{path}/call-back" in page) == (True, False, False)
    assert path.rpartition("/")[2] in operator.text("/admin/stock/transfers?state=called_back")
    book = openpyxl.load_workbook(BytesIO(operator.get(f"{path}.xlsx").data))
    assert any("撤回时间" in str(cell.value) for row in book.active.iter_rows() for cell in row)
    assert operator.post("/admin/stock/P1", counted="8", seen="9").status_code == 303


def test_what_is_slow_moving_is_asked_for_one_warehouse_or_all(town: Town) -> None:
    grid = add_warehouse("G1").id
    apples, greens = town.products
    said = {"cost_fen": 500, "kind": "receipt_surplus", "actor": "test", "now": NOW - timedelta(days=40)}
    lay = {apples.id: {MAIN: 4, grid: 3}, greens.id: {MAIN: 5}}
    with transaction():
        for product_id, places in lay.items():
            batches = {Batch(warehouse_id=place): units for place, units in places.items()}
            units, cause = sum(places.values()), ("test", product_id)
            stock.put(product_id=product_id, units=units, cause=cause, batches=batches, **said)
        transferring.send(
            from_code="MAIN", to_code="G1", goods=[Goods("P2", 2)], now=NOW, zone=ZONE, actor="test"
        )
    batch = db.session.scalar(select(StockBatch.id).where(StockBatch.units == 4))
    gone = {"kind": "write_off", "batch": batch, "units": "1", "reason": "发霉", "submission_key": "w"}
    assert town.operator.post("/admin/stock/P1/issue", **gone).status_code == 303

    def slow(warehouse: str) -> list[bool]:
        page = town.operator.text(f"/admin/stock?still=30&warehouse={warehouse}")
        return [product.name in page for product in (apples, greens)]

    # Apples left the main one today; greens are on the way, which over all warehouses is no movement.
    assert [slow(""), slow("MAIN"), slow("G1")] == [[False, True], [False, False], [True, False]]


def test_a_warehouse_with_too_little_is_found_on_the_pages(town: Town) -> None:
    operator = town.operator
    new = {"code": "G1", "name": "东区网格仓", "kind": "grid", "active": "y"}
    operator.post("/admin/warehouses/new", **new)
    operator.post("/admin/stock/P1", counted="9", seen="0")
    assert "东区网格仓低于" in operator.text("/admin/stock/P1")
    fields = {"places-0-warehouse": "MAIN", "places-0-least": "", "places-1-warehouse": "G1"}
    assert (
        operator.post("/admin/stock/P1/least", least="", **fields, **{"places-1-least": "4"}).status_code
        == 303
    )
    assert 'value="4"' in operator.text("/admin/stock/P1")
    assert "东区网格仓</td>" in operator.text("/admin/stock?low=1")
    assert "阿克苏苹果" in operator.text("/admin/stock?low=1&warehouse=G1")
    assert "阿克苏苹果" not in operator.text("/admin/stock?low=1&warehouse=MAIN")
    assert "1 种商品库存不足" in operator.text("/admin/")
    # A slip is marked beside its field, and nothing that was typed is lost.
    slip = operator.post("/admin/stock/P1/least", least="7", **fields, **{"places-1-least": "vier"})
    page = slip.get_data(as_text=True)
    assert (slip.status_code, 'value="7"' in page, 'value="vier"' in page) == (422, True, True)
    assert ("东区网格仓低于" in page, "整数" in page) == (True, True)
    operator.post("/admin/stock/P1/least", least="", **fields, **{"places-1-least": ""})
    assert "种商品库存不足" not in operator.text("/admin/")
