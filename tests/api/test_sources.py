"""Several suppliers of a product over the API: who has read what is old, and what a round has agreed on."""

from groupbuy.catalog.service import get_product
from tests import building
from tests.api.conftest import Town

PATH = "/products/P1/sources"
SECOND = {"supplier_code": "S2", "cost_fen": 450, "case_size": 12, "share_bp": 2500, "daily_limit": None}


def test_of_two_who_name_suppliers_at_once_the_second_is_told(town: Town) -> None:
    building.add_supplier("S2")
    operator = town.staff()
    read = operator.get(PATH).json
    body = {"version": read["version"], "sources": [SECOND]}
    assert operator.ask("PUT", PATH, {"sources": [SECOND]}).status_code == 422
    first = operator.ask("PUT", PATH, body)
    assert (first.status_code, first.json["version"]) == (200, read["version"] + 1)
    second = operator.ask("PUT", PATH, {"version": read["version"], "sources": []})
    assert (second.status_code, second.json["error"]["code"]) == (409, "changed_meanwhile")
    assert operator.get(PATH).json == first.json


def test_a_round_shows_what_was_agreed_when_it_was_published(town: Town) -> None:
    building.add_supplier("S2")
    operator = town.staff()
    assert operator.get("/rounds/C1/sources").json == {"items": []}
    version = operator.get(PATH).json["version"]
    named = operator.ask("PUT", PATH, {"version": version, "sources": [SECOND]}).json
    building.add_round([get_product("P1")], "C7")
    operator.ask("PUT", PATH, {"version": named["version"], "sources": [SECOND | {"cost_fen": 1}]})
    agreed = operator.get("/rounds/C7/sources").json["items"]
    assert [one["product_code"] for one in agreed] == ["P1"]
    assert agreed[0]["sources"] == [SECOND]
    assert agreed[0]["main"]["share_bp"] == 7500
    assert operator.get("/rounds/C99/sources").status_code == 404
