"""Rules of disposal: by product over by category, before what nobody scanned counts as fetched; the list."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import openpyxl
import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from groupbuy.accounts import service
from groupbuy.audit.models import AuditEntry
from groupbuy.catalog.models import Category
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.finance.dials import dials
from groupbuy.orders.models import Order
from tests import building
from tests.api.conftest import Person, person_of
from tests.building import NOW
from tests.flows.test_following_up import HOUR, tick
from tests.flows.test_unfetched import THERE, dispose
from tests.warehouse import day
from tests.web.test_money_pages import browser, of_leader


@pytest.fixture(autouse=True)
def travel() -> Iterator[None]:
    """Sign in before the goods are there: nobody is signed in before having done so."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def program(app: Flask) -> Person:
    """Return an operator's program."""
    account = building.add_account("店长")
    with transaction():
        service.grant_role(account=account, role="operator", now=NOW, actor="test")
    return person_of(app, account.id, "operator")


@pytest.fixture
def office(app: Flask) -> FlaskClient:
    app.config["WTF_CSRF_ENABLED"] = False
    return browser(app, building.add_account("店长"), "operator")


def rule(program: Person, code: str, hours: int | None, *, refund: bool = False) -> Any:
    """Set the rule of a product over the API."""
    body = {"dispose_hours": hours, "dispose_refund": refund}
    return program.ask("PUT", f"/products/{code}/disposal-rule", body)


def figures(office: FlaskClient, hours: int) -> Any:
    """Send the page of figures with other hours after which goods count as fetched."""
    typed = {name: str(getattr(dials(), name)) for name in dials().__slots__}
    for name in typed:
        if name.endswith("_fen") or name.endswith("_bp"):
            typed[name] = f"{int(typed[name]) / 100:.2f}"
    return office.post("/admin/ledger/figures", data=typed | {"confirm_hours": str(hours)})


def test_a_product_follows_its_own_rule_and_the_operator_sees_what_became_of_it(
    app: Flask, office: FlaskClient, program: Person
) -> None:
    supplier = building.add_supplier()
    codes = ("P1", "P2", "P3", "P4")
    goods = [building.add_product(supplier, code, case_size=1) for code in codes]
    building.make_perishable("P1", hours=24, refund=False)
    building.make_perishable("P2", hours=24, refund=False)
    building.make_perishable("P3", hours=24, refund=False)
    # P1 follows its shelf, P2 goes earlier and is paid back, P3 never, P4 stands on no shelf.
    assert rule(program, "P2", 12, refund=True).json["dispose_hours"] == 12
    assert (rule(program, "P3", 0).status_code, rule(program, "P4", 30, refund=True).status_code) == (
        200,
        200,
    )
    round_, leader = building.add_round(goods), building.add_leader()
    other = building.add_leader("L2")
    order = building.place(round_, building.add_resident(leader), dict.fromkeys(codes, 2))
    building.place(round_, building.add_resident(other), {"P1": 1})
    building.close(app, round_)
    day.receive(day.order_of(round_).number, {"P1": 3, "P2": 2, "P3": 2, "P4": 2})
    order_id, number = order.id, order.number
    tick(app, THERE + 6 * HOUR)
    with time_machine.travel(THERE + 13 * HOUR, tick=False):
        assert dispose(order_id, THERE + 13 * HOUR) == [(2, 1980)]
    with time_machine.travel(THERE + 25 * HOUR, tick=False):
        items = office.get("/api/v1/disposals").json["items"]
        assert [(one["product_code"], one["quantity"], one["state"]) for one in items] == [
            ("P1", 2, "due"), ("P2", 2, "disposed"), ("P4", 2, "warned"), ("P1", 1, "due"),
        ]  # fmt: skip
        gone = office.get("/api/v1/disposals?state=disposed&limit=1").json
        assert (gone["items"][0]["order_no"], gone["items"][0]["refund_fen"]) == (number, 1980)
        first = office.get("/api/v1/disposals?limit=3").json
        rest = office.get(f"/api/v1/disposals?limit=3&cursor={first['next_cursor']}").json
        assert (first["items"] + rest["items"], rest["next_cursor"]) == (items, None)
        desk = of_leader(app, other)
        assert len(desk.get("/api/v1/disposals").json["items"]) == 1
        assert desk.get("/admin/disposals").status_code == 403
        page = office.get("/admin/disposals?state=disposed").text
        assert (number in page, "¥19.80" in page, "商品P4" in page) == (True, True, False)
        assert "商品P4" in office.get("/admin/disposals?q=P4&from=2026-11-24").text
        assert "商品P4" not in office.get("/admin/disposals?q=P4&until=2026-11-23").text
        file = office.get("/admin/disposals?export=xlsx").data
        codes_of = [row[3] for row in openpyxl.load_workbook(BytesIO(file)).active.values]
        assert [code for code in codes_of if code in codes] == ["P4", "P1", "P1", "P2"]
    logged = select(AuditEntry.after).where(AuditEntry.verb == "product_edited").order_by(AuditEntry.id)
    assert db.session.scalars(logged).first() == {"dispose_hours": 12, "dispose_refund": True}
    assert db.session.get_one(Order, order_id).amount_fen == 6 * 990


def test_nothing_counts_as_fetched_before_it_may_be_disposed_of(
    app: Flask, office: FlaskClient, program: Person
) -> None:
    building.add_product(building.add_supplier())
    building.make_perishable("P1", hours=24, refund=False)
    shelf = db.session.scalars(select(Category)).one()
    path, hours = f"/categories/{shelf.id}/disposal-rule", dials().confirm_hours
    late = program.ask("PUT", path, {"dispose_hours": hours})
    assert (late.status_code, late.json["error"]["code"]) == (422, "after_confirmation")
    assert late.json["error"]["param"] == "dispose_hours"
    assert rule(program, "P1", hours).json["error"]["code"] == "after_confirmation"
    page = office.post(
        f"/admin/products/categories/{shelf.id}", data={"name": shelf.name, "dispose_hours": str(hours)}
    )
    assert (page.status_code, f"{hours} 小时" in page.text) == (422, True)
    assert rule(program, "P1", hours - 1).status_code == 200
    # The other figure is held by the longest of all rules, wherever it stands.
    refused = figures(office, hours - 1)
    assert (refused.status_code, f"{hours - 1} 小时" in refused.text) == (422, True)
    assert dials().confirm_hours == hours
    for allowed in (0, hours):
        assert figures(office, allowed).status_code == 303
    assert rule(program, "P1", None).status_code == 200
    assert figures(office, 25).status_code == 303
    assert figures(office, 24).status_code == 422
    # With 0 nothing counts as fetched by itself, so that any rule comes in time.
    assert figures(office, 0).status_code == 303
    assert program.ask("PUT", path, {"dispose_hours": 300}).status_code == 200
