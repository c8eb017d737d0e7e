"""Weighing on the operator's pages, from a workbook, over the API and by command."""

from io import BytesIO
from pathlib import Path

import openpyxl
import pytest

from groupbuy.accounts import service as accounts
from groupbuy.accounts import tokens
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.kernel.clock import utc_now
from groupbuy.orders.models import Order
from tests import building
from tests.support.commands import Run
from tests.web.admin.conftest import town
from tests.web.admin.people import TOKEN, Town
from tests.web.admin.test_staff import person
from tests.weighing.test_weighing import bass

__all__ = ["town"]
PATH = "/admin/rounds/C2/weights"


@pytest.fixture
def orders(town: Town) -> list[Order]:
    """Close a round C2 with two orders of sea bass: two fish of Mrs Wang's, one of Mr Li's."""
    round_ = building.add_round([bass("P9")], "C2")
    placed = [
        building.place(round_, town.resident, {"P9": 2}),
        building.place(round_, building.add_resident(town.leader, name="李先生"), {"P9": 1}),
    ]
    building.close(town.app, round_, now=building.CLOSES)
    return placed


def typed(orders: list[Order], *grams: str, **more: str) -> dict[str, str]:
    """Return the fields of the form with what each order's line weighs."""
    fields = dict(more)
    for place, (order, text) in enumerate(zip(orders, grams, strict=True)):
        line = {"order_no": order.number, "product_code": "P9", "seen": "0", "grams": text}
        fields |= {f"lines-{place}-{name}": value for name, value in line.items()}
    return fields


def test_the_warehouse_weighs_bag_by_bag_and_settles(town: Town, orders: list[Order]) -> None:
    staff = person(town, "warehouse", "老王")
    assert "还有 2 行未称重" in staff.text(PATH)
    page = staff.text(f"{PATH}/of/L1")
    staff.token = TOKEN.findall(page)[0]
    assert ("约 1.5kg，预估 ¥39.84" in page, "李先生" in page) == (True, True)
    early = staff.post(f"{PATH}/settle")
    assert (early.status_code, f"{orders[0].number} P9" in early.text) == (422, True)
    # 5 kg of a fish of 750 g is asked about, and then it counts.
    slip = staff.post(f"{PATH}/of/L1", **typed(orders, "1350", "5000"))
    assert (slip.status_code, "没有写错，就是这个实重" in slip.text) == (422, True)
    assert "李先生 · 鲈鱼: 预估约 750 克" in slip.text
    bad = staff.post(f"{PATH}/of/L1", **typed(orders, "x", ""))
    assert (bad.status_code, "请填整数克" in bad.text) == (422, True)
    assert staff.post(f"{PATH}/of/L1", **typed(orders, "1350", "5000", sure="y")).status_code == 303
    # 1350 g are ¥35.86, ¥3.98 less; 5 kg would be ¥132.80 and stop at a fifth more than ¥19.92: ¥23.90.
    assert "应退 ¥3.98，应补 ¥3.98" in staff.text(f"{PATH}/settle")
    assert staff.post(f"{PATH}/settle").status_code == 303
    assert "全部实重已结算" in staff.text(PATH)
    detail = town.operator.text(f"/admin/orders/{orders[0].number}")
    assert ("实重 1.35kg" in detail, "比预估少 ¥3.98" in detail) == (True, True)
    assert person(town, "finance").get(PATH).status_code == 403
    assert "没有要称重的商品" in town.operator.text("/admin/rounds/C1/weights")


def test_a_workbook_is_entered_whole_or_comes_back_marked(town: Town, orders: list[Order]) -> None:
    template = town.operator.get(f"{PATH}/template.xlsx")
    book = openpyxl.load_workbook(BytesIO(template.data))
    sheet = book.worksheets[0]
    named = {sheet.cell(row, 1).value: row for row in (2, 3)}
    assert set(named) == {order.number for order in orders}

    def send(*grams: str) -> object:
        for order, text in zip(orders, grams, strict=True):
            sheet.cell(named[order.number], 3).value = text
        content = BytesIO()
        book.save(content)
        content.seek(0)
        return town.operator.post(f"{PATH}/file", file=(content, "w.xlsx"))

    town.operator.text("/admin/settings")
    faulty = send("135000", "ein Kilo")
    back = openpyxl.load_workbook(BytesIO(faulty.data)).worksheets[0]
    marked = {str(cell.value) for row in back.iter_rows() for cell in row if cell.value}
    assert any("请填整数克" in text for text in marked)
    assert any("如果没有写错请确认" in text for text in marked)
    assert "还有 2 行未称重" in town.operator.text(PATH)
    assert send("1350", "700").status_code == 303
    assert "行未称重" not in town.operator.text(PATH)
    empty = town.operator.post(f"{PATH}/file", file=(BytesIO(b"order_no,product_code,grams\n"), "w.csv"))
    assert empty.status_code == 303


def test_programs_weigh_and_settle_over_the_api(town: Town, orders: list[Order]) -> None:
    account = building.add_account("程序")
    with transaction():
        accounts.grant_role(account=account, role="warehouse", now=utc_now(), actor="test")
        secret, _ = tokens.issue_token(account=account, role="warehouse", now=utc_now(), actor="test")
    client, bearer = town.app.test_client(), {"Authorization": f"Bearer {secret}"}
    path = "/api/v1/rounds/C2/weights"
    lines = [
        {"order_no": order.number, "product_code": "P9", "weight": weight, "seen": 0}
        for order, weight in zip(orders, ("700+650", "2100042007505"), strict=True)
    ]
    assert client.post(f"{path}/settlement", headers=bearer).json["error"]["code"] == "weights_missing"
    answer = client.post(path, json={"lines": lines}, headers=bearer)
    assert answer.json == {"entered": 2, "missing": 0}
    assert client.post(path, json={"lines": lines}, headers=bearer).json["entered"] == 0
    twice = lines[1] | {"weight": "2100042007505 2100042007505", "seen": None}
    asked = client.post(path, json={"lines": [lines[0], twice]}, headers=bearer).json["error"]
    assert (asked["code"], asked["param"]) == ("scanned_twice", "lines[1].weight")
    misread = lines[1] | {"weight": "2100042007504"}
    refused = client.post(path, json={"lines": [misread]}, headers=bearer).json["error"]
    assert (refused["code"], refused["param"]) == ("bad_barcode", "lines[0].weight")
    # ¥35.86 for ¥39.84, and 750 g are just the estimate.
    settled = client.post(f"{path}/settlement", headers=bearer).json
    assert settled == {"lines": 2, "more_fen": 0, "less_fen": 398}
    shown = client.get(path, headers=bearer).json
    assert [(line["grams"], line["amount_fen"], line["settled"]) for line in shown["lines"]] == [
        (750, 1992, True),
        (1350, 3586, True),
    ]


def test_the_command_reads_a_file_and_settles(orders: list[Order], cli_runner: Run, tmp_path: Path) -> None:
    rows = "".join(f"{order.number},P9,750\n" for order in orders)
    file = tmp_path / "w.csv"
    file.write_text(f"order_no,product_code,grams\n{rows}")
    db.session.rollback()
    refused = cli_runner("weights", "C2", "--settle", check=False)
    assert (refused.exit_code, "2 lines have no weight yet" in refused.stderr) == (1, True)
    worse = tmp_path / "worse.csv"
    worse.write_text("order_no,product_code,grams\n" + rows.replace(",750", ",75000"))
    named = cli_runner("weights", "C2", "--file", worse, check=False)
    assert (named.exit_code, named.stderr.count("unlikely_weight")) == (1, 2)
    # One fish for two: 750 g of 1500 expected.
    done = cli_runner("weights", "C2", "--file", file, "--settle", "--json").json
    assert (done["entered"], done["settled"], done["less_fen"], done["missing"]) == (2, 2, 1992, 0)
