"""The round page: what a guest sees, how few reads it takes, and how light it is."""

import gzip
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import event
from time_machine import Traveller

from groupbuy.db import db
from tests import building
from tests.building import CLOSES, OPENS
from tests.web.shopping import Visitor, open_shop, shop_of

MAX_FIRST_PAGE = 150_000
MOST_READS = 5


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collect what is asked of the database."""
    asked: list[str] = []

    def listen(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", listen)
    yield asked
    event.remove(db.engine, "before_cursor_execute", listen)


def test_what_fills_the_case_is_said_where_only_whole_cases_are_bought(visitor: Visitor) -> None:
    shop = open_shop(surplus_policy="shortfall")
    buyer = building.add_resident(shop.leader)
    assert "件凑满一箱<" not in visitor.get(shop.path)
    # Cases of 6: 8 fill one and leave 4 to go for the second, 12 fill both.
    building.place(shop.round, buyer, {"P1": 8})
    assert ">再 4 件凑满一箱<" in visitor.get(shop.path)
    # A page that lies open follows.
    sold = visitor.client.get(f"/r/{shop.round.name}/live").json["goods"][f"q{shop.offers['P1']}"]
    assert (sold[0], sold[2]) == (8, 4)
    # So does the page of the product itself.
    page = visitor.get(f"/r/{shop.round.name}/goods/{shop.offers['P1']}")
    assert (">再 4 件凑满一箱<" in page, f'id="q{shop.offers["P1"]}"' in page) == (True, True)
    assert ("data-sold>8<" in page, "js/round" in page) == (True, True)
    building.place(shop.round, buyer, {"P1": 4})
    assert "件凑满一箱<" not in visitor.get(shop.path)


def test_a_guest_sees_goods_prices_and_what_is_left(visitor: Visitor) -> None:
    shop = open_shop(offers={"P1": {"limit_units": 5, "list_price_fen": 1590}, "P2": {"min_units": 20}})
    building.place(shop.round, building.add_resident(shop.leader), {"P1": 2})
    page = visitor.get(shop.path)
    for text in ("商品P1", "9.90", "¥15.90", "已售2/5", "仅剩3份", "已有 1 位邻居下单", "再有 20 份就成团"):
        assert text in page, text
    assert '<meta property="og:title" content="周日鲜果日">' in page


def test_what_is_sold_out_says_so(visitor: Visitor) -> None:
    shop = open_shop(1, offers={"P1": {"limit_units": 2}})
    building.place(shop.round, building.add_resident(shop.leader), {"P1": 2})
    page = visitor.get(shop.path)
    assert "已抢光" in page
    assert "stepper-more" not in page


def test_the_shared_link_of_a_leader_shows_the_open_rounds(visitor: Visitor) -> None:
    shop = open_shop()
    page = visitor.get(f"/l/{shop.leader.code}")
    assert f"/r/{shop.round.name}?l={shop.leader.code}" in page
    assert visitor.client.get("/l/NOBODY").status_code == 404


def test_a_round_before_it_opens_and_after_it_has_closed_takes_no_goods(
    visitor: Visitor, clock: Traveller
) -> None:
    shop = open_shop()
    for moment, text in ((OPENS.replace(year=2025), "开团，可以先看看"), (CLOSES, "本期已截单，不再接单")):
        clock.move_to(moment)
        page = visitor.get(shop.path)
        assert text in page
        assert "stepper-more" not in page


def test_a_round_of_other_leaders_does_not_exist_for_a_guest(visitor: Visitor) -> None:
    shop = open_shop(all_leaders=False)
    assert visitor.client.get(shop.path).status_code == 404


def test_who_comes_without_a_leader_chooses_one_and_comes_back(visitor: Visitor) -> None:
    shop = open_shop()
    page = visitor.get(f"/r/{shop.round.name}")
    assert f"/l/{shop.leader.code}?next=" in page
    assert (
        visitor.client.get(f"/l/{shop.leader.code}?next=/r/{shop.round.name}").location
        == f"/r/{shop.round.name}"
    )


def test_the_reads_of_a_round_page_are_few_however_many_goods_there_are(visitor: Visitor) -> None:
    small = open_shop(2)
    supplier = building.add_supplier("S2")
    products = [building.add_product(supplier, f"Q{number}") for number in range(40)]
    large = shop_of(small.leader, building.add_round(products, "C2"))
    counts = []
    for shop in (small, large):
        path = shop.path
        visitor.get(path)
        with statements() as asked:
            visitor.get(path)
        counts.append(len([one for one in asked if one.startswith("SELECT")]))
    assert counts[0] == counts[1] <= MOST_READS


def packed(visitor: Visitor, path: str) -> bytes:
    """Return what goes over the line."""
    with visitor.client.get(path, headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.status_code == 200
        return bytes(answer.data)


def test_the_first_round_page_is_light_without_its_pictures(visitor: Visitor) -> None:
    page = packed(visitor, open_shop(40).path)
    parts = set(re.findall(r'(?:href|src)="(/static/[^"#]+)', gzip.decompress(page).decode()))
    sizes = {part: len(packed(visitor, part)) for part in parts}
    assert len(sizes) >= 8
    assert len(page) + sum(sizes.values()) < MAX_FIRST_PAGE, sizes


def test_the_figures_of_an_open_page_are_asked_for_lightly(visitor: Visitor) -> None:
    shop = open_shop(1, offers={"P1": {"limit_units": 5}})
    visitor.get(shop.path)
    answer = visitor.client.get(f"/r/{shop.round.name}/live")
    assert answer.json == {"open": True, "goods": {f"q{shop.offers['P1']}": [0, 5, 0]}}


def test_the_share_page_has_link_poster_and_roll_call(visitor: Visitor) -> None:
    shop = open_shop(2)
    visitor.get(shop.path)
    visitor.client.set_cookie("lang", "en")
    page = visitor.get(f"/r/{shop.round.name}/share")
    assert "#接龙" in page
    assert "截单：11月22日 周日 22:00  提货：11月23日 周一" in page
    assert "1) 商品P1 9.90元/份" in page
    poster = visitor.client.get(f"/r/{shop.round.name}/poster.png?l={shop.leader.code}")
    assert (poster.mimetype, poster.data[:4]) == ("image/png", b"\x89PNG")
    assert len(poster.data) < 200_000


@pytest.mark.parametrize("path", ["/cart", "/", "/sign-in", "/privacy"])
def test_a_page_for_everybody_answers_without_any_data(app: Flask, visitor: Visitor, path: str) -> None:
    assert visitor.client.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/orders", "/orders/X", "/me", "/me/profile", "/me/data", "/me/leave"])
def test_a_page_for_residents_leads_a_guest_to_sign_in_and_back(visitor: Visitor, path: str) -> None:
    answer = visitor.client.get(path)
    assert (answer.status_code, answer.location) == (303, f"/sign-in?next={path}")
