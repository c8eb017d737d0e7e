"""Finding the nearest leader, and all about one product."""

import pytest
from flask import Flask

from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.leaders.models import Community
from groupbuy.leaders.queries import nearby_leaders
from tests import building
from tests.web.shopping import Visitor, open_shop

HERE = (30_274_000, 120_155_000)


def three_leaders() -> None:
    """Make a leader 500 m away, one 5 km away by its community, and one whose place nobody knows."""
    building.add_leader("L1", name="无名", community="甲园")
    building.add_leader("L2", name="远处", community="乙园")
    building.add_leader("L3", name="近处", community="丙园", latitude_e6=30_278_500, longitude_e6=120_155_000)
    with transaction():
        far = db.session.query(Community).filter_by(name="乙园").one()
        far.latitude_e6, far.longitude_e6 = 30_319_000, 120_155_000


def test_the_nearest_comes_first_and_the_unknown_last(app: Flask) -> None:
    three_leaders()
    found = nearby_leaders(HERE, most=9)
    assert [(one.leader.code, one.metres) for one in found] == [("L3", 500), ("L2", 5004), ("L1", None)]
    assert [one.leader.code for one in nearby_leaders(HERE, most=1)] == ["L3"]


def test_the_start_page_sorts_by_distance_where_the_phone_says_where_it_is(visitor: Visitor) -> None:
    three_leaders()
    page = visitor.get("/?lat=30.274&lng=120.155")
    assert page.index("近处") < page.index("远处") < page.index("无名")
    assert "500 米" in page
    assert "5.0 公里" in page


@pytest.mark.parametrize("query", ["", "?lat=x&lng=1", "?lat=95&lng=1", "?lat=1", "?lat=NaN&lng=NaN"])
def test_without_a_place_the_list_is_as_before(visitor: Visitor, query: str) -> None:
    three_leaders()
    page = visitor.get(f"/{query}")
    assert "无名" in page
    assert "公里" not in page


def test_the_page_of_a_product_shows_it_and_fills_the_cart(visitor: Visitor) -> None:
    shop = open_shop(1, offers={"P1": {"limit_units": 9, "min_units": 5, "per_buyer_limit": 3}})
    path = f"/r/C1/goods/{shop.offers['P1']}"
    assert path in visitor.get(shop.path)
    page = visitor.get(f"{path}?l=L1")
    for text in ("商品P1", "9.90", "再有5份就成团", "限购3", "剩余"):
        assert text in page.replace(" ", ""), text
    visitor.send(path, shop.quantities(P1=2) | {"goods": str(shop.offers["P1"]), "go": "1"}, to="/r/C1")
    assert 'value="2"' in visitor.get(path)


def test_a_product_of_another_round_or_none_is_not_found(visitor: Visitor) -> None:
    shop = open_shop(1)
    visitor.get(shop.path)
    assert visitor.client.get("/r/C1/goods/999999").status_code == 404
    assert visitor.client.get("/r/NONE/goods/1").status_code == 404
