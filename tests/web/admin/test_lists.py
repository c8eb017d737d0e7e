"""Lists: filters in the address, exports, and a number of queries that does not grow."""

import io
from collections.abc import Iterator
from contextlib import contextmanager

import openpyxl
import pytest
from sqlalchemy import Engine, event, select

from groupbuy.audit.models import AuditEntry
from groupbuy.db import db
from tests import building
from tests.web.admin.people import Town

LISTS = ("campaigns", "orders", "products", "purchasing", "leaders", "residents", "suppliers", "audit")
ODD = ("page=0", "page=-1", "page=x", "page=99999", "sort=no", "from=no-day", "state=odd", "category=x")


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """Collect the statements that run meanwhile."""
    statements: list[str] = []

    def note(*arguments: object) -> None:
        statements.append(str(arguments[2]))

    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_the_number_of_queries_does_not_grow_with_the_rows(town: Town, database_kind: str) -> None:
    building.place(town.round, town.resident, {"P2": 1})
    few = queries(town)
    for number in range(5, 11):
        building.add_product(building.add_supplier(f"S{number}"), f"P{number}")
        resident = building.add_resident(building.add_leader(f"L{number}"))
        building.place(town.round, resident, {"P2": 1})
    assert queries(town) == few
    assert max(few.values()) <= 12, few


def queries(town: Town) -> dict[str, int]:
    """Return how many statements each list takes."""
    found = {}
    for name in LISTS:
        with counted(db.engine) as statements:
            town.operator.text(f"/admin/{name}")
        found[name] = len(statements)
    return found


def test_an_order_is_found_by_whatever_is_known_of_it(town: Town) -> None:
    order = building.place(town.round, town.resident, {"P2": 1})
    other = building.add_resident(town.leader, name="李先生", room="9-9-909")
    foreign = building.place(town.round, other, {"P1": 1})
    for text in (order.number, town.resident.phone[-4:], "王女", "3-2-5", "鸡毛菜", "P2"):
        page = town.operator.text(f"/admin/orders?q={text}")
        assert order.number in page, text
        assert foreign.number not in page, text


def test_a_wildcard_in_a_search_means_itself(town: Town) -> None:
    assert "阿克苏苹果" not in town.operator.text("/admin/products?q=%25")


def test_a_list_goes_out_as_workbook_and_csv_with_its_filters(town: Town) -> None:
    workbook = town.operator.get("/admin/products?q=P1&export=xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(workbook.data)).active
    texts = [str(cell.value) for row in sheet.iter_rows() for cell in row]
    assert "阿克苏苹果" in texts
    assert "本地鸡毛菜" not in texts
    assert "本地鸡毛菜" in town.operator.get("/admin/products?export=csv").get_data(as_text=True)


@pytest.mark.check(60)
def test_taking_people_out_of_the_platform_is_logged(town: Town) -> None:
    town.operator.get("/admin/residents?export=csv")
    assert "list_exported" in db.session.scalars(select(AuditEntry.verb)).all()


@pytest.mark.check(58, 60)
def test_a_phone_is_masked_in_lists_and_a_look_at_it_is_logged(town: Town) -> None:
    assert town.resident.phone not in town.operator.text("/admin/residents")
    assert town.resident.phone in town.operator.text(f"/admin/residents/{town.resident.code}")
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "person_viewed")).one()
    assert entry.actor.startswith("account:")
    assert entry.subject == town.resident.code


def test_odd_addresses_show_a_list(town: Town) -> None:
    answers = {query: town.operator.get(f"/admin/campaigns?{query}").status_code for query in ODD}
    assert set(answers.values()) == {200}, answers
