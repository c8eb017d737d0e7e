"""The finance journal: every figure opens down to its entries, and each entry names its cause and who."""

import csv
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO, StringIO
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook

from groupbuy.analytics import journal
from groupbuy.analytics.journal import Asked
from groupbuy.analytics.money_report import Narrow, income_expense
from groupbuy.commissions.rules import Rate
from groupbuy.db import db
from groupbuy.finance.models import Posting
from groupbuy.orders.models import Order
from groupbuy.purchasing import queries as purchasing
from groupbuy.warehouse.models import GoodsReceipt
from tests import building
from tests.money import hand_out, keep
from tests.orders.test_fees import charge
from tests.warehouse import day
from tests.web.test_money_pages import finance

PICKED = day.ARRIVES + timedelta(hours=3)
MONTH = f"{PICKED:%Y-%m}"
ALL = Asked("2026-01", "2027-12", Narrow())


@pytest.fixture
def order(app: Flask) -> Iterator[Order]:
    """Sell 2 of P1 with ¥2.50 to the door, deliver it and hand it out."""
    app.config["WTF_CSRF_ENABLED"] = False
    building.set_commission(Rate(rate_bp=1000))
    leader = building.add_leader("L1")
    round_ = building.add_round([building.add_product(building.add_supplier("S1"), "P1")])
    order = building.place(round_, building.add_resident(leader), {"P1": 2})
    charge(order, 250)
    building.close(app, round_)
    for bought in purchasing.orders_of_round(round_.id):
        day.receive(bought.number, {line.product.code: line.purchased for line in bought.lines}, last=True)
    hand_out(order, PICKED)
    keep(PICKED + timedelta(minutes=5))
    with time_machine.travel(PICKED + timedelta(minutes=6), tick=False):
        yield order


def listed(office: FlaskClient, **wish: str) -> Any:
    asked = {"since": "2026-01", "until": "2027-12"} | wish
    answer = office.get("/api/v1/postings", query_string=asked)
    assert answer.status_code == 200, answer.text
    return answer.json


@pytest.mark.usefixtures("order")
def test_every_figure_of_income_and_expense_is_the_sum_of_its_entries(app: Flask) -> None:
    report, office = income_expense(MONTH, MONTH), finance(app)
    figures = {**report.income, **report.expense, **report.money}
    assert len(figures) >= 4
    page = office.get(f"/admin/ledger?since={MONTH}&until={MONTH}").text
    for account, fen in figures.items():
        found = listed(office, since=MONTH, until=MONTH, account=account)
        assert abs(found["credited_fen"] - found["debited_fen"]) == abs(fen), account
        assert sum(one["amount_fen"] for one in found["items"]) == found["moved_fen"]
        link = f"/admin/ledger/journal?since={MONTH}&amp;until={MONTH}&amp;account={account}"
        assert link.replace(":", "%3A") in page or link in page, account
    whole = journal.sums(ALL)
    assert whole.entries == db.session.query(Posting).count()


def test_an_entry_names_its_cause_its_paper_and_who(app: Flask, order: Order) -> None:
    office = finance(app)
    of_order = listed(office, paper=order.number)["items"]
    assert {(one["cause"], one["paper"], one["actor"]) for one in of_order} == {
        ("order_sale", order.number, "scheduler"),
        ("order_fee", order.number, "scheduler"),
    }
    assert sum(one["amount_fen"] for one in of_order) == 2 * 990 + 250
    receipt = db.session.query(GoodsReceipt).one().number
    (bought,) = listed(office, paper=receipt)["items"]
    assert (bought["debit"], bought["credit"][:17]) == ("expense:goods", "payable:supplier:")
    assert listed(office, paper="nothing")["count"] == 0
    page = office.get("/admin/ledger/journal?since=2026-01&until=2027-12").text
    for words in ("应付供应商 S1", "佣金冻结 L1", "商品售出", "定时任务", order.number):
        assert words in page, words


def test_the_files_hold_what_the_page_shows_under_each_filter(app: Flask, order: Order) -> None:
    office = finance(app)
    for wish in (
        {},
        {"account": "expense"},
        {"cause": "order_sale"},
        {"leader": "L1"},
        {"supplier": "S1"},
        {"paper": order.number},
    ):
        moved = listed(office, **wish)["moved_fen"]
        asked = {"since": "2026-01", "until": "2027-12"} | wish
        path = "/admin/ledger/journal"
        file = office.get(path, query_string=asked | {"export": "xlsx"}).data
        rows = [row for row in load_workbook(BytesIO(file)).worksheets[0].values if isinstance(row[0], int)]
        assert round(sum(row[7] for row in rows) * 100) == moved, wish
        text = office.get(path, query_string=asked | {"export": "csv"}).data.decode("utf-8-sig")
        lines = list(csv.DictReader(StringIO(text)))
        assert round(sum(float(line["金额"]) for line in lines) * 100) == moved, wish
    assert office.get("/admin/ledger/journal?since=nonsense").status_code == 200
    assert office.get("/api/v1/postings?since=2026-13&until=2026-13").status_code == 422


@pytest.mark.usefixtures("order")
def test_entries_come_in_pages_that_hold_each_once(app: Flask) -> None:
    office, seen, cursor = finance(app), [], None
    while True:
        page = listed(office, limit="2", **({"cursor": cursor} if cursor else {}))
        seen += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert sorted(seen) == sorted(row.id for row in db.session.query(Posting))
