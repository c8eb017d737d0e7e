"""What a supplier sees: its own purchase orders once they are decided, and nobody who ordered."""

import pytest
from flask import Flask

from groupbuy.accounts import service
from groupbuy.catalog.models import Supplier
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.purchasing.models import PurchaseOrder
from tests import building
from tests.building import CLOSES, NOW
from tests.web.admin.people import Person, sign_in


def supplier_person(app: Flask, supplier: Supplier) -> Person:
    """Return a supplier at a browser."""
    account = building.add_account(f"{supplier.code}经理")
    with transaction():
        service.grant_role(account=account, role="supplier", now=NOW, actor="test")
        db.session.get_one(Supplier, supplier.id).account_id = account.id
    return sign_in(app, account, "supplier")


def two_orders(app: Flask, *, held: int = 0) -> list[Supplier]:
    """Close a round with goods of two suppliers; the first holds orders below ``held`` fen."""
    suppliers = [building.add_supplier("S1", min_order_fen=held), building.add_supplier("S2")]
    products = [building.add_product(one, f"P{number}") for number, one in enumerate(suppliers, 1)]
    round_ = building.add_round(products)
    building.place(round_, building.add_resident(building.add_leader()), {"P1": 2, "P2": 3})
    building.close(app, round_, CLOSES)
    return suppliers


def number_of(supplier: Supplier) -> str:
    """Return the number of a supplier's purchase order."""
    return db.session.query(PurchaseOrder.number).filter_by(supplier_id=supplier.id).scalar()


@pytest.mark.check(24, 26)
def test_a_supplier_sees_and_takes_its_own_orders_only(app: Flask, clock: object) -> None:
    mine, other = two_orders(app)
    somebody = supplier_person(app, mine)
    page = somebody.text("/supplier/")
    assert number_of(mine) in page
    assert number_of(other) not in page
    assert somebody.get(f"/supplier/orders/{number_of(mine)}.pdf").data.startswith(b"%PDF")
    assert somebody.get(f"/supplier/orders/{number_of(other)}.pdf").status_code == 404
    assert "王女士" not in page


def test_an_order_that_waits_for_a_decision_is_not_shown(app: Flask, clock: object) -> None:
    mine, _ = two_orders(app, held=1_000_000)
    somebody = supplier_person(app, mine)
    assert number_of(mine) not in somebody.text("/supplier/")
    assert somebody.get(f"/supplier/orders/{number_of(mine)}.xlsx").status_code == 404


def test_a_supplier_starts_at_its_desk_and_opens_no_other(app: Flask, clock: object) -> None:
    somebody = supplier_person(app, building.add_supplier())
    assert somebody.get("/").location == "/supplier/"
    assert somebody.get("/admin/orders").status_code == 403


@pytest.mark.check(23)
def test_others_do_not_open_a_suppliers_desk(app: Flask, clock: object) -> None:
    assert app.test_client().get("/supplier/").location == "/sign-in?next=/supplier/"
    account = building.add_account("张晓梅")
    with transaction():
        service.grant_role(account=account, role="operator", now=NOW, actor="test")
    assert sign_in(app, account, "operator").get("/supplier/").status_code == 403
