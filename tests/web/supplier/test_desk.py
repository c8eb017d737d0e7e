"""What a supplier sees: its own purchase orders once they are decided, and nobody who ordered."""

import pytest
from flask import Flask

from groupbuy.accounts import service
from groupbuy.audit.actor import Actor
from groupbuy.campaigns.models import Round
from groupbuy.catalog.models import Supplier
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import late_orders, mailing
from groupbuy.flows.ordering import Wish
from groupbuy.members.models import Resident
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


def order_late(supplier: Supplier) -> None:
    """Let staff order 6 more of a supplier's goods after its order has left."""
    order = db.session.query(PurchaseOrder).filter_by(supplier_id=supplier.id).one()
    with transaction():
        mailing.order_has_left(order.id, now=CLOSES, actor="test")
        late_orders.place_late_order(
            round_=db.session.get_one(Round, order.round_id),
            resident=db.session.query(Resident).one(),
            wishes=[Wish("P1", 6)],
            now=CLOSES,
            zone=building.ZONE,
            actor=Actor("test"),
        )


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


def test_a_supplier_answers_with_less_and_the_operator_sees_it(app: Flask, clock: object) -> None:
    mine, other = two_orders(app)
    somebody, number = supplier_person(app, mine), number_of(mine)
    path = f"/supplier/orders/{number}/answer"
    page = somebody.text(path)
    assert ("1 箱，每箱 6" in page, "王女士" in page) == (True, False)
    assert somebody.get(f"/supplier/orders/{number_of(other)}/answer").status_code == 404
    fields = {"lines-0-code": "P1", "lines-0-units": "9", "promised_date": "2026-11-24", "note": "缺货"}
    app.config["WTF_CSRF_ENABLED"] = False
    refused = somebody.client.post(path, data=fields)
    assert (refused.status_code, "订购的 6" in refused.get_data(as_text=True)) == (422, True)
    assert somebody.client.post(path, data=fields | {"lines-0-units": "4"}).status_code == 303
    assert 'value="4"' in somebody.text(path)
    account = building.add_account("张晓梅")
    with transaction():
        service.grant_role(account=account, role="operator", now=NOW, actor="test")
    operator = sign_in(app, account, "operator")
    page = operator.text(f"/admin/purchasing/{number}")
    assert "少交 2 件" in page
    assert "承诺 11月24日" in page
    assert number in operator.text("/admin/purchasing?answer=less")
    assert number not in operator.text("/admin/purchasing?answer=none")
    # What was said on the phone is noted by the operator, and as ordered takes the shortage away.
    said = {"lines-0-code": "P1", "lines-0-units": "6", "promised_date": "2026-11-23"}
    assert operator.client.post(f"/admin/purchasing/{number}/answer", data=said).status_code == 303
    assert "少交" not in operator.text(f"/admin/purchasing/{number}")
    assert "采购单" in operator.text(f"/admin/purchasing/{number}/preview")


def test_orders_wait_for_approval_where_the_operator_chose_so(app: Flask, clock: object) -> None:
    account = building.add_account("张晓梅")
    with transaction():
        service.grant_role(account=account, role="operator", now=NOW, actor="test")
    operator = sign_in(app, account, "operator")
    assert operator.post("/admin/settings/purchasing", approve_first="y").status_code == 303
    mine, _ = two_orders(app)
    number = number_of(mine)
    assert "本单金额 ¥30.00" in operator.text(f"/admin/purchasing/{number}/approve")
    operator.post(f"/admin/purchasing/{number}/approve")
    assert "已审核" in operator.text(f"/admin/purchasing/{number}")


def test_a_supplier_takes_the_amendment_of_its_own_order_only(app: Flask, clock: object) -> None:
    suppliers = two_orders(app)
    (mine, others), number = (supplier_person(app, one) for one in suppliers), number_of(suppliers[0])
    order_late(suppliers[0])
    page = mine.text(f"/supplier/orders/{number}/answer")
    paper = f"/supplier/amendments/{number}-A1"
    assert f'href="{paper}.pdf"' in page
    assert mine.get(f"{paper}.pdf").data.startswith(b"%PDF")
    refused = [others.get(f"/supplier/amendments/{number}-{which}.xlsx") for which in ("A1", "A9")]
    assert [one.status_code for one in refused] == [404, 404]
    assert mine.get(f"/supplier/amendments/{number}-A9.xlsx").status_code == 404
