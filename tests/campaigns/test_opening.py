"""A licence that expires between the planning of a round and its opening keeps its supplier's goods out."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from groupbuy.campaigns import storefront
from groupbuy.campaigns.models import Offer, OfferStock
from groupbuy.catalog import supplier_files
from groupbuy.catalog.models import Supplier
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from tests import building
from tests.warehouse import day

BEFORE = building.OPENS.astimezone(building.ZONE).date() - timedelta(days=1)


def expire(supplier: Supplier) -> None:
    """Note a licence whose last day is that before the opening."""
    with transaction():
        supplier_files.add_licence(
            supplier=db.session.get_one(Supplier, supplier.id),
            kind="food",
            number="JY1",
            expires_on=BEFORE,
            now=building.NOW,
            actor="test",
        )


def test_goods_of_an_expired_licence_are_not_sold_in_a_round_that_was_planned_before(app: Flask) -> None:
    lapsing, other = building.add_supplier("S1"), building.add_supplier("S2")
    goods = [building.add_product(lapsing, "P1"), building.add_product(other, "P2")]
    round_, leader = building.add_round(goods), building.add_leader()
    expire(lapsing)
    round_ = building.close(app, round_, now=building.OPENS)
    states = select(Offer.state, OfferStock.sealed).join(OfferStock).order_by(Offer.id)
    assert [tuple(row) for row in db.session.execute(states)] == [("withdrawn", True), ("active", False)]
    shelf = storefront.goods_of_rounds(round_ids=[round_.id], leader_id=leader.id)
    assert (round_.state, [one.product_code for one in shelf]) == ("open", ["P2"])
    building.close(app, round_)
    assert day.wrong() == []


def test_what_was_ordered_in_the_moment_of_the_opening_stays(app: Flask) -> None:
    supplier = building.add_supplier("S1")
    round_ = building.add_round([building.add_product(supplier)])
    building.place(round_, building.add_resident(building.add_leader()), {"P1": 1})
    expire(supplier)
    building.close(app, round_, now=building.OPENS)
    assert db.session.scalars(select(Offer.state)).all() == ["active"]
