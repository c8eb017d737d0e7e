"""The warehouse's pages: receiving on a phone, receipts, rejection notes, shortages and stock."""

from datetime import timedelta
from io import BytesIO

import openpyxl
from PIL import Image
from sqlalchemy import select

from groupbuy.accounts import queries
from groupbuy.db import db
from groupbuy.orders.models import Order
from groupbuy.purchasing import queries as purchasing
from groupbuy.warehouse.models import GoodsReceipt, StockBatch, StockLevel, StockMovement
from groupbuy.web.kit.filters import today
from tests import building
from tests.warehouse import day
from tests.warehouse.places import add_warehouse
from tests.web.admin.people import TOKEN, Town, sign_in
from tests.web.admin.test_staff import person


def delivery(delivered: object, rejected: object = "", reason: str = "", **fields: str) -> dict[str, object]:
    """Return the fields of the form for P1."""
    line = {"code": "P1", "delivered": delivered, "rejected": rejected, "reason": reason}
    named = {f"lines-0-{field}": value for field, value in line.items()}
    return named | {"seen": "0", "submission_key": "one", "confirmed": "0"} | fields


def test_the_warehouse_receives_what_is_due(town: Town, number: str) -> None:
    assert number in town.operator.text("/admin/receiving")
    page = town.operator.text(f"/admin/receiving/{number}")
    assert "采购 6" in page
    answer = town.operator.post(f"/admin/receiving/{number}", **delivery(6))
    assert answer.status_code == 303
    assert "GR-" in answer.location
    assert town.operator.text(answer.location).count("阿克苏苹果") == 1
    assert "没有待收的货" in town.operator.text("/admin/receiving")


def test_all_as_ordered_fills_in_what_is_still_to_come(town: Town, number: str) -> None:
    answer = town.operator.post(f"/admin/receiving/{number}", **delivery(""), fill="1")
    assert answer.status_code == 200
    assert 'value="6"' in answer.get_data(as_text=True)
    assert db.session.scalar(select(GoodsReceipt.id)) is None


def test_sending_a_delivery_twice_books_it_once(town: Town, number: str) -> None:
    places = {town.operator.post(f"/admin/receiving/{number}", **delivery(3)).location for _ in range(2)}
    assert len(places) == 1
    late = town.operator.post(f"/admin/receiving/{number}", **delivery(3) | {"submission_key": "two"})
    assert late.status_code == 422
    assert "其间已有别人收过货" in late.get_data(as_text=True)


def test_a_slip_of_the_keyboard_is_asked_about_twice(town: Town, number: str) -> None:
    path = f"/admin/receiving/{number}"
    once = town.operator.post(path, **delivery(6000))
    assert (once.status_code, 'name="confirmed" value="1"' in once.get_data(as_text=True)) == (422, True)
    twice = town.operator.post(path, **delivery(6000) | {"confirmed": "1"})
    assert (twice.status_code, 'name="confirmed" value="2"' in twice.get_data(as_text=True)) == (422, True)
    assert town.operator.post(path, **delivery(6000) | {"confirmed": "2"}).status_code == 303


def test_a_rejection_needs_a_reason_and_has_a_note_for_the_supplier(town: Town, number: str) -> None:
    path = f"/admin/receiving/{number}"
    refused = town.operator.post(path, **delivery(6, 2))
    assert (refused.status_code, "请写明拒收原因" in refused.get_data(as_text=True)) == (422, True)
    receipt = town.operator.post(path, **delivery(6, 2, "压坏")).location
    book = openpyxl.load_workbook(BytesIO(town.operator.get(f"{receipt}/rejected.xlsx").data))
    cells = [cell.value for row in book.active.iter_rows() for cell in row if cell.value is not None]
    assert {"拒收单", "压坏", "P1", 2} <= set(cells)
    assert town.operator.get(f"{receipt}/rejected.pdf").data.startswith(b"%PDF")
    assert "GR-" in town.operator.text("/admin/receiving/receipts")
    in_english = town.operator.get(f"{receipt}/rejected.pdf?lang=en")
    assert "Rejection note" in in_english.headers["Content-Disposition"]


def test_what_is_short_is_compared_previewed_and_shared_out_once(town: Town, number: str) -> None:
    town.operator.post(f"/admin/receiving/{number}", **delivery(3))
    assert "在此之前只是预览" in town.operator.text("/admin/rounds/C1/shortage")
    assert town.operator.post(f"/admin/receiving/{number}/rest").status_code == 303
    page = town.operator.text("/admin/rounds/C1/shortage?policy=pro_rata")
    assert all(name in page for name in ("先到先得", "按比例", "按团长平分", "按金额公平"))
    book = openpyxl.load_workbook(
        BytesIO(town.operator.get("/admin/rounds/C1/shortage?policy=pro_rata&export=xlsx").data)
    )
    order = db.session.scalars(select(Order)).one()
    assert [order.number in {cell for row in sheet.values for cell in row} for sheet in book] == [False, True]
    path = "/admin/rounds/C1/shortage/apply?policy=pro_rata"
    assert "1 个订单行共少 1 件" in town.operator.text(path)
    assert town.operator.post(path).status_code == 303
    assert "已经没有缺货了" in town.operator.text(town.operator.post(path).location)
    buyer = sign_in(town.app, queries.get_account(town.resident.account_id), "resident")
    shown = buyer.text(f"/orders/{order.number}")
    assert "缺货 1 件" in shown
    assert "<del>4</del> 3" in shown
    assert "已付的将退还" in shown


def test_what_one_supplier_left_out_is_shared_out_while_another_is_on_its_way(town: Town) -> None:
    goods = [building.add_product(building.add_supplier(f"X{place}"), f"X{place}") for place in (1, 2)]
    round_ = building.add_round(goods, "C9")
    placed = building.place(round_, town.resident, {"X1": 4, "X2": 4})
    building.close(town.app, round_)
    first, second = (order.number for order in purchasing.heads_of_round(round_.id))
    day.receive(first, {"X1": 3}, last=True)
    page = town.operator.text("/admin/rounds/C9/shortage?policy=pro_rata")
    assert ("另有 1 种商品还可能到货" in page, "在此之前只是预览" in page) == (True, False)
    path = "/admin/rounds/C9/shortage/apply?policy=pro_rata"
    assert "1 个订单行共少 1 件" in town.operator.text(path)
    assert town.operator.post(path).status_code == 303
    assert day.quantities(placed) == {"X1": 3, "X2": 4}
    # The other supplier's goods wait for it, and are shared out by themselves.
    assert "可能还会到货" in town.operator.text(town.operator.post(path).location)
    day.receive(second, {"X2": 2}, last=True)
    town.operator.post(path)
    assert day.quantities(placed) == {"X1": 3, "X2": 2}


def test_an_order_of_which_nothing_came_can_be_ordered_again(town: Town, number: str) -> None:
    town.operator.post(f"/admin/receiving/{number}/rest")
    town.operator.post("/admin/rounds/C1/shortage/apply?policy=first_come")
    order = db.session.scalars(select(Order)).one()
    assert (order.state, order.cancel_reason) == ("cancelled", "shortage")
    buyer = sign_in(town.app, queries.get_account(town.resident.account_id), "resident")
    assert "到货不足" in buyer.text(f"/orders/{order.number}")
    found = TOKEN.search(buyer.text(f"/orders/{order.number}"))
    assert found is not None
    answer = buyer.client.post(f"/orders/{order.number}/again", data={"csrf_token": found[1]})
    assert answer.status_code == 303


def test_a_preview_that_has_grown_old_is_not_applied(town: Town, number: str) -> None:
    town.operator.post(f"/admin/receiving/{number}", **delivery(3), last="y")
    path = "/admin/rounds/C1/shortage/apply?policy=pro_rata&seen=0000000000000000"
    assert "请再看一次" in town.operator.text(town.operator.post(path).location)


def test_stock_is_counted_and_its_movements_are_listed(town: Town, number: str) -> None:
    town.operator.post(f"/admin/receiving/{number}", **delivery(6))
    assert "收货余量" in town.operator.text("/admin/stock/P1")
    export = town.operator.get("/admin/stock?export=xlsx&q=P1&warehouse=MAIN").data
    rows = list(openpyxl.load_workbook(BytesIO(export)).active.iter_rows(values_only=True))
    head = next(place for place, row in enumerate(rows) if "可用库存" in row)
    shown = dict(zip(rows[head], rows[head + 1], strict=True))
    assert (shown["可用库存"], shown["团期占用"]) == (2, 4)
    assert town.operator.post("/admin/stock/P1", seen="2", counted="5").status_code == 303
    late = town.operator.post("/admin/stock/P1", seen="2", counted="5")
    assert (late.status_code, "盘点之后库存有变" in late.get_data(as_text=True)) == (422, True)
    db.session.rollback()
    assert db.session.scalar(select(StockLevel.units)) == 5
    assert db.session.scalars(select(StockMovement.units).order_by(StockMovement.id)).all() == [2, 3]


def test_other_staff_receive_nothing(town: Town, number: str) -> None:
    finance = person(town, "finance")
    for path in (f"/admin/receiving/{number}", "/admin/stock/P1", "/admin/rounds/C1/shortage"):
        assert finance.get(path).status_code == 403
    assert person(town, "warehouse", "老王").get(f"/admin/receiving/{number}").status_code == 200


def test_a_delivery_from_a_workbook_fills_in_the_form_and_faults_come_back_marked(
    town: Town, number: str
) -> None:
    page = f"/admin/receiving/{number}"
    book = openpyxl.load_workbook(BytesIO(town.operator.get(f"{page}/template.xlsx").data))
    assert [cell.value for cell in book.active[2]][:2] == ["P1", "6"]

    def sent(text: str) -> object:
        return town.operator.post(f"{page}/file", file=(BytesIO(text.encode()), "delivery.csv"))

    head = "product_code,delivered,rejected,reason,batch,best_before\n"
    marked = sent(f"{head}P1,5,1,压坏,B7,2026-12-31\nP9,x,,,,\n")
    sheet = openpyxl.load_workbook(BytesIO(marked.data)).active
    assert any("错误原因" in str(cell.value) for cell in sheet[1])
    assert any("采购单里没有这个商品" in str(cell.value) for cell in sheet[3])
    assert sent("nonsense\n1\n").status_code == 422
    filled = sent(f"{head}P1,5,1,压坏,B7,2026-12-31\n").get_data(as_text=True)
    assert [mark in filled for mark in ('value="5"', 'value="B7"', 'value="2026-12-31"')] == [True] * 3
    assert db.session.scalar(select(GoodsReceipt.id)) is None


def test_photos_of_what_was_rejected_are_drawn_anew_and_bounded(town: Town, number: str) -> None:
    receipt = town.operator.post(f"/admin/receiving/{number}", **delivery(6, 2, "压坏")).location
    picture = BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    Image.new("RGB", (900, 600), "red").save(picture, "JPEG", exif=exif)

    def add(content: bytes, count: int = 1) -> str:
        files = [(BytesIO(content), f"{place}.jpg") for place in range(count)]
        town.operator.post(f"{receipt}/photos", photos=files)
        return town.operator.text(receipt)

    assert "<img" not in add(b"<script>")
    page = add(picture.getvalue())
    address = page.partition('<img src="')[2].partition('"')[0]
    with town.operator.get(address) as answer:
        stored = answer.data
    assert Image.open(BytesIO(stored)).size == (750, 500)
    assert b"taken at home" not in stored
    assert add(picture.getvalue(), 9).count("<img") == 8


def test_two_batches_of_a_product_come_at_once_and_are_found_by_their_day(town: Town, number: str) -> None:
    path, operator = f"/admin/receiving/{number}", town.operator
    page = operator.post(path, **delivery(3, **{"lines-0-batch": "B1"}), another="P1").get_data(as_text=True)
    assert page.count('value="B1"') == 1
    assert 'name="lines-1-code"' in page
    soon, later = today() + timedelta(days=2), today() + timedelta(days=60)
    first = {"lines-0-batch": "B1", "lines-0-best_before": str(soon)}
    second = {"lines-1-code": "P1", "lines-1-delivered": "3", "lines-1-batch": "B2"}
    fields = delivery(3, **first, **second, **{"lines-1-best_before": str(later)})
    assert operator.post(path, **fields).status_code == 303
    # 4 of 6 were ordered: all of B1 and one of B2 are handed out, two of B2 stay.
    assert ">B2<" in operator.text("/admin/stock/batches")
    assert "批库存已过期" not in operator.text("/admin/")
    assert ">B1<" not in operator.text("/admin/stock/batches?within=3")
    batches = {row.number: row for row in db.session.scalars(select(StockBatch))}
    assert (batches["B1"].units, batches["B2"].units) == (0, 2)
    went = operator.text(f"/admin/stock/batches/{batches['B1'].id}")
    assert ("可能" in went, "L1" in went, "GR-" in went) == (True, True, True)
    count = {"batch": str(batches["B2"].id), "seen": "2", "counted": "1"}
    assert operator.post("/admin/stock/P1", **count).status_code == 303
    assert operator.post("/admin/stock/P1", **count).status_code == 422
    gone = {"kind": "write_off", "batch": str(batches["B2"].id), "units": "1", "reason": "发霉"}
    assert operator.post("/admin/stock/P1/issue", **gone, submission_key="w").status_code == 303
    assert "没有库存" in operator.text("/admin/stock/batches")
    export = operator.get(f"/admin/stock/batches/{batches['B2'].id}?export=xlsx").data
    cells = openpyxl.load_workbook(BytesIO(export)).active.iter_rows(values_only=True)
    assert any("可能" in row for row in cells)


def test_the_lines_of_one_delivery_come_into_two_warehouses(town: Town, number: str) -> None:
    path, operator = f"/admin/receiving/{number}", town.operator
    assert "lines-0-warehouse" not in operator.text(path)
    add_warehouse("G1")
    first = delivery(2, **{"lines-0-warehouse": "G1"}, warehouse="MAIN")
    page = operator.post(path, **first, another="P1").get_data(as_text=True)
    assert page.count('value="G1" selected') + page.count('selected value="G1"') == 1
    second = {"lines-1-code": "P1", "lines-1-delivered": "4", "lines-1-warehouse": ""}
    receipt = operator.post(path, **first | second).location
    shown = operator.text(receipt)
    assert ("G1仓" in shown, "中心仓" in shown) == (True, True)
    book = openpyxl.load_workbook(BytesIO(operator.get(f"{receipt}?export=xlsx").data))
    rows = list(book.active.iter_rows(values_only=True))
    place = next(row for row in rows if "仓库" in row).index("仓库")
    assert [row[place] for row in rows if row[0] == "P1"] == ["G1仓", "中心仓"]


def test_all_as_ordered_fills_in_a_product_of_two_lines_once(town: Town, number: str) -> None:
    lines = delivery("") | {"lines-1-code": "P1", "lines-1-delivered": ""}
    page = town.operator.post(f"/admin/receiving/{number}", **lines, fill="1").get_data(as_text=True)
    assert page.count('value="6"') == 1
