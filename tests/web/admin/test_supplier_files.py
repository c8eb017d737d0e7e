"""A supplier's file: licences that stop new rounds, the bank account, the rating, and its own sales."""

from datetime import date, timedelta
from io import BytesIO

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import select

from groupbuy.audit.models import AuditEntry
from groupbuy.campaigns.models import Campaign, Offer
from groupbuy.campaigns.rules import Window
from groupbuy.catalog import supplier_files
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import planning, receiving
from groupbuy.flows.receiving import Delivery
from groupbuy.kernel.errors import RuleBroken
from groupbuy.purchasing.models import PurchaseOrder
from groupbuy.warehouse.rating import rating_of
from groupbuy.warehouse.rules import Finished, rate
from groupbuy.web.kit.filters import today
from tests import building
from tests.warehouse import day
from tests.web.admin.people import Town
from tests.web.supplier.test_desk import supplier_person, two_orders

COUNTS = st.integers(0, 1000)
ORDERS = st.builds(
    lambda on_time, purchased, delivered, part: Finished(
        on_time, purchased, delivered, delivered * part // 9
    ),
    st.booleans(),
    COUNTS,
    COUNTS,
    st.integers(0, 9),
)


@given(st.lists(ORDERS, max_size=25))
def test_rates_stay_between_nothing_and_all(finished: list[Finished]) -> None:
    rating = rate(finished)
    assert (rating is None) == (not finished)
    if rating is not None:
        rates = (rating.on_time_bp, rating.short_bp, rating.rejected_bp, rating.score_bp)
        assert all(0 <= one <= 10_000 for one in rates)
        assert rating.score_bp <= rating.on_time_bp


def test_a_rating_is_worked_out_from_the_last_orders(app: Flask) -> None:
    supplier, _other = two_orders(app)
    order = db.session.scalars(select(PurchaseOrder).filter_by(supplier_id=supplier.id)).one()
    assert rating_of(supplier.id, zone=building.ZONE) is None
    with transaction():
        receiving.receive_goods(
            number=order.number,
            deliveries=[Delivery("P1", 5, 1, "压坏")],
            tolerance_bp=0,
            now=day.ARRIVES,
            actor=day.ACTOR,
            last=True,
        )
    rating = rating_of(supplier.id, zone=building.ZONE)
    assert rating is not None
    # 6 were purchased: 4 came and stayed, 1 of 5 went back, on the day they were due.
    assert (rating.on_time_bp, rating.short_bp, rating.rejected_bp) == (10_000, 3333, 2000)
    assert rating.score_bp == 5333


def test_an_expired_licence_stops_new_rounds_until_a_longer_one_comes(town: Town) -> None:
    supplier = supplier_files.get_supplier("S1")
    other = building.add_supplier("S9")
    product = building.add_product(other, "P9")
    today_ = building.NOW.astimezone(building.ZONE).date()
    licence = {"kind": "food", "number": "JY1", "now": building.NOW, "actor": "test"}
    with transaction():
        supplier_files.add_licence(supplier=supplier, expires_on=today_ - timedelta(days=1), **licence)
    assert list(supplier_files.barred(today_)) == [supplier.id]
    assert supplier_files.barred(today_ - timedelta(days=1)) == {}
    campaign = db.session.scalars(select(Campaign)).first()
    assert campaign is not None
    with pytest.raises(RuleBroken, match="has expired"), transaction():
        planning.publish(campaign=campaign, now=building.NOW, zone=building.ZONE, actor="test")
    with transaction():
        window = Window(building.OPENS, building.CLOSES, building.PICKUP)
        round_ = planning.make_round(
            campaign=db.session.get_one(Campaign, campaign.id),
            name="NEW",
            window=window,
            day=building.PICKUP,
            now=building.NOW,
            barred=supplier_files.barred(today_),
        )
    assert db.session.scalars(select(Offer).where(Offer.round_id == round_.id)).all() == []
    noted = db.session.scalars(select(AuditEntry).where(AuditEntry.subject == "NEW")).one()
    assert (noted.after or {})["licence_expired"] == [supplier.name]
    with transaction():
        supplier_files.add_licence(supplier=supplier, expires_on=date(2030, 1, 1), **licence)
    assert supplier_files.barred(today_) == {}
    assert product.supplier_id not in supplier_files.barred(today_)


def test_licences_are_kept_with_their_pictures_and_warn_before_they_end(town: Town) -> None:
    operator, path = town.operator, "/admin/suppliers/S1/file"
    picture = BytesIO()
    Image.new("RGB", (40, 40), "red").save(picture, "PNG")
    soon = str(today() + timedelta(days=20))
    fields = {"kind": "food", "number": "JY0001", "expires_on": soon}
    bad = operator.post(path, **fields, picture=(BytesIO(b"no picture"), "a.png"))
    assert bad.status_code == 422
    picture.seek(0)
    assert operator.post(path, **fields, picture=(picture, "a.png")).status_code == 303
    page = operator.text(path)
    assert ("JY0001" in page, "即将到期" in page, "/uploads/" in page) == (True, True, True)
    assert "1 家供应商的证照" in operator.text("/admin/")
    assert "S1" in operator.text("/admin/suppliers?renew=1")
    licence = page.partition("/licences/")[2].partition("/withdraw")[0]
    for _ in range(2):
        assert operator.post(f"/admin/suppliers/S1/licences/{licence}/withdraw").status_code == 303
    assert "还没有证照" in operator.text(path)
    assert operator.post("/admin/suppliers/S1/licences/999/withdraw").status_code == 404


def test_a_bank_account_is_masked_on_the_page_and_in_the_log(town: Town) -> None:
    fields = {"holder": "绿田公司", "bank": "工商银行", "account": "6222 0000 1111 4321"}
    assert town.operator.post("/admin/suppliers/S1/bank", **fields | {"account": "1"}).status_code == 422
    assert town.operator.post("/admin/suppliers/S1/bank", **fields).status_code == 303
    page = town.operator.text("/admin/suppliers/S1/file")
    assert ("•••• 4321" in page, "62220000" in page) == (True, False)
    assert "62220000" not in town.operator.text("/admin/suppliers/S1/bank")
    logged = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "supplier_bank_set")).one()
    assert (logged.after or {})["account"] == "•••• 4321"


@pytest.mark.check(24)
def test_a_supplier_sees_its_own_sales_only(app: Flask) -> None:
    first, second = two_orders(app)
    page = supplier_person(app, first).text("/supplier/sales")
    assert (">P1<" in page, ">P2<" in page) == (True, False)
    export = supplier_person(app, second).get("/supplier/sales?export=csv").get_data(as_text=True)
    assert (",P2," in export, ",P1," in export) == (True, False)


def test_sales_say_what_was_accepted_and_rejected(app: Flask) -> None:
    first, _ = two_orders(app)
    number = db.session.scalars(
        select(PurchaseOrder.number).where(PurchaseOrder.supplier_id == first.id)
    ).one()
    day.receive(number, {"P1": 3}, rejected={"P1": 1})
    day.receive(number, {"P1": 2})
    person = supplier_person(app, first)
    row = person.get("/supplier/sales?export=csv").get_data(as_text=True).splitlines()[-1]
    # Six were bought; 4 stay of 5 that came.
    assert row.split(",")[-4:-1] == ["6", "4", "1"]
