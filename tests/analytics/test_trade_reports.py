"""Reports of a hand-computed day: each agrees with the ledger to the fen, on pages and in files."""

import csv
from collections.abc import Sequence
from datetime import timedelta
from io import BytesIO, StringIO
from typing import Any

import pytest
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy import event, select

from groupbuy.analytics import trade_reports
from groupbuy.analytics.trade_base import Report, Wanted
from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.kernel.money import format_yuan
from groupbuy.warehouse import stock
from tests.analytics.trade import ENDS, PICKED, SPAN, TODAY, sums
from tests.money import keep
from tests.web.test_money_pages import finance

pytestmark = pytest.mark.usefixtures("trade")


def test_every_report_agrees_with_the_ledger_to_the_fen() -> None:
    # 11 × ¥5.00 + 6 × ¥3.33
    bought = 5500 + 1998
    # 10 of P1 and 2 of P2 have been picked up.
    sold = 12 * 990
    assert sums("purchases") == ({"delivered": 18, "rejected": 1, "accepted": 17, "amount": bought}, bought)
    assert sums("sales") == ({"units": 12, "amount": sold}, sold)
    # One of P1 and two of P2 were ordered by nobody.
    stock = 500 + 2 * 333
    assert sums("stock") == ({"units": 3, "amount": stock}, stock)
    moved = {"bought": 17, "bought_fen": bought, "sold": 12, "sold_fen": sold}
    assert sums("in-out") == (moved | {"stocked": 3, "stocked_fen": stock}, bought)
    cost = 10 * 500 + 2 * 333
    # A tenth of each line, rounded half up.
    commission = 693 + 99 + 297 + 99
    margin = {"units": 12, "amount": sold, "cost_fen": cost, "commission": commission}
    fees = {"orders": 2, "freight": 600, "door": 250, "amount": 850}
    for by in ("leader", "route"):
        assert sums(f"freight-{by}") == (fees, 850)
    for by in ("product", "leader", "supplier", "route"):
        assert sums(f"margin-{by}") == (margin | {"margin": sold - cost - commission}, sold)


def test_the_stock_of_a_past_day_stays_what_it_was(app: Flask) -> None:
    later = TODAY.until + timedelta(hours=3)
    product = db.session.scalars(select(Product).where(Product.code == "P1")).one()
    with transaction():
        stock.count(product=product, counted=0, seen=1, now=later, actor="account:1")
    # The books hear of it an hour after.
    keep(later + timedelta(hours=1))
    tomorrow = Wanted(TODAY.until, TODAY.until + timedelta(days=1))
    yesterday = Wanted(TODAY.since - timedelta(days=2), TODAY.since - timedelta(days=1))
    assert sums("stock", yesterday) == ({"units": 0, "amount": 0}, 0)
    assert sums("stock") == ({"units": 3, "amount": 1166}, 1166)
    assert sums("stock", tomorrow) == ({"units": 2, "amount": 666}, 666)
    page = finance(app).get(f"/admin/reports/stock?until={PICKED:%Y-%m-%d}").text
    assert "¥11.66" in page
    # Days the wrong way round are put right.
    turned = finance(app).get(f"/admin/reports/stock?since={PICKED:%Y-%m-%d}&until=2026-11-01").text
    assert "¥11.66" in turned
    file = finance(app).get(f"/admin/reports/stock?until={PICKED:%Y-%m-%d}&export=xlsx").data
    assert load_workbook(BytesIO(file)).active["A2"].value == f"截至：{PICKED:%Y-%m-%d}"


def test_income_and_expense_are_narrowed_to_the_fen_on_the_page_in_files_and_for_programs(app: Flask) -> None:
    office, month = finance(app), f"{PICKED:%Y-%m}"
    # What came (11 × ¥5.00 + 6 × ¥3.33) less what is in stock of it.
    goods = 5500 + 1998 - 500 - 2 * 333
    for narrow, income, expense in (
        # Commission is pending from the close on, of the order nobody has picked up as well.
        ("", 12 * 990 + 850, 693 + 99 + 297 + 99 + 198 + goods),
        ("&leader=L1", 0, 693 + 99),
        ("&leader=L2", 0, 297 + 99 + 198),
        ("&cause=order_sale", 12 * 990, 0),
        ("&account=income&cause=order_fee", 850, 0),
        ("&account=expense&cause=commission", 0, 693 + 99 + 297 + 99 + 198),
        ("&account=expense:goods&supplier=S1", 0, 5500),
        ("&account=exp", 0, 0),
        ("&supplier=S1&leader=L1", 0, 0),
    ):
        asked = f"since={month}&until={month}{narrow}"
        found = office.get(f"/api/v1/income-expense?{asked}").json
        assert (sum(found["income"].values()), sum(found["expense"].values())) == (income, expense), narrow
        sheet = load_workbook(BytesIO(office.get(f"/admin/ledger?{asked}&export=xlsx").data)).worksheets[0]
        total = next((row for row in sheet.values if row[0] == "合计"), (0,))[-1]
        assert round(total * 100) == income - expense
        page = office.get(f"/admin/ledger?{asked}").text
        assert ("ledger-chart" in page) == bool(found["income"] or found["expense"])
    narrowed = office.get(f"/admin/ledger?since={month}&until={month}&leader=L1&account=expense:commission")
    assert "leader=L1&amp;account=expense%3Acommission&amp;export=csv" in narrowed.text
    assert '<option value="expense:commission" selected>团长佣金' in narrowed.text


def test_a_margin_is_split_by_what_it_is_asked_by() -> None:
    rows = trade_reports.rows_of(trade_reports.get_report("margin-route"), TODAY, most=9)
    assert [(row.code, row.amount, row.margin) for row in rows] == [
        ("东线", 8 * 990, 8 * 990 - 3500 - 333 - 792),
        ("西线", 4 * 990, 4 * 990 - 1500 - 333 - 396),
    ]
    freight = trade_reports.rows_of(trade_reports.get_report("freight-route"), TODAY, most=9)
    assert [tuple(row) for row in freight] == [
        ("西线", "西线", 1, 300, 250, 550),
        ("东线", "东线", 1, 300, 0, 300),
    ]
    one = Wanted(TODAY.since, TODAY.until, leader="L1")
    assert sums("freight-leader", one) == ({"orders": 1, "freight": 300, "door": 0, "amount": 300}, None)
    assert rows[0].rate == (8 * 990 - 3500 - 333 - 792) * 10_000 // (8 * 990)


def test_another_day_and_another_leader_have_their_own_figures() -> None:
    tomorrow = Wanted(TODAY.until, TODAY.until + timedelta(days=1))
    assert sums("sales", tomorrow) == ({"units": 0, "amount": 0}, 0)
    one = Wanted(TODAY.since, TODAY.until, leader="L2", product="P1")
    assert sums("sales", one) == ({"units": 3, "amount": 2970}, None)


def test_purchases_are_asked_for_one_warehouse(app: Flask) -> None:
    main, grid = (Wanted(TODAY.since, TODAY.until, warehouse=code) for code in ("MAIN", "G1"))
    came = {"delivered": 12, "rejected": 1, "accepted": 11, "amount": 5500}
    assert sums("purchases", main) == (came, None)
    came = {"delivered": 6, "rejected": 0, "accepted": 6, "amount": 6 * 333}
    assert sums("purchases", grid) == (came, None)
    office = finance(app)
    page = office.get("/admin/reports/purchases?warehouse=G1").text
    assert (">P2<" in page, 'name="warehouse" value="G1"' in page, ">P1<" in page) == (True, True, False)
    span = f"since={PICKED:%Y-%m-%d}&until={PICKED:%Y-%m-%d}"
    assert office.get(f"/api/v1/reports/purchases?{span}&warehouse=G1").json["sums"] == came


@pytest.mark.parametrize("name", list(trade_reports.REPORTS))
def test_a_report_is_a_page_and_two_files_in_few_queries(app: Flask, name: str) -> None:
    office = finance(app)
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    page = office.get(f"/admin/reports/{name}").text
    assert "与账面一致" in page
    # What the chart shows stands there for who cannot see it.
    assert "<caption>" in page
    # Who asks, the figures, the ledger, the rows and the chart.
    assert len([one for one in asked if one.startswith("SELECT")]) <= 9
    sheet = load_workbook(BytesIO(office.get(f"/admin/reports/{name}?export=xlsx").data)).worksheets[0]
    assert sheet.max_row > 3
    assert "=水果行" not in office.get(f"/admin/reports/{name}?export=csv").text.replace("'=水果行", "")


CODES = {"supplier": "S2", "leader": "L2", "product": "P2", "route": "西线", "warehouse": "G1"}


@pytest.mark.parametrize("name", list(trade_reports.REPORTS))
def test_under_every_filter_page_workbook_and_csv_come_to_the_same_sums(app: Flask, name: str) -> None:
    report, office = trade_reports.get_report(name), finance(app)
    whole = dict(office.get(f"/api/v1/reports/{name}?{SPAN}").json["sums"])
    for narrow in ("", *report.narrows):
        asked = SPAN + (f"&{narrow}={CODES[narrow]}" if narrow else "")
        found = office.get(f"/api/v1/reports/{name}?{asked}").json
        assert (found["sums"] == whole) == (not narrow), narrow
        page = office.get(f"/admin/reports/{name}?{asked}").text
        book = load_workbook(BytesIO(office.get(f"/admin/reports/{name}?{asked}&export=xlsx").data))
        text = office.get(f"/admin/reports/{name}?{asked}&export=csv").data.decode("utf-8-sig")
        for rows in (list(book.worksheets[0].values), list(csv.reader(StringIO(text)))):
            assert summed(report, rows) == found["sums"], narrow
        for column in report.columns:
            if column.summed and column.kind == "money":
                assert format_yuan(found["sums"][column.key]) in page, (narrow, column.key)


def summed(report: Report, rows: Sequence[Sequence[Any]]) -> dict[str, int]:
    """Return the sums of a file's rows, those of the total left out, money in fen."""
    titles = [column.title for column in report.columns]
    start = next(at for at, row in enumerate(rows) if list(row[: len(titles)]) == titles) + 1
    body = [row for row in rows[start:] if len(row) >= len(titles) and row[0] and row[0] not in ENDS]
    sums = {}
    for at, column in enumerate(report.columns):
        if column.summed:
            factor = 100 if column.kind == "money" else 1
            values = (row[at] for row in body if row[at] not in (None, ""))
            sums[column.key] = sum(round(float(value) * factor) for value in values)
    return sums


@pytest.mark.parametrize("name", list(trade_reports.REPORTS))
def test_a_program_gets_a_report_in_pages(app: Flask, name: str) -> None:
    office = finance(app)
    path = f"/api/v1/reports/{name}?since={PICKED:%Y-%m-%d}&until={PICKED:%Y-%m-%d}"
    whole = office.get(path).json
    assert (len(whole["rows"]), whole["next_cursor"]) == (whole["count"], None)
    page = office.get(f"{path}&limit=1").json
    rows = page["rows"]
    while page["next_cursor"]:
        page = office.get(f"{path}&limit=1&cursor={page['next_cursor']}").json
        assert len(page["rows"]) == 1
        rows += page["rows"]
    assert rows == whole["rows"]
    assert len(rows) > 1
    assert office.get(f"{path}&cursor=x").json["error"]["param"] == "cursor"
