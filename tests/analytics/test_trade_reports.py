"""Reports of a hand-computed day: each agrees with the ledger to the fen, on pages and in files."""

import csv
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from io import BytesIO, StringIO
from threading import Barrier
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import event

from groupbuy.analytics import trade_base, trade_reports
from groupbuy.analytics.trade_base import Report, Wanted
from groupbuy.campaigns.models import Round
from groupbuy.commissions.rules import Rate
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.finance import rules
from groupbuy.finance.models import Posting
from groupbuy.flows import bookkeeping, crediting, weighing
from groupbuy.flows.weighing import Entry
from groupbuy.jobs import files
from groupbuy.jobs.models import MadeFile
from groupbuy.kernel.money import format_yuan
from groupbuy.leaders.models import Leader
from groupbuy.orders.models import Order, OrderLine
from groupbuy.purchasing import queries as purchasing
from groupbuy.scheduler.setup import handlers_of
from groupbuy.scheduler.tick import tick_until_idle
from groupbuy.settlements.rules import start_of
from tests import building
from tests.money import hand_out, keep
from tests.orders.test_fees import charge
from tests.warehouse import day
from tests.warehouse.test_warehouses import add_warehouse
from tests.web.test_money_pages import browser, finance

PICKED = day.ARRIVES + timedelta(hours=3)
KEPT = PICKED + timedelta(minutes=5)
SPAN = f"since={PICKED:%Y-%m-%d}&until={PICKED:%Y-%m-%d}"
# What a row below the rows of a file begins with.
ENDS = ("合计", "账面金额")
TODAY = Wanted(start_of(PICKED.date()), start_of(PICKED.date() + timedelta(days=1)))


@pytest.fixture(autouse=True)
def trade(app: Flask) -> Iterator[None]:
    """Sell 10 of P1 and 4 of P2 at ¥9.90 with 10 % commission through two leaders, each on a route.

    12 of P1 come at ¥5.00, one broken, and 6 of P2 at ¥3.33 into a grid warehouse; all but one order
    are picked up. Each order pays ¥3.00 for freight, and the second one ¥2.50 to the door.
    """
    add_warehouse("G1")
    app.config["WTF_CSRF_ENABLED"] = False
    building.set_commission(Rate(rate_bp=1000))
    supplier, other = building.add_supplier("S1"), building.add_supplier("S2", name="=水果行")
    products = [building.add_product(supplier, "P1"), building.add_product(other, "P2", cost_fen=333)]
    leaders = [building.add_leader("L1", route="东线"), building.add_leader("L2", route="西线")]
    round_ = building.add_round(products, freight_fen=300)
    wishes = ((leaders[0], {"P1": 7, "P2": 1}), (leaders[1], {"P1": 3, "P2": 1}), (leaders[1], {"P2": 2}))
    orders = [building.place(round_, building.add_resident(leader), wish) for leader, wish in wishes]
    charge(orders[1], 250)
    building.close(app, round_)
    for order in purchasing.orders_of_round(round_.id):
        lines = {line.product.code: line.purchased for line in order.lines}
        rejected, place = ({"P1": 1}, "MAIN") if "P1" in lines else ({}, "G1")
        day.receive(order.number, lines, rejected=rejected, warehouse_code=place, last=True)
    for order in orders[:2]:
        hand_out(order, PICKED)
    keep(KEPT)
    with time_machine.travel(KEPT, tick=False):
        yield


def sums(name: str, wanted: Wanted = TODAY) -> tuple[dict[str, int], int | None]:
    found = trade_base.figures(trade_reports.get_report(name), wanted)
    return dict(found.sums), found.booked


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
        ("&leader=nobody", 0, 0),
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


@pytest.mark.parametrize("late", [timedelta(minutes=2), timedelta(hours=9)])
@pytest.mark.parametrize("last_of_month", [False, True])
def test_what_is_handed_out_before_midnight_and_booked_after_it_belongs_to_the_day(
    last_of_month: bool, late: timedelta
) -> None:
    night = TODAY.until.replace(month=11, day=30) if last_of_month else TODAY.until
    before = Wanted(night - timedelta(days=1), night)
    after = Wanted(night, night + timedelta(days=1))
    earlier = sums("sales", before)[0]["amount"]
    freight = sums("freight-leader", before)[0]["freight"]
    waits = _sell_one_more(night - timedelta(minutes=2), booked=night + late)
    assert sums("sales", before) == ({"units": 2 + earlier // 990, "amount": earlier + 1980}, earlier + 1980)
    assert sums("sales", after) == ({"units": 0, "amount": 0}, 0)
    assert sums("freight-leader", before)[0]["freight"] == freight + 300
    assert sums("freight-leader", after) == ({"orders": 0, "freight": 0, "door": 0, "amount": 0}, 0)
    month = rules.period_of(night - timedelta(minutes=2))
    booked = db.session.query(Posting).filter(Posting.cause_id.in_((str(waits.id), f"{waits.id}:freight")))
    assert {one.period for one in booked if one.cause_kind in ("order_sale", "order_fee")} == {month}


def _sell_one_more(at: datetime, *, booked: datetime) -> Order:
    """Hand out the order that waits, and keep the books later."""
    waits = db.session.query(Order).filter(Order.picked_up_at.is_(None)).one()
    hand_out(waits, at)
    keep(booked)
    return waits


def test_a_month_is_closed_with_all_that_was_handed_out_in_it() -> None:
    night = TODAY.until.replace(month=11, day=30)
    month, closed = rules.period_of(night - timedelta(minutes=2)), night + timedelta(hours=9)
    waits = db.session.query(Order).filter(Order.picked_up_at.is_(None)).one()
    hand_out(waits, night - timedelta(minutes=2))
    # Nobody has kept the books since.
    assert in_transaction(lambda: bookkeeping.close_month(period=month, now=closed, actor="test"))
    before = Wanted(night - timedelta(days=1), night)
    assert sums("sales", before) == ({"units": 2, "amount": 1980}, 1980)
    keep(closed + timedelta(minutes=5))
    assert sums("sales", Wanted(night, night + timedelta(days=1))) == ({"units": 0, "amount": 0}, 0)
    assert not in_transaction(lambda: bookkeeping.close_month(period=month, now=closed, actor="test"))


def test_what_is_refunded_after_its_month_was_closed_counts_in_the_open_one() -> None:
    night = TODAY.until.replace(month=11, day=30)
    waits = _sell_one_more(night - timedelta(minutes=2), booked=night + timedelta(minutes=2))
    closed, later = night + timedelta(hours=2), night + timedelta(days=1)
    month = rules.period_of(night - timedelta(minutes=2))
    in_transaction(lambda: bookkeeping.close_month(period=month, now=closed, actor="test"))
    _refund(waits, later)
    before, after = Wanted(night - timedelta(days=1), night), Wanted(night, night + timedelta(days=2))
    assert sums("sales", before) == ({"units": 2, "amount": 1980}, 1980)
    assert sums("sales", after) == ({"units": -2, "amount": -1980}, -1980)
    assert sums("freight-leader", before)[1] == 300
    assert sums("freight-leader", after)[0]["freight"] == -300


def test_what_is_refunded_before_its_sale_is_booked_leaves_both_days_with_their_ledger() -> None:
    night = TODAY.until
    waits = db.session.query(Order).filter(Order.picked_up_at.is_(None)).one()
    hand_out(waits, night - timedelta(minutes=2))
    _refund(waits, night + timedelta(minutes=1))
    keep(night + timedelta(minutes=3))
    before, after = Wanted(night - timedelta(minutes=5), night), Wanted(night, night + timedelta(days=1))
    assert sums("sales", before) == ({"units": 2, "amount": 1980}, 1980)
    assert sums("sales", after) == ({"units": -2, "amount": -1980}, -1980)


def _refund(order: Order, now: datetime) -> None:
    line = db.session.query(OrderLine).filter_by(order_id=order.id).one()
    with transaction():
        crediting.take_off({line.id: line.quantity}, cause=f"test:{line.id}", now=now, actor=building.ACTOR)


def test_weights_settled_before_a_sale_is_booked_leave_both_days_with_their_ledger(app: Flask) -> None:
    fish = building.add_product(
        building.add_supplier("S3"), "P3", price_fen=1328, weighed=True, price_basis_g=500, est_grams=750
    )
    round_ = building.add_round([fish], "C2", freight_fen=300)
    leader = db.session.query(Leader).filter_by(code="L1").one()
    orders = [building.place(round_, building.add_resident(leader), {"P3": 1}) for _ in range(3)]
    building.close(app, round_)
    (bought,) = purchasing.orders_of_round(round_.id)
    day.receive(bought.number, {"P3": 3}, last=True)
    night = TODAY.until
    for order in orders:
        hand_out(order, night - timedelta(minutes=2))
    _weigh_and_settle(round_, {order.number: "700" for order in orders}, night + timedelta(minutes=1))
    keep(night + timedelta(minutes=3))
    before, after = Wanted(night - timedelta(minutes=5), night), Wanted(night, night + timedelta(days=1))
    # ¥19.92 each as estimated, 700 g are 1859.2 fen.
    assert sums("sales", before) == ({"units": 3, "amount": 5976}, 5976)
    assert sums("sales", after) == ({"units": 0, "amount": -399}, -399)
    assert sums("freight-leader", before)[0]["freight"] == 900
    assert day.wrong() == []


def _weigh_and_settle(round_: Round, weights: dict[str, str], now: datetime) -> None:
    entries = [Entry(number, "P3", text) for number, text in weights.items()]
    with transaction():
        stored = db.session.get_one(Round, round_.id)
        who: dict[str, Any] = {"now": now, "actor": building.ACTOR}
        weighing.enter_weights(round_=stored, entries=entries, layouts=(), **who)
        assert weighing.settle_weights(round_=stored, **who) is not None


def test_purchases_are_asked_for_one_warehouse(app: Flask) -> None:
    main, grid = (Wanted(TODAY.since, TODAY.until, warehouse=code) for code in ("MAIN", "G1"))
    came = {"delivered": 12, "rejected": 1, "accepted": 11, "amount": 5500}
    assert sums("purchases", main) == (came, None)
    came = {"delivered": 6, "rejected": 0, "accepted": 6, "amount": 6 * 333}
    assert sums("purchases", grid) == (came, None)
    office = finance(app)
    page = office.get("/admin/reports/purchases?warehouse=G1").text
    assert ("P2" in page, 'name="warehouse" value="G1"' in page, "P1" in page) == (True, True, False)
    span = f"since={PICKED:%Y-%m-%d}&until={PICKED:%Y-%m-%d}"
    assert office.get(f"/api/v1/reports/purchases?{span}&warehouse=G1").json["sums"] == came


@pytest.mark.parametrize("name", list(trade_reports.REPORTS))
def test_a_report_is_a_page_and_two_files_in_few_queries(app: Flask, name: str) -> None:
    office = finance(app)
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    page = office.get(f"/admin/reports/{name}").text
    assert "与账面一致" in page
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


def test_a_file_made_in_the_background_is_fetched_by_who_asked(app: Flask) -> None:
    office, other = finance(app), finance(app)
    span = {"since": f"{PICKED:%Y-%m-%d}", "until": f"{PICKED:%Y-%m-%d}", "suffix": "csv", "leader": "L2"}
    # Who asks twice waits for one file; a workbook of the same is another.
    for suffix in ("csv", "csv", "xlsx"):
        assert office.post("/admin/reports/sales/make", data=span | {"suffix": suffix}).status_code == 303
    assert [row.suffix for row in db.session.query(MadeFile).order_by(MadeFile.id)] == ["csv", "xlsx"]
    assert 'value="csv"' in office.get("/admin/reports/sales").text
    waiting = office.get("/admin/reports/files").text
    assert ("排队" in waiting, 'hx-trigger="every 5s"' in waiting) == (True, True)
    tick_until_idle(now=KEPT, zone=building.ZONE, handlers=handlers_of(app), note=lambda _: None)
    made = office.get("/admin/reports/files").text
    assert ("/admin/reports/files/1" in made, "hx-trigger" in made) == (True, False)
    content = office.get("/admin/reports/files/1").text
    assert content.count("\n") == 3
    assert "29.70" in content
    assert other.get("/admin/reports/files/1").status_code == 404
    assert files.files_of(0) == []


def test_who_asks_at_the_same_moment_in_several_windows_waits_for_one_file(app: Flask) -> None:
    account = building.add_account("财务")
    windows = [browser(app, account, "finance") for _ in range(4)]
    span = {"since": f"{PICKED:%Y-%m-%d}", "until": f"{PICKED:%Y-%m-%d}", "suffix": "csv"}
    start = Barrier(len(windows))

    def ask(window: FlaskClient) -> int:
        with app.app_context():
            start.wait()
            return window.post("/admin/reports/sales/make", data=span).status_code

    db.session.rollback()
    with ThreadPoolExecutor(len(windows)) as pool:
        assert list(pool.map(ask, windows)) == [303] * len(windows)
    assert db.session.query(MadeFile).count() == 1
