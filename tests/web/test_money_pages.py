"""Money on pages: a leader asks, finance pays, cash comes in, and reports agree with the ledger."""

from collections.abc import Iterator
from io import BytesIO

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import select

from groupbuy.accounts import queries as accounts
from groupbuy.accounts.models import Account
from groupbuy.analytics import invariants_ledger
from groupbuy.commissions import bonuses, withdrawals
from groupbuy.commissions.models import CommissionExtra
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.finance import queries, rules
from groupbuy.flows import ordering
from groupbuy.leaders.models import Leader
from groupbuy.orders.models import Order
from groupbuy.payments.models import RefundRequest
from tests import building
from tests.api.conftest import person_of
from tests.money import SETTLED, dial, earn, hand_out, keep, sell
from tests.support.seats import appoint

WANTED = {"amount": "50", "method": "bank", "payee": "6222", "payee_name": "王五", "submission_key": "k"}


@pytest.fixture(autouse=True)
def clock(app: Flask) -> Iterator[None]:
    app.config["WTF_CSRF_ENABLED"] = False
    with time_machine.travel(SETTLED, tick=False):
        yield


def browser(app: Flask, account: Account, role: str) -> FlaskClient:
    return appoint(app, account, role, SETTLED)


def of_leader(app: Flask, leader: Leader) -> FlaskClient:
    return browser(app, accounts.get_account(leader.account_id), "leader")


def finance(app: Flask) -> FlaskClient:
    return browser(app, building.add_account("财务"), "finance")


def test_a_withdrawal_goes_from_the_leaders_page_to_paid(app: Flask) -> None:
    leader = earn(app)
    desk, office = of_leader(app, leader), finance(app)
    assert "¥99.00" in desk.get("/leader/money").text
    for _ in range(3):
        assert desk.post("/leader/money", data=WANTED).status_code == 303
    (row,) = withdrawals.withdrawals_of(leader.id)
    assert row.number in office.get("/admin/withdrawals").text
    assert "6222" in office.get(f"/admin/withdrawals/{row.number}/approve").text
    assert office.post(f"/admin/withdrawals/{row.number}/approve").status_code == 303
    assert office.post("/admin/withdrawals/batch").status_code == 303
    file = office.get("/admin/withdrawals/batch/1.xlsx")
    assert row.number in str(list(load_workbook(BytesIO(file.data)).worksheets[0].values))
    assert row.number in office.get("/admin/withdrawals/batch/1.csv").text
    # The bank may have paid it already.
    assert "已在打款文件 1 中" in office.get(f"/admin/withdrawals/{row.number}/reject").text
    office.post(f"/admin/withdrawals/{row.number}/paid", data={"proof": "流水 778"})
    assert "流水 778" in desk.get("/leader/money").text
    assert withdrawals.money_of(leader.id).available_fen == 4900


def test_too_large_a_withdrawal_says_so_beside_its_form(app: Flask) -> None:
    answer = of_leader(app, earn(app)).post("/leader/money", data=WANTED | {"amount": "99.01"})
    assert answer.status_code == 422
    assert "余额不足" in answer.text


def test_a_rejection_tells_the_leader_why(app: Flask) -> None:
    leader = earn(app)
    desk, office = of_leader(app, leader), finance(app)
    desk.post("/leader/money", data=WANTED)
    number = withdrawals.withdrawals_of(leader.id)[0].number
    assert office.post(f"/admin/withdrawals/{number}/reject").status_code == 422
    office.post(f"/admin/withdrawals/{number}/reject", data={"reason": "账号不对"})
    assert "账号不对" in desk.get("/leader/money").text


def test_a_statement_opens_down_to_the_rounds_lines_and_adds_up_to_the_ledger(app: Flask) -> None:
    leader = earn(app)
    desk = of_leader(app, leader)
    page = desk.get("/leader/money/2026-11")
    assert "/leader/commission/C1" in page.text
    assert desk.get("/leader/commission/C1").status_code == 200
    sheet = load_workbook(BytesIO(desk.get("/leader/money/2026-11?export=xlsx").data)).worksheets[0]
    totals = next(row for row in sheet.values if row[0] == "合计")
    assert [round(amount * 100) for amount in totals[5:]] == [0, 0, 9900]
    assert "99.00" in desk.get("/leader/money/2026-11?export=csv").text
    assert desk.get("/leader/money/2026-10").status_code == 404
    assert desk.get("/leader/money/2026-11?export=pdf").data.startswith(b"%PDF")
    office = finance(app)
    assert "¥99.00" in office.get("/admin/commissions/statements?month=2026-11&q=L1").text
    assert office.get("/admin/commissions/statements/L1/2026-11.pdf").data.startswith(b"%PDF")
    assert office.get("/admin/commissions/statements/L1/2026-10.pdf").status_code == 404


def test_rewards_and_bonuses_are_set_shown_and_open_down_to_their_lines(app: Flask) -> None:
    staff = browser(app, building.add_account("运营"), "operator")
    first, second = building.add_leader("L1", name="甲"), building.add_leader("L2", name="乙")
    dial(referral_bp=200)
    sent = {"referrer": "L1"}
    assert staff.post("/admin/leaders/L2/referrer", data=sent).status_code == 303
    assert staff.post("/admin/leaders/L1/referrer", data={"referrer": "L2"}).status_code == 422
    round_ = building.add_round([building.add_product(building.add_supplier())])
    promised = {"measure": "units", "target": 2, "bonus_fen": 800, "now": building.OPENS, "actor": "test"}
    in_transaction(lambda: bonuses.add_bonus(campaign=round_.campaign, **promised))
    bonus = {"measure": "turnover", "target": "99.50", "bonus_fen": "6"}
    assert staff.post("/admin/campaigns/C1/bonuses", data=bonus).status_code == 303
    assert staff.post("/admin/campaigns/C1/bonuses", data=bonus | {"target": "x"}).status_code == 422
    page = staff.get("/admin/campaigns/C1/bonuses").text
    assert all(text in page for text in ("满 2 件 奖 ¥8.00", "满 ¥99.50 奖 ¥6.00"))
    order = building.place(round_, building.add_resident(second), {"P1": 2})
    own = building.add_resident(first, phone=first.phone)
    building.place(round_, own, {"P1": 1})
    building.close(app, round_)
    hand_out(db.session.get_one(Order, order.id))
    keep(SETTLED)
    page = staff.get("/admin/commissions/extras").text
    assert "推荐奖励" in page
    assert "¥0.40" in page
    assert "¥9.90" in staff.get("/admin/commissions/own").text
    desk = of_leader(app, first)
    assert "乙" in desk.get("/leader/extras").text
    month = desk.get("/leader/money/2026-11").text
    assert "推荐奖励" in month
    (extra,) = db.session.query(CommissionExtra).filter_by(leader_id=first.id, kind="referral")
    assert f"/leader/extras/{extra.id}" in month
    assert order.number in desk.get(f"/leader/extras/{extra.id}").text
    assert of_leader(app, second).get(f"/leader/extras/{extra.id}").status_code == 404
    assert "活动奖金" in of_leader(app, second).get("/leader/money/2026-11?export=csv").text
    for number in (1, 2):
        assert staff.post(f"/admin/campaigns/C1/bonuses/{number}/end").status_code == 303
    assert "还没有奖金" in staff.get("/admin/campaigns/C1/bonuses").text


def test_cash_is_handed_over_and_confirmed(app: Flask) -> None:
    sold = sell(app)
    number = sold.orders[0].number
    with transaction():
        order = db.session.query(Order).filter_by(number=number).one()
        ordering.mark_paid(order=order, now=SETTLED, actor=building.ACTOR)
    desk, office = of_leader(app, sold.leader), finance(app)
    assert "¥19.80" in desk.get("/leader/cash").text
    for _ in range(2):
        desk.post("/leader/cash", data={"amount": "19.80", "submission_key": "k"})
    assert office.get("/admin/cash").text.count('/confirm"') == 1
    assert office.post("/admin/cash/1/confirm").status_code == 303
    assert queries.balance(rules.CASH_DESK) == 1980


def owed_back() -> Order:
    """Return a cancelled order of ¥19.80 that was paid."""
    leader = building.add_leader()
    round_ = building.add_round([building.add_product(building.add_supplier())])
    order = building.place(round_, building.add_resident(leader), {"P1": 2})
    with transaction():
        row = db.session.get_one(Order, order.id)
        ordering.mark_paid(order=row, now=building.NOW, actor=building.ACTOR)
        ordering.cancel_order(order=row, reason="不要了", now=building.NOW, actor=building.ACTOR)
    return order


def test_money_owed_back_is_listed_and_paid_back_once(app: Flask) -> None:
    order = owed_back()
    office = finance(app)
    assert order.number in office.get("/admin/refunds").text
    sent = {"amount": "19.80", "target": "wallet", "reason": "取消", "submission_key": "k"}
    for _ in range(2):
        assert office.post(f"/admin/refunds/{order.number}", data=sent).status_code == 303
    assert order.number not in office.get("/admin/refunds").text
    assert queries.available(rules.wallet(order.resident_id)) == 1980


def test_only_a_month_that_is_over_is_offered_to_be_closed(app: Flask) -> None:
    office, before = finance(app), "/admin/ledger?since=2026-10&until=2026-10"
    running = office.get("/admin/ledger").text
    assert ("结账 2026-11" in running, "2026-11 须在月末一小时后" in running) == (False, True)
    assert "结账 2026-10" in office.get(before).text
    assert office.post("/admin/ledger/close", data={"period": "2026-11"}).status_code == 409
    assert office.post("/admin/ledger/close", data={"period": "2026-10"}).status_code == 303
    closed = office.get(before).text
    assert ("结账 2026-10" in closed, "<span>2026-10</span>" in closed) == (False, True)


def test_a_large_refund_is_approved_by_another_person_by_whatever_way_it_is_asked_for(app: Flask) -> None:
    dial(second_person_fen=1000)
    order = owed_back()
    clerk = building.add_account("财务")
    first, second = browser(app, clerk, "finance"), browser(app, building.add_account("财务二"), "finance")
    program = person_of(app, clerk.id, "finance")
    sent = {"amount": "15.00", "target": "cash", "reason": "取消", "submission_key": "k"}
    assert first.post(f"/admin/refunds/{order.number}", data=sent).status_code == 303
    assert "尚未付款" in first.get("/admin/refunds").text
    asked = {"amount_fen": 480, "target": "wallet", "reason": "取消"}
    assert program.post(f"/orders/{order.number}/refunds", asked).json["state"] == "done"
    assert program.post(f"/orders/{order.number}/refunds", asked).status_code == 409
    listed = second.get("/admin/payments/requests").text
    assert all(word in listed for word in ("¥15.00", "团长退现金", "财务"))
    waiting = select(RefundRequest.id).where(RefundRequest.state == "asked")
    request_id = db.session.scalars(waiting).one()
    deed = f"/admin/payments/requests/{request_id}/approve"
    assert first.post(deed).status_code == 422
    decided = program.post(f"/refund-requests/{request_id}/decide", {"approve": True})
    assert decided.json["error"]["code"] == "second_person"
    assert all(word in second.get(deed).text for word in ("¥15.00", "团长退现金", "取消"))
    assert second.post(deed).status_code == 303
    assert order.number not in first.get("/admin/refunds").text


def test_income_and_expense_agree_with_the_ledger_to_the_fen(app: Flask) -> None:
    earn(app)
    keep(SETTLED)
    office = finance(app)
    page = office.get("/admin/ledger?since=2026-11&until=2026-11").text
    assert "¥990.00" in page
    sheet = load_workbook(BytesIO(office.get("/admin/ledger?export=xlsx").data)).worksheets[0]
    total = next(row for row in sheet.values if row[0] == "合计")[-1]
    ledger = queries.balances()
    assert round(total * 100) == ledger[rules.SALES] - ledger[rules.COMMISSION_EXPENSE] == 99000 - 9900
    assert all(not one.run().violations for one in (*invariants_ledger.CHECKS, *invariants_ledger.AT_REST))


def test_an_operator_sets_the_figures_of_money(app: Flask) -> None:
    office = browser(app, building.add_account("运营"), "operator")
    sent = {"after_sale_days": "3", "withdrawal_min_fen": "20", "withdrawal_fee_fen": "0.50", "tax_bp": "20"}
    sent |= {"tax_free_fen": "800", "second_person_fen": "3000", "confirm_hours": "72", "remind_hours": "24"}
    sent |= {"refund_alone_fen": "200", "pickup_hour": "16", "weight_cap_bp": "20"}
    sent |= {"replace_days": "14", "archive_days": "180"}
    sent |= {"referral_bp": "1", "referral_2_bp": "0.5"}
    assert office.post("/admin/ledger/figures", data=sent).status_code == 303
    page = office.get("/admin/ledger/figures").text
    assert 'value="3"' in page
    assert 'value="0.50"' in page
