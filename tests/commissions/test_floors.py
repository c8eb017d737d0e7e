"""A price is not lowered below the commission per unit: in the catalogue, in campaigns, in running rounds."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from groupbuy.campaigns.leader_terms import Own
from groupbuy.campaigns.models import Campaign, Offer, Round
from groupbuy.campaigns.recurrence import Kind, Recurrence
from groupbuy.catalog import service as catalog
from groupbuy.catalog.models import Product
from groupbuy.commissions import floors
from groupbuy.commissions import service as commissions
from groupbuy.commissions.rules import Rate, Scope
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.flows import picking, planning, pricing_anew
from groupbuy.kernel.errors import BadInput
from groupbuy.leaders.models import Leader
from tests import building
from tests.building import ACTOR, NOW, ZONE
from tests.files import faults_of, import_text
from tests.payments.test_paying_pages import browser
from tests.support.locks import wait_until_somebody_waits

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def goods() -> Product:
    """Return P1 at ¥9.90, of which leaders get ¥5.00 a unit."""
    product = building.add_product(building.add_supplier())
    building.set_commission(Rate(fixed_fen=500), Scope.PRODUCT, product.id)
    return product


def refused(prices: dict[int, int], leader: Leader | None = None) -> bool:
    try:
        floors.check_prices(prices, leader=leader)
    except BadInput as error:
        return (error.code, error.param) == ("below_commission", "price_fen")
    return False


def test_the_products_own_amount_counts_before_all_others(goods: Product) -> None:
    other = building.add_product(building.add_supplier("S2"), "P2")
    leader = building.add_leader()
    assert (refused({goods.id: 499}), refused({goods.id: 500})) == (True, False)
    assert not refused({other.id: 0})
    building.set_commission(Rate(fixed_fen=700))
    assert not refused({goods.id: 500})
    assert (refused({other.id: 699}), refused({other.id: 700})) == (True, False)
    building.set_commission(Rate(rate_bp=100), Scope.LEADER, leader.id)
    # This leader gets a percentage, others still ¥7.00.
    assert (refused({other.id: 1}, leader), refused({other.id: 699})) == (False, True)


def test_a_rate_does_not_end_where_more_than_the_price_would_hold_then() -> None:
    product_id = building.add_product(building.add_supplier()).id
    building.set_commission(Rate(rate_bp=100), Scope.PRODUCT, product_id)
    building.set_commission(Rate(fixed_fen=991))

    def end() -> None:
        commissions.set_rule(scope=Scope.PRODUCT, target_id=product_id, rate=None, now=NOW, actor="test")

    with pytest.raises(BadInput, match="Of P1 leaders get"):
        in_transaction(end)
    building.set_commission(Rate(fixed_fen=990))
    in_transaction(end)


def test_a_running_round_does_not_sell_below_the_commission(goods: Product) -> None:
    round_ = building.add_round([goods])
    offer = db.session.scalars(select(Offer).where(Offer.round_id == round_.id)).one()
    with pytest.raises(BadInput, match="Of P1 leaders get"):
        in_transaction(lambda: pricing_anew.change_price(offer=offer, price_fen=499, now=NOW, actor="test"))
    in_transaction(lambda: pricing_anew.change_price(offer=offer, price_fen=500, now=NOW, actor="test"))


def test_neither_a_leaders_own_price_nor_a_published_campaign_goes_below_it(goods: Product) -> None:
    leader = building.add_leader()
    recurrence = Recurrence(Kind.DAILY, start=date(2026, 11, 23)).to_json()
    round_ = building.add_round([goods], recurrence=recurrence)
    campaign = db.session.get_one(Campaign, db.session.get_one(Round, round_.id).campaign_id)

    def own_price(fen: int) -> list[str]:
        terms = {"P1": Own(None, fen)}
        named = {"campaign": campaign, "leader": leader, "version": None, "terms": terms}
        return in_transaction(lambda: picking.set_terms(**named, now=NOW, zone=ZONE, actor=ACTOR))

    with pytest.raises(BadInput) as error:
        own_price(499)
    assert error.value.code == "below_commission"
    own_price(500)
    building.add_round([goods], "C2", offers={"P1": {"price_fen": 499}}, state="draft", recurrence=recurrence)
    draft = db.session.scalars(select(Campaign).where(Campaign.code == "C2")).one()
    with pytest.raises(BadInput) as error:
        in_transaction(lambda: planning.publish(campaign=draft, now=NOW, zone=ZONE, actor="test"))
    assert error.value.code == "below_commission"


def test_a_file_of_products_names_the_rows_that_sell_below_it(goods: Product) -> None:
    head = "code,name,category,supplier_code,unit,case_size,cost_yuan,price_yuan"
    rows = [head, "P1,苹果,水果,S1,份,1,3,4.99", "P2,香蕉,水果,S1,份,1,1,2"]
    result = import_text("products", "\n".join(rows))
    assert faults_of(result) == [(2, "price_yuan", "below_commission")]
    db.session.rollback()
    assert db.session.scalars(select(Product.price_fen)).all() == [990]


def test_the_pages_of_products_say_so_beside_the_price(app: Flask, goods: Product) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    desk = browser(app, building.add_account("运营"), "operator")
    form = {"id": goods.id, f"seen-{goods.id}": "1", "by": "percent", "amount": "-60", "do": "save"}
    page = desk.post("/admin/products/prices", data=form)
    assert (page.status_code, "的每件佣金 ¥5.00" in page.text) == (422, True)
    typed = {
        "version": "1",
        "code": "P1",
        "name": "苹果",
        "unit": "份",
        "supplier_id": goods.supplier_id,
        "case_size": "1",
    }
    typed |= {"category_id": "0", "brand_id": "0", "cost_fen": "3", "temperature_zone": "常温"}
    page = desk.post("/admin/products/P1", data=typed | {"price_fen": "4.99"})
    assert (page.status_code, "的每件佣金 ¥5.00" in page.text) == (422, True)
    assert desk.post("/admin/products/P1", data=typed | {"price_fen": "5.00"}).status_code == 303


@pytest.mark.parametrize("rate_first", [True, False])
def test_of_a_rate_and_a_price_at_the_same_instant_the_second_is_refused(
    app: Flask, rate_first: bool
) -> None:
    product_id = building.add_product(building.add_supplier()).id

    def raise_rate() -> None:
        plain = {"scope": Scope.PRODUCT, "target_id": product_id, "rate": Rate(fixed_fen=900)}
        commissions.set_rule(**plain, now=NOW, actor="test")

    def lower_price() -> None:
        catalog.reprice_many(versions={product_id: 1}, by_fen=-100, now=NOW, actor="test")
        floors.check_prices({product_id: 890})

    def second() -> str | None:
        with app.app_context(), suppress(BadInput):
            in_transaction(lower_price if rate_first else raise_rate)
            return "taken"
        return None

    with ThreadPoolExecutor(1) as pool:
        with transaction():
            (raise_rate if rate_first else lower_price)()
            later = pool.submit(second)
            if db.engine.dialect.name == "postgresql":
                wait_until_somebody_waits()
        assert later.result() is None
