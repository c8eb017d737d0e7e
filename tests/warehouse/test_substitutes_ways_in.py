"""Substitutes on the pages of residents and operators, over the API and by command."""

import html
import re

import pytest

from groupbuy.accounts import queries as accounts
from groupbuy.accounts import tokens
from groupbuy.db.transaction import transaction
from groupbuy.kernel.clock import utc_now
from groupbuy.members.models import Resident
from tests import building
from tests.support.commands import Run
from tests.warehouse import day
from tests.warehouse.test_substituting import goods, put
from tests.web.admin.conftest import town
from tests.web.admin.people import TOKEN, Person, Town, sign_in

__all__ = ["town"]


@pytest.fixture
def fruit(town: Town) -> list[object]:
    """Sell fruit in a round C2 of the town, paid to the leader."""
    supplier = building.add_supplier("S2")
    products = [
        building.add_product(supplier, code, name=name, price_fen=price, case_size=1, keeps=True)
        for code, name, price in (("F1", "苹果", 990), ("F2", "梨", 880), ("F3", "车厘子", 5990))
    ]
    town.round = building.add_round(products, "C2")
    return products


def buyer(town: Town, resident: Resident) -> Person:
    found = sign_in(town.app, accounts.get_account(resident.account_id), "resident")
    return found


def test_a_resident_names_what_may_come_and_the_operator_swaps_for_the_others(
    town: Town, fruit: list[object]
) -> None:
    order = building.place(town.round, town.resident, {"F1": 2})
    other = building.place(town.round, building.add_resident(town.leader, name="李先生"), {"F1": 1})
    person, path = buyer(town, town.resident), f"/orders/{order.number}/substitutes"
    page = person.text(path)
    assert ("梨 ¥8.80" in page, "车厘子" in page, "缺货怎么办" in page) == (True, False, True)
    token = TOKEN.search(page)
    assert token is not None
    dear = person.client.post(path, data={"csrf_token": token[1], "instead-F1": "F3"})
    assert (dear.status_code, "替代品不能更贵" in dear.text) == (422, True)
    saved = person.client.post(path, data={"csrf_token": token[1], "instead-F1": "F2"})
    assert saved.status_code == 303
    assert re.search(r'value="F2" selected', person.text(path))
    building.close(town.app, town.round)
    assert person.get(path).status_code == 303

    number = day.order_of(town.round).number
    town.operator.post(f"/admin/purchasing/{number}/approve")
    assert town.operator.post(f"/admin/receiving/{number}/rest").status_code == 303
    put(fruit[1], 9)
    # Three apples are short at ¥29.70: two pears were named, the third is the operator's swap: ¥26.40.
    page = town.operator.text("/admin/rounds/C2/shortage?policy=first_come&swap=F1%3DF2")
    assert ("梨×2" in page, "梨×1" in page, "¥3.30" in page) == (True, True, True)
    assert "本期没有商品 F9" in town.operator.text("/admin/rounds/C2/shortage?swap=F1%3DF9")
    apply = html.unescape(re.search(r'href="([^"]*shortage/apply[^"]*)"', page)[1])
    question = town.operator.text(apply)
    assert "由库存补替代品 3 件" in question
    assert town.operator.post(apply).status_code == 303
    assert "换为 梨 ×2" in person.text(f"/orders/{order.number}")
    assert "换为 梨 ×1" in town.operator.text(f"/admin/orders/{other.number}")
    assert (day.stored(order).amount_fen, day.stored(other).amount_fen) == (1760, 880)
    assert day.wrong() == []


def test_programs_name_substitutes_with_the_order_and_swap_when_sharing_out(
    town: Town, fruit: list[object]
) -> None:
    account = accounts.get_account(town.resident.account_id)
    with transaction():
        secret, _ = tokens.issue_token(account=account, role="resident", now=utc_now(), actor="test")
    client, bearer = town.app.test_client(), {"Authorization": f"Bearer {secret}"}
    body = {"round": "C2", "lines": [{"product_code": "F1", "quantity": 2}], "substitutes": {"F1": "F3"}}
    dear = client.post("/api/v1/orders", json=body, headers=bearer).json
    assert (dear["error"]["code"], dear["error"]["param"]) == ("substitute_dearer", "substitutes[F1]")
    placed = client.post("/api/v1/orders", json=body | {"substitutes": {"F1": "F2"}}, headers=bearer)
    path = f"/api/v1/orders/{placed.json['order_no']}/substitutes"
    assert client.get(path, headers=bearer).json == {"substitutes": {"F1": "F2"}, "replaced": []}
    chosen = client.put(path, json={"substitutes": {"F1": "refund"}}, headers=bearer).json
    assert chosen["substitutes"] == {"F1": "refund"}
    client.put(path, json={"substitutes": {"F1": "F2"}}, headers=bearer)
    building.close(town.app, town.round)
    number = day.order_of(town.round).number
    day.receive(number, {"F1": 1}, last=True)
    put(fruit[1], 9)
    day.share_out(town.round, "first_come")
    assert client.get(path, headers=bearer).json["replaced"] == [
        {"product_code": "F1", "name": "梨", "units": 1, "own": True}
    ]


def test_the_command_swaps(app: object, cli_runner: Run) -> None:
    products = goods()
    round_ = building.add_round(products)
    building.place(round_, building.add_resident(building.add_leader()), {"P1": 2})
    building.close(app, round_)
    day.receive(day.order_of(round_).number, {"P1": 1}, last=True)
    put(products[1], 1)
    name = round_.name
    refused = cli_runner("allocate", name, "--policy", "first_come", "--swap", "P1", check=False)
    assert (refused.exit_code, "P1=P2" in refused.stderr) == (1, True)
    done = cli_runner("allocate", name, "--policy", "first_come", "--swap", "P1=P2").stdout
    assert done == "1 lines lost 1 units worth ¥9.90; 1 units come instead.\n"
