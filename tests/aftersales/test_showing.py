"""Pictures of after-sale cases over the API: real ones, drawn anew, few, and before the decision."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from PIL import Image
from sqlalchemy import select

from groupbuy.accounts import service
from groupbuy.accounts.models import UploadDay
from groupbuy.audit.models import AuditEntry
from groupbuy.catalog.models import Supplier
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.http.pictures import UPLOADS
from groupbuy.members.models import Resident
from groupbuy.orders.models import Order
from groupbuy.warehouse.models import StockBatch
from tests import building
from tests.aftersales.test_claiming_lots import FOUND, UNTIL, bought, claim_on
from tests.api.conftest import Person, Town, clock, person_of, town
from tests.building import CLOSES, NOW
from tests.flows.test_following_up import tick
from tests.web.admin.test_catalogue import photo

__all__ = ["bought", "clock", "town"]

PICKED = CLOSES + timedelta(hours=20)


def send(who: Person, case: str, content: bytes = b"", kind: str = "image/jpeg", key: str = "") -> Any:
    """Send a picture for a case, a photograph if nothing else."""
    headers = {"Authorization": f"Bearer {who.token}", "Content-Type": kind}
    headers |= {"Idempotency-Key": key} if key else {}
    return who.client.post(f"/api/v1/after-sales/{case}/photos", data=content or photo(), headers=headers)


def stored(app: Flask) -> list[Path]:
    """Return the pictures that are stored."""
    return sorted((Path(app.instance_path) / UPLOADS).glob("*"))


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["error"]["code"]


@pytest.fixture
def case(town: Town, clock: Any) -> str:
    """Return the number of a case of the first resident."""
    order = town.buyer.order({"P1": 2}).json
    building.close(town.app, town.round)
    clock.move_to(PICKED)
    town.head.post("/pickups/verify", {"code": order["pickup_code"]})
    lines = [{"product_code": "P1", "quantity": 1}]
    wanted = {"kind": "refund", "reason": "spoiled", "text": "烂了", "lines": lines}
    asked = town.buyer.post(f"/orders/{order['order_no']}/after-sales", wanted).json
    assert asked["photos"] == []
    return asked["case"]


def test_a_case_takes_three_pictures_drawn_anew_until_it_is_decided(town: Town, case: str) -> None:
    first = send(town.buyer, case, key="1")
    assert (first.status_code, len(first.json["photos"])) == (201, 1)
    with Image.open(Path(town.app.instance_path) / first.json["photos"][0]) as picture:
        assert (picture.format, max(picture.size), dict(picture.getexif())) == ("WEBP", 750, {})
    # The same again is the same picture; what is none, or no one's own case, leaves nothing behind.
    assert send(town.buyer, case, key="1").json == first.json
    for content, kind, refused in (
        (b"MZ" * 100, "image/png", (422, "no_picture")),
        (photo()[:500], "image/jpeg", (422, "no_picture")),
        (b"<svg onload=alert(1)>", "image/svg+xml", (415, "file_wanted")),
        (b"x" * (10 * 1024 * 1024 + 1), "image/webp", (422, "too_large")),
    ):
        assert code(send(town.buyer, case, content, kind)) == refused
    assert code(send(town.other_buyer, case)) == (404, "unknown_case")
    assert code(send(town.staff("warehouse"), case))[0] == 403
    assert (send(town.head, case).status_code, send(town.staff(), case).status_code) == (201, 201)
    assert code(send(town.buyer, case)) == (409, "too_many")
    assert len(stored(town.app)) == 3
    # Each that was looked at counts: three kept, two that are no pictures, one of a stranger, two too many.
    assert sum(db.session.scalars(select(UploadDay.files))) == 8
    logged = select(AuditEntry).where(AuditEntry.verb == "after_sale_photographed")
    assert [entry.subject for entry in db.session.scalars(logged)] == [case] * 3
    shown = town.buyer.get(f"/orders/{first.json['order_no']}/after-sales").json["items"][0]
    assert shown["photos"][0] == first.json["photos"][0]
    town.staff().post(f"/after-sales/{case}/decide", {"approve": True, "answer": "抱歉"})
    assert code(send(town.buyer, case)) == (409, "already_decided")


def test_a_decision_agrees_to_no_more_than_the_case_asks_for(town: Town, case: str) -> None:
    path, staff = f"/after-sales/{case}/decide", town.staff()

    def decided(product: str, quantity: int) -> Any:
        agreed = [{"product_code": product, "quantity": quantity}]
        return staff.post(path, {"approve": True, "agreed": agreed})

    assert code(decided("P9", 1)) == (422, "unknown_product")
    assert code(decided("P1", 2)) == (422, "out_of_range")
    assert (decided("P1", 1).status_code, code(decided("P1", 1))[1]) == (200, "already_decided")


def test_an_answer_to_a_claim_on_a_batch_takes_pictures_that_the_supplier_sees(
    app: Flask, bought: list[Order]
) -> None:
    claim = claim_on(db.session.scalars(select(StockBatch)).one())
    order = db.session.get_one(Order, bought[0].id)
    buyer = person_of(app, db.session.get_one(Resident, order.resident_id).account_id, "resident")
    account = building.add_account("供应商")
    with transaction():
        service.grant_role(account=account, role="supplier", now=NOW, actor="test")
        db.session.scalars(select(Supplier)).one().account_id = account.id
    with time_machine.travel(FOUND + timedelta(hours=1), tick=False):
        said = {"order_no": order.number, "bad_units": 2}
        answered = buyer.post(f"/lot-claims/{claim.number}/answers", said).json
        shown = send(buyer, answered["case"]).json["photos"]
        assert len(shown) == 1
    tick(app, UNTIL)
    with time_machine.travel(UNTIL, tick=False):
        seller = person_of(app, account.id, "supplier")
        listed = seller.get(f"/supplier-claims/{claim.number}").json
    assert shown[0] in str(listed)
    with Image.open(BytesIO(stored(app)[0].read_bytes())) as picture:
        assert picture.format == "WEBP"
