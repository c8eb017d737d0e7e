"""Lists come in pages, and whoever polls gets 304 while nothing has changed: every operation is looked at."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pydantic import BaseModel

from groupbuy.api.v1.endpoint import OPERATIONS, Operation
from groupbuy.api.v1.shapes import Shape
from groupbuy.http.reading import Body, Query
from groupbuy.messaging.webhooks import MAX_ENDPOINTS
from tests import building
from tests.api.conftest import Person, Town

# Lists that come whole, and what bounds them.
WHOLE: Mapping[str, str] = {
    "list_addresses": "a resident keeps at most ten doors",
    "list_after_sales": "the cases of one order",
    "list_after_sale_reasons": "a row for each of six reasons",
    "list_closed_months": "a row a month",
    "list_missing_bills": "the days of one month of two channels",
    "show_open_of_month": "ten kinds of what has not ended, and the days of one month",
    "list_leader_levels": "the levels of one region, a handful",
    "list_bonuses": "the bonuses that an operator set on one campaign",
    "list_categories": "the categories of one catalogue, two levels deep",
    "list_helpers": "those who help one leader",
    "show_helper_money": "who helped one leader, and the latest 200 payments",
    "show_own_share": "the latest 200 payments of one helper",
    "show_transfer_batch": "what was left out of one batch, at most 500",
    "list_payments": "the payments of one order",
    "list_pickable_campaigns": "the campaigns that run",
    "list_supplier_invoices": "the invoices of one purchase order",
    "list_receipts": "the deliveries of one purchase order",
    "list_reroutes": "the stops of one day",
    "list_rest_days": "the days from today on that a leader has named",
    "list_warehouses": "the warehouses of one region",
    "list_webhooks": f"at most {MAX_ENDPOINTS}",
    "pickup_day_list": "the bags of a leader that wait to be fetched: a phone keeps all of them",
    "report": "the suppliers and leaders of one round",
    "show_bank_line": "at most fifty movements that could stand behind one line",
    "show_batch": "the receipts and leaders of one batch; its orders come in pages",
    "show_campaign": "the products of one campaign and the rounds that are planned",
    "show_deliveries": "the routes of one day",
    "show_discrepancy": "the orders of one product at one stop",
    "show_goods": "the goods of one stop",
    "show_income_expense": "at most 366 days, weeks or months",
    "show_leader_terms": "the products of one campaign",
    "show_notice_table": "events, roles and channels that the program knows",
    "show_notice_text": "the placeholders of one text",
    "show_order": "at most 200 lines",
    "show_picks": "the products of one campaign",
    "show_preferences": "events that the program knows",
    "show_share_preferences": "events that the program knows",
    "show_product_sources": "at most six suppliers of one product",
    "show_round_sources": "those products of one round that several suppliers bring",
    "show_purchase_order": "the lines of one purchase order",
    "show_ranking": "the first ten",
    "show_round": "the offers of one round, which its page shows all at once",
    "show_substitutes": "the lines of one order",
    "show_supplier_file": "the licences of one supplier",
    "show_supplier_claim": "the buyers of one claim",
    "show_transfer": "the lines of one transfer",
    "show_user": "the roles of one account",
    "show_settlement": "what stands on one statement of one supplier",
    "show_supplier_terms": "the ten steps of a rebate",
    "show_weights": "the lines of one leader in one round",
}
# What programs and phones ask for again and again must be among those that are asked here.
POLLED = {"list_rounds", "show_round", "show_order", "list_messages", "pickup_day_list", "report"}
POLLED |= {"list_purchase_orders", "show_deliveries", "list_notices", "list_stock"}
POLLED |= {
    "list_orders",
    "list_products",
    "list_leaders",
    "list_residents",
    "list_webhooks",
    "pickup_conflicts",
}
KNOWN = {"round_name": "C1", "code": "L1", "campaign_code": "C1", "leader_code": "L1", "day": "2026-11-23"}


def _reads() -> list[Operation]:
    return [operation for operation in OPERATIONS.values() if operation.method == "GET"]


def test_every_list_comes_in_pages_or_is_bounded_by_what_it_is_of(town: Town) -> None:
    document = town.app.test_client().get("/api/v1/openapi.json").json
    shapes, unbounded = document["components"]["schemas"], set()
    for shown in (path["get"] for path in document["paths"].values() if "get" in path):
        answer = shown["responses"]["200"]["content"].get("application/json")
        fields = shapes[answer["schema"]["$ref"].rpartition("/")[2]]["properties"] if answer else {}
        asked = {one["name"] for one in shown["parameters"]} & {"cursor", "limit"}
        if any(field.get("type") == "array" for field in fields.values()):
            if asked != {"cursor", "limit"} or "next_cursor" not in fields:
                unbounded.add(shown["operationId"])
        else:
            assert not asked, shown["operationId"]
    assert unbounded == WHOLE.keys()


def test_no_two_shapes_have_the_same_name_in_the_document() -> None:
    def below(shape: type[BaseModel]) -> list[type[BaseModel]]:
        return [shape, *(one for child in shape.__subclasses__() for one in below(child))]

    named: dict[str, type[BaseModel]] = {}
    for shape in (one for base in (Shape, Body, Query) for one in below(base)):
        if shape.__module__.startswith("groupbuy.api."):
            assert named.setdefault(shape.__name__, shape) is shape


def test_what_is_polled_is_answered_304_until_it_changes(town: Town, clock: Any) -> None:
    known = KNOWN | {"order_no": town.buyer.order({"P1": 1}).json["order_no"]}
    known["number"] = known["order_no"]
    people = {role: town.staff(role) for role in ("operator", "finance", "warehouse")}
    people |= {"leader": town.head, "resident": town.buyer}
    same = set()
    for operation in _reads():
        path = re.sub(r"<(?:[^:>]*:)?(\w+)>", lambda part: known.get(part[1], "1"), operation.rule)
        for role in sorted((operation.roles or set()) & people.keys()):
            if _stays(people[role], path.removeprefix("/api/v1"), clock):
                same.add(operation.name)
    assert same >= POLLED
    first = people["resident"].get(f"/orders/{known['order_no']}")
    people["resident"].ask("PATCH", f"/orders/{known['order_no']}", {"lines": [_line(2)]})
    again = people["resident"].get(f"/orders/{known['order_no']}", **{"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 200


def _line(quantity: int) -> dict[str, Any]:
    return {"product_code": "P1", "quantity": quantity}


def _stays(person: Person, path: str, clock: Any) -> bool:
    """Ask, and once more a minute later with the tag of the first answer; tell whether there was one."""
    clock.move_to(building.NOW)
    first = person.get(path)
    if first.status_code != 200 or first.mimetype != "application/json":
        return False
    clock.move_to(building.NOW + timedelta(minutes=1))
    again = person.get(path, **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b""), path
    return True
