"""What changes after a round's close: late orders, a delay, the round called off."""

from io import BytesIO

import openpyxl
from sqlalchemy import select

from groupbuy.accounts import queries
from groupbuy.db import db
from groupbuy.orders.models import Order
from tests.web.admin.people import Town, sign_in


def test_a_late_order_is_placed_once_and_its_amendment_marked_told(town: Town, number: str) -> None:
    assert town.operator.post(f"/admin/purchasing/{number}/sent").status_code == 303
    path = "/admin/rounds/C1/late-order"
    assert "阿克苏苹果" in town.operator.text(path)
    assert "补单" in town.operator.text("/admin/rounds/C1")
    fields = {"lines-0-code": "P1", "lines-0-quantity": "", "lines-1-code": "P2", "lines-1-quantity": "5"}
    fields |= {"submission_key": "late", "resident": "NOBODY"}
    assert town.operator.post(path, **fields).status_code == 422
    fields["resident"] = town.resident.code
    places = {town.operator.post(path, **fields).location for _ in range(2)}
    assert len(places) == 1
    page = town.operator.text(f"/admin/purchasing/{number}")
    assert ("本地鸡毛菜 0 → 6" in page, "尚未告知" in page) == (True, True)
    paper = f"/admin/purchasing/amendments/{number}-A1"
    book = openpyxl.load_workbook(BytesIO(town.operator.get(f"{paper}.xlsx").data))
    cells = [cell.value for row in book.active.iter_rows() for cell in row if cell.value is not None]
    assert {"采购变更单", "P2", 6} <= set(cells)
    assert any(f"{number}-A1" in str(cell) for cell in cells)
    assert town.operator.get(f"{paper}.pdf").data.startswith(b"%PDF")
    answer, link = f"/admin/purchasing/{number}/answer", f'href="{paper}.pdf"'
    assert link in town.operator.text(answer)
    assert town.operator.post(f"{paper}/told").status_code == 303
    assert "尚未告知" not in town.operator.text(f"/admin/purchasing/{number}")


def test_a_late_order_of_an_unusual_quantity_is_asked_about_once(town: Town, number: str) -> None:
    path = "/admin/rounds/C1/late-order"
    fields = {"lines-0-code": "P1", "lines-1-code": "P2", "lines-1-quantity": "100", "submission_key": "late"}
    fields |= {"resident": town.resident.code}
    assert 'name="confirmed"' not in town.operator.text(path)
    asked = town.operator.post(path, **fields)
    assert (asked.status_code, 'name="confirmed"' in asked.get_data(as_text=True)) == (422, True)
    assert town.operator.post(path, **fields, confirmed="y").status_code == 303


def test_a_round_is_delayed_a_resident_cancels_free_and_the_rest_is_called_off(
    town: Town, number: str
) -> None:
    order = db.session.scalars(select(Order).where(Order.resident_id == town.resident.id)).one()
    buyer = sign_in(town.app, queries.get_account(town.resident.account_id), "resident")
    path = "/admin/rounds/C1/delay"
    assert "到货前居民可以免费取消" in town.operator.text(path)
    assert town.operator.post(path, pickup_date="2026-11-23", reason="大雪").status_code == 422
    assert town.operator.post(path, pickup_date="2026-11-25", reason="大雪").status_code == 303
    assert "由 11月23日 周一 延期至 11月25日" in town.operator.text("/admin/rounds/C1")
    page = buyer.text(f"/orders/{order.number}")
    assert ("大雪" in page, "免费取消" in page) == (True, True)
    assert "取消不收费" in buyer.text(f"/orders/{order.number}/free-cancel")
    town.app.config["WTF_CSRF_ENABLED"] = False
    assert buyer.client.post(f"/orders/{order.number}/free-cancel").status_code == 303
    assert "因延期由您取消" in buyer.text(f"/orders/{order.number}")
    assert town.operator.post("/admin/rounds/C1/call-off", reason="供应商停业").status_code == 303
    assert "供应商停业" in town.operator.text("/admin/rounds/C1")
