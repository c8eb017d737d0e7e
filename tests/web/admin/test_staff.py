"""What each role of the staff may open, and what its pages show."""

import pytest
from flask import Flask

from groupbuy.accounts import service
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.http import rights
from groupbuy.orders.models import Order
from tests import building
from tests.building import CLOSES, NOW
from tests.web.admin.people import Person, Town, sign_in
from tests.web.admin.test_rights import LEADS_ON, WITH_ARGUMENTS

STAFF = ("finance", "warehouse", "customer_service")


def person(town: Town, role: str, name: str = "小陈") -> Person:
    """Return somebody of the staff at a browser."""
    account = building.add_account(name)
    with transaction():
        service.grant_role(account=account, role=role, now=NOW, actor="test")
    return sign_in(town.app, account, role)


def pages(app: Flask) -> dict[str, str]:
    """Return an endpoint's address, for all pages that need no argument."""
    return {
        rule.endpoint: rule.rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint.partition(".")[0] in ("admin", "supplier")
        and rule.endpoint != LEADS_ON
        and not rule.arguments
        and "GET" in (rule.methods or ())
    }


def test_every_right_names_a_page_that_exists(app: Flask) -> None:
    named = {page for granted in rights.PAGES.values() for page in granted if not page.endswith("*")}
    assert named | set(rights.START.values()) <= set(app.view_functions)


def test_every_role_starts_on_a_page_that_it_may_open() -> None:
    assert all(rights.may_open(role, page) for role, page in rights.START.items())


@pytest.mark.parametrize("role", STAFF)
def test_a_role_opens_its_pages_and_is_refused_everywhere_else(town: Town, role: str) -> None:
    somebody = person(town, role)
    found = pages(town.app)
    answers = {page: somebody.get(path).status_code for page, path in found.items()}
    assert answers == {page: 200 if rights.may_open(role, page) else 403 for page in found}


@pytest.mark.parametrize("role", STAFF)
@pytest.mark.check(23)
def test_no_role_sends_a_form_that_the_table_does_not_name(town: Town, role: str) -> None:
    somebody = person(town, role)
    rules = [rule for rule in town.app.url_map.iter_rules() if rule.endpoint.startswith("admin.")]
    closed = [
        rule.rule
        for rule in rules
        if "POST" in (rule.methods or ())
        and not rule.arguments
        and not rights.may_open(role, rule.endpoint, "POST")
    ]
    assert {somebody.client.post(path).status_code for path in closed} == {403}
    assert "/admin/commissions/plan" in closed


@pytest.mark.parametrize("role", STAFF)
def test_nobody_of_the_staff_opens_single_things_that_are_not_theirs(town: Town, role: str) -> None:
    somebody = person(town, role)
    allowed = {"warehouse": {"/admin/rounds/C1"}}.get(role, set())
    answers = {path: somebody.get(path).status_code for path in WITH_ARGUMENTS}
    assert answers == {path: 200 if path in allowed else 403 for path in WITH_ARGUMENTS}


def test_the_start_page_leads_each_role_to_its_own(town: Town) -> None:
    starts = {role: person(town, role).get("/").location for role in STAFF}
    assert starts == {
        "finance": "/admin/commissions",
        "warehouse": "/admin/campaigns",
        "customer_service": "/admin/orders",
    }


def test_menus_and_pages_show_no_link_that_is_closed(town: Town) -> None:
    order = building.place(town.round, town.resident, {"P1": 1})
    helper = person(town, "customer_service")
    page = helper.text("/admin/orders")
    assert "/admin/residents" in page
    for closed in ("/admin/users", "/admin/rounds/C1", "/admin/campaigns", "export=xlsx"):
        assert closed not in page
    assert "/admin/leaders/L1" not in helper.text(f"/admin/orders/{order.number}")


@pytest.mark.check(58)
def test_customer_service_sees_masked_phones_and_takes_no_list_out(town: Town) -> None:
    order = building.place(town.round, town.resident, {"P1": 1})
    helper = person(town, "customer_service")
    for path in ("/admin/orders", f"/admin/orders/{order.number}", "/admin/residents"):
        page = helper.text(path)
        assert "王女士" in page
        assert town.resident.phone not in page
    assert helper.get("/admin/residents?export=xlsx").status_code == 403


def test_customer_service_cancels_an_order_with_a_reason(town: Town) -> None:
    order = building.place(town.round, town.resident, {"P1": 1})
    helper = person(town, "customer_service")
    page = helper.text(f"/admin/orders/{order.number}/cancel")
    token = page.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]
    form = {"csrf_token": token, "reason": "居民来电取消"}
    assert helper.client.post(f"/admin/orders/{order.number}/cancel", data=form).status_code == 303
    db.session.rollback()
    assert db.session.get_one(Order, order.id).state == "cancelled"


@pytest.mark.check(23)
def test_each_role_takes_its_own_documents_only(town: Town) -> None:
    building.place(town.round, town.resident, {"P1": 1})
    building.close(town.app, town.round, CLOSES)
    paths = {
        "pick_list": "/admin/rounds/C1/papers/pick_list.xlsx",
        "sorting_list": "/admin/rounds/C1/papers/sorting_list/L1.xlsx",
        "pickup_sheet": "/admin/rounds/C1/papers/pickup_sheet/L1.xlsx",
        "commission_statement": "/admin/rounds/C1/papers/commission_statement/L1.xlsx",
        "purchase_order": "/admin/rounds/C1/papers/purchase_order/S1.xlsx",
        "order_export": "/admin/rounds/C1/papers/order_export.xlsx",
        "bag_labels": "/admin/rounds/C1/papers/bag_labels/L1.pdf",
    }
    taken = {
        role: {kind for kind, path in paths.items() if person(town, role).get(path).status_code == 200}
        for role in STAFF
    }
    assert taken == {
        "warehouse": {"pick_list", "sorting_list", "purchase_order", "bag_labels"},
        "finance": {"commission_statement", "purchase_order"},
        "customer_service": set(),
    }


def test_finance_reads_the_rates_and_has_no_form_to_change_them(town: Town) -> None:
    assert "csrf_token" not in person(town, "finance").text("/admin/commissions/plan").partition("<main")[2]
