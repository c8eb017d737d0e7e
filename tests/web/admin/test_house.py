"""Leaders, users, commissions, imports, settings and the scheduler's page."""

import io

import openpyxl
import pytest
from sqlalchemy import select

from groupbuy.accounts import queries
from groupbuy.accounts.models import Account
from groupbuy.audit.models import AuditEntry
from groupbuy.catalog.models import Product
from groupbuy.commissions.models import CommissionRule
from groupbuy.db import db
from groupbuy.flows.ticking import DUE
from groupbuy.leaders.models import Leader
from groupbuy.payments import channel_refunds, charging, reconciling
from groupbuy.scheduler.setup import handlers_of
from groupbuy.web.admin.scheduler import KINDS
from tests import building
from tests.web.admin.people import Town

HEADER = "code,name,category,supplier_code,unit,case_size,cost_yuan,price_yuan"
CSV = HEADER + "\nN1,胡萝卜,蔬菜,S1,份,10,3.00,{price}\n"


def send(town: Town, text: str) -> str:
    """Upload a file of products and return the address of its preview."""
    file = (io.BytesIO(text.encode()), "蔬菜.csv")
    answer = town.operator.post("/admin/products/import", kind="products", file=file)
    assert answer.status_code == 303
    return str(answer.location)


def products() -> list[str]:
    """Return the codes of all products."""
    db.session.rollback()
    return list(db.session.scalars(select(Product.code).order_by(Product.code)))


def test_a_file_is_previewed_and_then_stored(town: Town) -> None:
    preview = send(town, CSV.format(price="5.90"))
    town.operator.text(preview)
    assert products() == ["P1", "P2"]
    assert town.operator.post(preview).status_code == 303
    assert products() == ["N1", "P1", "P2"]


def test_a_faulty_file_stores_nothing_and_comes_back_marked(town: Town) -> None:
    preview = send(town, CSV.format(price="5.999"))
    answer = town.operator.get(preview)
    assert answer.status_code == 422
    assert "price_yuan" in answer.get_data(as_text=True)
    marked = openpyxl.load_workbook(io.BytesIO(town.operator.get(f"{preview}/marked.xlsx").data))
    assert "错误原因" in [cell.value for cell in marked.active[1]]
    town.operator.post(preview)
    assert products() == ["P1", "P2"]


def test_what_is_no_table_is_a_fault_and_no_crash(town: Town) -> None:
    for text in (" ", "\x00\x01", "a,b\n1"):
        assert town.operator.get(send(town, text)).status_code == 422, text


def test_a_file_that_is_not_kept_is_not_found(town: Town) -> None:
    assert town.operator.get(f"/admin/products/import/products/{'0' * 32}").status_code == 404


def test_a_template_stars_the_required_columns(town: Town) -> None:
    answer = town.operator.get("/admin/products/import/products/template.xlsx")
    assert "code*" in [cell.value for cell in openpyxl.load_workbook(io.BytesIO(answer.data)).active[1]]


def test_a_leader_is_suspended_with_a_reason_and_taken_back(town: Town) -> None:
    assert town.operator.post("/admin/leaders/L1/suspended", reason="").status_code == 422
    assert town.operator.post("/admin/leaders/L1/suspended", reason="投诉").status_code == 303
    assert state() == "suspended"
    assert town.operator.post("/admin/leaders/L1/rejected", reason="x").status_code == 422
    assert town.operator.post("/admin/leaders/L1/active").status_code == 303
    assert state() == "active"


def test_a_leader_with_an_open_order_is_not_let_go_and_the_page_offers_it_not(town: Town) -> None:
    assert 'method="post" action="/admin/leaders/L1/exited"' in town.operator.text("/admin/leaders/L1/exited")
    order = building.place(town.round, town.resident, {"P1": 1})
    page = town.operator.text("/admin/leaders/L1/exited")
    assert f"暂时不能退出：还有 1 个订单未完成（{order.number}）" in page
    assert 'action="/admin/leaders/L1/exited"' not in page
    assert town.operator.post("/admin/leaders/L1/exited", reason="搬走").status_code == 422
    assert state() == "active"


def state() -> str:
    """Return the state of the leader."""
    db.session.rollback()
    return db.session.scalars(select(Leader.state).where(Leader.code == "L1")).one()


@pytest.mark.check(29)
def test_roles_are_given_and_taken_but_never_the_last_operators(town: Town) -> None:
    form = {"name": "陈会计", "phone": "13900001111", "role": "finance", "password": ""}
    assert town.operator.post("/admin/users/new", **form).status_code == 303
    other = account("13900001111")
    town.operator.post(f"/admin/users/{other}/roles", role="warehouse", do="give")
    town.operator.post(f"/admin/users/{other}/roles", role="finance", do="take")
    db.session.rollback()
    assert queries.roles_of(other) == {"warehouse"}
    own = db.session.scalars(select(Account.id).where(Account.name == "张晓梅")).one()
    assert town.operator.post(f"/admin/users/{own}/roles", role="operator", do="take").status_code == 409
    assert town.operator.post(f"/admin/users/{own}/active", active="0").status_code == 409


def account(phone: str) -> int:
    """Return the id of the account of a phone."""
    return db.session.scalars(select(Account.id).where(Account.phone == phone)).one()


@pytest.mark.check(15, 29)
def test_a_disabled_operator_is_out_at_once(town: Town) -> None:
    form = {"name": "李运营", "phone": "13900002222", "role": "operator", "password": ""}
    town.operator.post("/admin/users/new", **form)
    own = db.session.scalars(select(Account.id).where(Account.name == "张晓梅")).one()
    town.operator.post(f"/admin/users/{own}/active", active="0")
    assert town.operator.get("/admin/").status_code in (303, 401)


def test_rates_of_each_kind_are_put_in_force_and_ended(town: Town) -> None:
    forms = (
        {"scope": "default", "how": "percent", "rate_bp": "8.5"},
        {"scope": "product", "target": str(town.products[0].id), "how": "fixed", "fixed_fen": "0.50"},
        {"scope": "leader", "target": str(town.leader.id), "how": "tiers", "tiers": "0 ８\n１000，10％"},
    )
    for form in forms:
        assert town.operator.post("/admin/commissions/plan", **form).status_code == 303, form
    rules = db.session.scalars(select(CommissionRule).order_by(CommissionRule.id)).all()
    assert [rule.rate for rule in rules][:2] == [{"rate_bp": 850}, {"fixed_fen": 50}]
    assert "8.5%" in town.operator.text("/admin/commissions/plan")
    assert town.operator.post(f"/admin/commissions/plan/{rules[0].id}/end").status_code == 303
    for bad in (
        {"scope": "default", "how": "tiers", "tiers": "zehn"},
        {"scope": "product", "target": "zehn", "how": "percent", "rate_bp": "1"},
    ):
        assert town.operator.post("/admin/commissions/plan", **bad).status_code == 422


def test_the_market_is_closed_on_a_day_and_opened_again(town: Town) -> None:
    assert town.operator.post("/admin/settings", day="2027-02-06", reason="春节").status_code == 303
    assert "春节" in town.operator.text("/admin/settings")
    assert town.operator.post("/admin/settings/closed/2027-02-06/open").status_code == 303
    assert "春节" not in town.operator.text("/admin/settings")


def test_everything_that_runs_has_a_name_for_people(town: Town) -> None:
    at_channels = {reconciling.BILL_JOB, charging.OPEN_JOB, charging.LOOK_JOB, channel_refunds.REFUND_JOB}
    assert (DUE.keys() | handlers_of(town.app).keys() | at_channels) - KINDS.keys() == set()


def test_an_unknown_job_cannot_be_retried(town: Town) -> None:
    assert town.operator.post("/admin/scheduler/jobs/99/retry").status_code == 404


def test_the_delivery_address_is_set_once_and_logged(town: Town) -> None:
    for _ in range(2):
        answer = town.operator.post("/admin/settings/delivery", address=" 丰台区中心仓 3 号门 ")
        assert answer.status_code == 303
    assert "丰台区中心仓 3 号门" in town.operator.text("/admin/settings")
    db.session.rollback()
    logged = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "delivery_place_set")).all()
    assert [row.after for row in logged] == [{"address": "丰台区中心仓 3 号门"}]


def test_a_delivery_address_that_is_too_long_is_refused(town: Town) -> None:
    assert town.operator.post("/admin/settings/delivery", address="仓" * 201).status_code == 422


def test_the_payment_terms_of_a_supplier_are_kept(town: Town) -> None:
    form = {"code": "S1", "name": "果园", "active": "y", "terms": "月结30天"}
    assert town.operator.post("/admin/suppliers/S1", **form).status_code == 303
    assert "月结30天" in town.operator.text("/admin/suppliers/S1")
