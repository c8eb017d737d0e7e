"""What an operator does to a round in sale, and what follows its close."""

import io
import zipfile

import openpyxl
import pytest
from sqlalchemy import select

from groupbuy.campaigns.models import Offer, OfferStock, OfferVersion, Round
from groupbuy.db import db
from groupbuy.orders.models import Order
from groupbuy.purchasing.models import PurchaseOrder
from tests import building
from tests.web.admin.people import Town


def stored(town: Town) -> Round:
    """Return the round as it is stored."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(Round, town.round.id)


def test_cutting_off_says_what_it_does_and_closes_the_round(town: Town) -> None:
    building.place(town.round, town.resident, {"P1": 2})
    page = town.operator.text("/admin/rounds/C1/close")
    assert "1 张订单" in page
    assert "¥19.80" in page
    assert town.operator.post("/admin/rounds/C1/close").status_code == 303
    assert building.close(town.app, town.round, now=building.NOW).state == "closed"


@pytest.mark.check(37)
def test_a_round_is_cut_off_only_once(town: Town) -> None:
    town.operator.post("/admin/rounds/C1/close")
    assert town.operator.post("/admin/rounds/C1/close").status_code == 422


def test_the_cutoff_moves_later_but_not_into_the_past(town: Town) -> None:
    assert town.operator.post("/admin/rounds/C1/extend", closes_at="2026-11-22T23:30").status_code == 303
    assert (stored(town).closes_at.hour, stored(town).closes_at.minute) == (15, 30)
    assert town.operator.post("/admin/rounds/C1/extend", closes_at="2026-11-21T23:30").status_code == 422


def test_cancelling_says_what_is_given_back_and_asks_why(town: Town) -> None:
    order = building.place(town.round, town.resident, {"P1": 2})
    town.operator.post(f"/admin/orders/{order.number}/paid")
    assert "¥19.80" in town.operator.text("/admin/rounds/C1/cancel")
    assert town.operator.post("/admin/rounds/C1/cancel", reason="").status_code == 422
    assert town.operator.post("/admin/rounds/C1/cancel", reason="供应商缺货").status_code == 303
    assert stored(town).state == "cancelled"
    assert db.session.get_one(Order, order.id).state == "cancelled"
    assert "供应商缺货" in town.operator.text("/admin/rounds/C1")


def test_price_and_limit_of_an_offer_change_for_later_orders(town: Town) -> None:
    building.place(town.round, town.resident, {"P1": 3})
    offer_id = db.session.scalars(select(Offer.id).where(Offer.product_id == town.products[0].id)).one()
    path = f"/admin/rounds/C1/offers/{offer_id}"
    assert town.operator.post(path, price_fen="8.8", limit_units="2").status_code == 422
    assert town.operator.post(path, price_fen="8.8", limit_units="30").status_code == 303
    stored(town)
    prices = select(OfferVersion.price_fen).where(OfferVersion.offer_id == offer_id)
    assert list(db.session.scalars(prices.order_by(OfferVersion.number))) == [990, 880]
    assert db.session.get_one(OfferStock, offer_id).limit_units == 30


def test_documents_are_downloaded_after_the_close(town: Town) -> None:
    building.place(town.round, town.resident, {"P1": 2})
    assert town.operator.get("/admin/rounds/C1/papers/pick_list.xlsx").status_code == 409
    building.close(town.app, town.round)
    sheet = town.operator.get("/admin/rounds/C1/papers/pickup_sheet/L1.pdf")
    assert sheet.data.startswith(b"%PDF")
    assert sheet.headers["Content-Disposition"].startswith("attachment")
    assert sheet.headers["Content-Disposition"].isascii()
    archive = town.operator.get("/admin/rounds/C1/papers.zip")
    assert len(zipfile.ZipFile(io.BytesIO(archive.data)).namelist()) == 12


def test_the_tables_of_a_round_go_out_as_a_workbook(town: Town) -> None:
    building.place(town.round, town.resident, {"P2": 1})
    answer = town.operator.get(f"/admin/rounds/{town.round.name}?export=xlsx")
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    goods, leaders, _purchases, preview = ({cell for row in sheet.values for cell in row} for sheet in book)
    assert "本地鸡毛菜" in goods
    assert town.leader.code in leaders
    assert "本地鸡毛菜" in preview


def test_a_held_purchase_order_is_approved_and_marked_sent(town: Town) -> None:
    building.place(town.round, town.resident, {"P1": 2})
    building.close(town.app, town.round)
    number = db.session.scalars(select(PurchaseOrder.number)).one()
    assert number in town.operator.text("/admin/purchasing?held=1")
    assert "¥1,000.00" in town.operator.text(f"/admin/purchasing/{number}/approve")
    assert town.operator.post(f"/admin/purchasing/{number}/approve").status_code == 303
    assert number not in town.operator.text("/admin/purchasing?held=1")
    assert town.operator.post(f"/admin/purchasing/{number}/sent").status_code == 303
    assert stored(town).state == "ordered"
    town.operator.text(f"/admin/purchasing/{number}")


def test_a_round_that_prolonged_itself_says_so_in_its_log(town: Town) -> None:
    terms = {"P1": {"min_units": 2, "below_policy": "extend"}}
    round_ = building.add_round(town.products, "C9", offers=terms, extend_minutes=30, max_extensions=1)
    building.place(round_, town.resident, {"P1": 1})
    assert "延长截单" not in town.operator.text("/admin/rounds/C9")
    assert building.close(town.app, round_).state == "open"
    assert "延长截单" in town.operator.text("/admin/rounds/C9")
