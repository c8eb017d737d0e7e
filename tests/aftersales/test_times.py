"""Until when something may be asked about goods: hours of their category, else the platform's days."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from groupbuy.aftersales import queries, rules
from groupbuy.aftersales.models import AfterSaleCase
from groupbuy.aftersales.rules import Kind, Reason
from groupbuy.audit.models import AuditEntry
from groupbuy.catalog import service
from groupbuy.catalog.models import Category, Product
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.flows import collecting, putting_right
from groupbuy.flows.putting_right import Request
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.orders.models import Order
from tests import building
from tests.api.conftest import Person, Town, clock, town
from tests.building import ACTOR, CLOSES, NOW, ZONE

__all__ = ["clock", "town"]

# 18:00 in Shanghai on the 23rd.
PICKED = CLOSES + timedelta(hours=20)
DAY = timedelta(hours=24)


def set_hours(hours: int | None) -> None:
    """Give the category of P1 its hours."""
    row = db.session.scalar(select(Category.id).where(Category.name == "叶菜"))
    with transaction():
        values = {"name": "叶菜", "after_sale_hours": hours}
        service.save_named(table=Category, row_id=row, values=values, now=NOW, actor="test")
        shelf = db.session.scalars(select(Category)).one()
        db.session.scalars(select(Product).where(Product.code == "P1")).one().category_id = shelf.id


def ask(order: Order, now: datetime, **units: int) -> AfterSaleCase:
    request = Request(Kind.COMPLAINT, Reason.SPOILED, "烂了", units)
    return in_transaction(
        lambda: putting_right.ask(
            order=db.session.get_one(Order, order.id), request=request, now=now, zone=ZONE, actor=ACTOR
        )
    )


def test_leaves_are_complained_about_for_a_day_and_all_else_for_two(app: Flask) -> None:
    supplier = building.add_supplier()
    round_ = building.add_round([building.add_product(supplier, code) for code in ("P1", "P2")])
    order = building.place(round_, building.add_resident(building.add_leader()), {"P1": 3, "P2": 3})
    set_hours(24)
    building.close(app, round_)
    # Nothing runs before the pickup.
    assert {one.until for one in queries.askable(order.id).values()} == {None}
    with transaction():
        collecting.verify_pickup(
            code=order.pickup_code, leader_ids=[order.leader_id], now=PICKED, actor=ACTOR
        )
    until = {code: one.until for code, one in queries.askable(order.id).items()}
    assert until == {"P1": PICKED + DAY, "P2": PICKED + 2 * DAY}

    ask(order, PICKED + DAY - timedelta(seconds=1), P1=1)
    for units in ({"P1": 1}, {"P1": 1, "P2": 1}):
        with pytest.raises(RuleBroken) as late:
            ask(order, PICKED + DAY, **units)
        assert (late.value.code, late.value.message) == (
            "too_late",
            "About 商品P1 one could ask until 2026-11-24 18:00.",
        )
    ask(order, PICKED + DAY, P2=1)
    with pytest.raises(RuleBroken, match="2026-11-25 18:00"):
        ask(order, PICKED + 2 * DAY, P2=1)
    # Longer than the platform's days, and without hours of its own again.
    set_hours(72)
    ask(order, PICKED + 3 * DAY - timedelta(seconds=1), P1=1)
    set_hours(None)
    assert {one.until for one in queries.askable(order.id).values()} == {PICKED + 2 * DAY}
    for hours in (0, -1, service.MAX_HOURS + 1):
        with pytest.raises(BadInput):
            set_hours(hours)
        db.session.rollback()
    logged = select(AuditEntry.after).where(AuditEntry.verb == "category_saved").order_by(AuditEntry.id)
    hours = [entry["after_sale_hours"] for entry in db.session.scalars(logged)]
    assert hours == [24, 72, None]


def test_programs_set_the_hours_and_see_until_when(town: Town, clock: Any) -> None:
    set_hours(None)
    office, shelf = town.staff(), db.session.scalars(select(Category.id)).one()
    assert office.get("/categories").json == {
        "items": [
            {
                "id": shelf,
                "name": "叶菜",
                "sort": 0,
                "after_sale_hours": None,
                "dispose_hours": None,
                "dispose_refund": False,
            }
        ]
    }
    rule = {"dispose_hours": 24, "dispose_refund": True}
    assert office.ask("PUT", f"/categories/{shelf}/disposal-rule", rule).json.items() >= rule.items()
    path = f"/categories/{shelf}/after-sale-hours"
    assert office.ask("PUT", path, {"after_sale_hours": 12}).json["after_sale_hours"] == 12
    for bad in (0, 8761, "12", 1.5):
        assert office.ask("PUT", path, {"after_sale_hours": bad}).status_code == 422
    assert town.head.ask("PUT", path, {"after_sale_hours": 1}).status_code == 403
    buyer, order = town.buyer, town.buyer.order({"P1": 2}).json
    building.close(town.app, town.round)
    clock.move_to(PICKED)
    assert town.head.post("/pickups/verify", {"code": order["pickup_code"]}).status_code == 200
    cases = f"/orders/{order['order_no']}/after-sales"
    askable = buyer.get(cases).json["askable"]
    assert [(one["product_code"], one["quantity"]) for one in askable] == [("P1", 2)]
    assert askable[0]["until"].startswith("2026-11-23T22:00:")
    clock.move_to(PICKED + timedelta(hours=12, minutes=1))
    refused = asked_by(buyer, cases)
    assert (refused.status_code, refused.json["error"]["code"]) == (409, "too_late")
    assert "2026-11-24 06:00" in refused.json["error"]["message"]


def asked_by(person: Person, path: str) -> Any:
    line = {"product_code": "P1", "quantity": 1}
    return person.post(path, {"kind": "refund", "reason": "spoiled", "text": "烂了", "lines": [line]})


@given(st.none() | st.integers(1, 8760), st.integers(0, 365), st.integers(0, 10**6))
def test_the_time_of_a_category_goes_before_the_platforms(hours: int | None, days: int, minutes: int) -> None:
    until = rules.deadline(PICKED, hours, days)
    most = 60 * (24 * days if hours is None else hours)
    assert rules.in_time(until, PICKED + timedelta(minutes=minutes)) == (minutes < most)
    assert rules.in_time(rules.deadline(None, hours, days), PICKED)
