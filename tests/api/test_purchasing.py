"""Purchase orders over the API: history, approval, sending, and a supplier's answer."""

from typing import Any

from groupbuy.accounts import service
from groupbuy.catalog.models import Supplier
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.purchasing import approving
from tests import building
from tests.api.conftest import Person, Town
from tests.api.test_warehouse import purchase_order
from tests.building import NOW


def supplier(town: Town, code: str = "S1") -> Person:
    """Return a supplier with a token."""
    account = building.add_account(code)
    with transaction():
        service.grant_role(account=account, role="supplier", now=NOW, actor="test")
        db.session.query(Supplier).filter_by(code=code).one().account_id = account.id
    return town.person(account.id, "supplier")


def test_a_supplier_confirms_its_own_order_with_less(town: Town, clock: Any) -> None:
    path = f"/purchase-orders/{purchase_order(town, clock)}"
    building.add_supplier("S2")
    mine, other = supplier(town), supplier(town, "S2")
    assert [one["units"] for one in mine.get("/purchase-orders").json["items"]] == [6]
    assert other.get("/purchase-orders").json["items"] == []
    body = {"lines": [{"product_code": "P1", "units": 5}], "promised_date": "2026-11-24", "note": "少一件"}
    assert other.post(f"{path}/confirmation", body).status_code == 404
    too_many = {"lines": [{"product_code": "P1", "units": 7}]}
    assert mine.post(f"{path}/confirmation", too_many).status_code == 422
    assert mine.post(f"{path}/confirmation", {"promised_date": "2026-02-30"}).status_code == 422
    done = mine.post(f"{path}/confirmation", body).json
    assert (done["state"], done["promised_date"], done["note"]) == ("confirmed", "2026-11-24", "少一件")
    assert (done["lines"][0]["purchased"], done["lines"][0]["confirmed"]) == (6, 5)
    operator = town.staff()
    found = operator.get("/purchase-orders?short=true&round=C1&supplier=S1&state=confirmed").json["items"]
    assert [one["confirmed_at"][:10] for one in found] == ["2026-11-22"]
    assert operator.get("/purchase-orders?supplier=S2").json["items"] == []
    # No address, nothing to send; approved long ago.
    assert operator.post(f"{path}/sending").json == {"queued": False}
    assert operator.post(f"{path}/approval").json["state"] == "confirmed"


def test_staff_order_after_the_close_and_the_supplier_gets_the_difference(town: Town, clock: Any) -> None:
    number = purchase_order(town, clock)
    path, operator = f"/purchase-orders/{number}", town.staff()
    supplier(town).post(f"{path}/confirmation", {})
    body = {
        "resident_code": town.other_resident.code,
        "lines": [{"product_code": "P2", "quantity": 2}],
    }
    placed = operator.post("/rounds/C1/late-orders", body, key="late-1")
    assert (placed.status_code, placed.json["amount_fen"]) == (201, 2 * 990)
    assert operator.post("/rounds/C1/late-orders", body, key="late-1").json == placed.json
    lines = {one["product_code"]: one for one in operator.get(path).json["lines"]}
    assert (lines["P2"]["purchased"], lines["P2"]["confirmed"], lines["P1"]["confirmed"]) == (6, None, 6)
    (change,) = operator.get(path).json["amendments"]
    assert (change["amendment"], change["told_at"]) == (f"{number}-A1", None)
    assert change["lines"] == [{"product_code": "P2", "former": 0, "purchased": 6}]


def test_a_draft_is_bought_smaller_before_it_is_approved(town: Town, clock: Any) -> None:
    with transaction():
        approving.set_approve_first(wanted=True, now=NOW, actor="test")
    path, operator = f"/purchase-orders/{purchase_order(town, clock)}", town.staff()
    # 5 ordered are a case of 6.
    assert [one["surplus"] for one in operator.get(path).json["lines"]] == [1]
    two = {"lines": [{"product_code": "P1", "cases": 2, "former": 1}]}
    assert operator.ask("PUT", f"{path}/cases", two).json["lines"][0]["surplus"] == 7
    assert operator.ask("PUT", f"{path}/cases", two).json["error"]["code"] == "changed_meanwhile"
    nothing = {"lines": [{"product_code": "P1", "cases": 0}]}
    assert operator.ask("PUT", f"{path}/cases", nothing).json["error"]["code"] == "nothing_bought"
    wrong = operator.ask("PUT", f"{path}/cases", {"lines": [{"product_code": "P9", "cases": 1}]})
    assert (wrong.status_code, wrong.json["error"]["param"]) == (422, "lines[0].product_code")
    assert supplier(town).ask("PUT", f"{path}/cases", two).status_code == 403
    assert operator.post(f"{path}/approval").json["units"] == 12
    assert operator.ask("PUT", f"{path}/cases", two).json["error"]["code"] == "not_a_draft"
    (seen,) = supplier(town).get(path).json["lines"]
    assert (seen["purchased"], seen["ordered"], seen["surplus"]) == (12, None, None)
