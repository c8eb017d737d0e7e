"""The loading list of a route: the last stop first, with bags and units of each temperature zone."""

import io
from typing import Any

import pytest
import python_calamine
from flask import Flask
from sqlalchemy import select

from groupbuy.accounts import service as accounts
from groupbuy.audit.models import AuditEntry
from groupbuy.catalog import service as catalog
from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.delivery.loading import loads_of, zones_of
from groupbuy.flows import rerouting
from groupbuy.leaders.models import Leader
from tests import building
from tests.api.conftest import person_of
from tests.building import ACTOR, NOW, PICKUP
from tests.delivery.town import T, Town
from tests.web.test_money_pages import browser

# At the second stop 3 of P1 for Clara; at the first 5 and 2 of P1 for Anna and Berta, 4 of P2 for Anna.
EAST = [[1, 2, "L2 团长L2", 1, 3, None, 3], [2, 1, "L1 团长L1", 2, 7, 4, 11]]


@pytest.fixture
def town(app: Flask) -> Town:
    """Return the town with its routes planned, P2 chilled."""
    town = Town(app)
    with transaction():
        chilled = db.session.scalars(select(Product.id).where(Product.code == "P2")).all()
        values = {"temperature_zone": "冷藏"}
        catalog.edit_many(product_ids=chilled, values=values, now=NOW, actor="test")
    town.plan()
    return town


def listed(content: bytes) -> tuple[list[Any], list[list[Any]]]:
    """Return the titles of a loading list's columns and its rows without place and tick."""
    rows = python_calamine.load_workbook(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    top = next(number for number, row in enumerate(rows) if "装车顺序" in row)
    stops = [row for row in rows[top + 1 :] if isinstance(row[0], float)]
    return rows[top], [[*row[:3], *(cell if cell != "" else None for cell in row[4:-1])] for row in stops]


def test_a_route_is_loaded_from_its_last_stop_to_its_first(town: Town) -> None:
    loads = loads_of(town.route("东线"))
    assert [(one.turn, one.stop.leader.code, one.bags, one.units) for one in loads] == [
        (1, "L2", 1, 3),
        (2, "L1", 2, 11),
    ]
    assert [one.by_zone for one in loads] == [{"常温": 3}, {"常温": 7, "冷藏": 4}]
    assert zones_of(loads) == ["常温", "冷藏"]


def test_who_gets_nothing_any_more_is_not_loaded_for(town: Town) -> None:
    first, _second, third = (one.id for one in town.leaders)

    def move() -> None:
        old, new = db.session.get_one(Leader, first), db.session.get_one(Leader, third)
        rerouting.reroute(day=PICKUP, old=old, new=new, reason="团长生病", now=T, actor=ACTOR)

    with transaction():
        move()
    assert [one.stop.leader.code for one in loads_of(town.route("东线"))] == ["L2"]
    (load,) = loads_of(town.route("未分线路"))
    # Dora's one of P2 and what was Anna's and Berta's.
    assert (load.bags, load.by_zone) == (3, {"常温": 7, "冷藏": 5})


def test_the_warehouse_takes_the_list_from_the_page_and_it_is_logged(app: Flask, town: Town) -> None:
    route = town.route("东线").id
    keeper = browser(app, building.add_account("库管"), "warehouse")
    page = keeper.get(f"/admin/delivery/routes/{route}").get_data(as_text=True)
    assert f"/admin/delivery/routes/{route}/loading.pdf" in page
    assert "装车单" in page
    titles, rows = listed(keeper.get(f"/admin/delivery/routes/{route}/loading.xlsx").data)
    assert titles[4:8] == ["袋数", "常温件数", "冷藏件数", "合计件数"]
    assert rows == EAST
    assert keeper.get(f"/admin/delivery/routes/{route}/loading.pdf").data.startswith(b"%PDF")
    taken = select(AuditEntry.after).where(AuditEntry.verb == "document_taken")
    assert db.session.scalars(taken).all() == [{"kind": "loading_list"}] * 2


def test_a_program_takes_the_list_and_an_empty_route_has_none(app: Flask, town: Town) -> None:
    account = building.add_account("库管")
    with transaction():
        accounts.grant_role(account=account, role="warehouse", now=NOW, actor="test")
    keeper = person_of(app, account.id, "warehouse")
    route = town.route("东线").id
    answer = keeper.ask("GET", f"/delivery-routes/{route}/loading.xlsx")
    assert listed(answer.data)[1] == EAST
    keeper.ask("POST", f"/deliveries/{PICKUP}/routes", {"name": "西线"}, "a-key-of-a-new-route")
    empty = town.route("西线").id
    assert keeper.ask("GET", f"/delivery-routes/{empty}/loading.pdf").status_code == 404
