"""Every list of the desks: its table goes out as a file, its filters and its pages live in the address."""

from collections.abc import Iterator
from html.parser import HTMLParser
from io import BytesIO
from urllib.parse import parse_qsl, urlencode, urlsplit

import openpyxl
import pytest

from tests import building
from tests.security.rights import LET_IN, path_of, read_table
from tests.security.town import PEOPLE, Town

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"])

DESKS = {"operator": "/admin/", "supplier": "/supplier/"}
# Tables that no file is made of, by the template of their address.
NO_EXPORT = {
    # The rounds of today are a part of the list of rounds, which goes out whole.
    "/admin/",
    "/admin/live",
    # Forms: what they show is stored, and goes out, elsewhere.
    "/admin/campaigns/C1/edit",
    "/admin/campaigns/C1/leaders/L1",
    "/admin/campaigns/new",
    "/admin/delivery/discrepancies/{discrepancy}",
    "/admin/invoices/new/{po}",
    "/admin/orders/{order}/change",
    "/admin/products/P1/sources",
    "/admin/purchasing/{po}/change",
    "/admin/rounds/C0/late-order",
    "/admin/stock/P1",  # Its movements go out with the list of movements.
    # Papers, and pages of which there is a paper as Excel and PDF.
    "/admin/delivery/routes/{route}",
    "/admin/leaders/L1/sheets",
    "/admin/orders/{order}",
    "/admin/purchasing/{po}",
    "/admin/purchasing/{po}/preview",
    "/admin/rounds/C0/print/pickup_sheet",
    "/admin/rounds/C0/print/purchase_order/S1",
}
# A filter of each kind of field, when it offers no choices.
TYPED = {"date": "2026-11-22", "month": "2026-11", "search": "P1", "text": "P1", "number": "7"}
# Codes that somebody has: others are refused.
CODES = {"leader": "L1", "supplier": "S1", "product": "P1", "route": "东线", "warehouse": "MAIN"}
EVERYTHING = {"from": "2020-01-01", "until": "2035-01-01"}


class Reader(HTMLParser):
    """What a page has of tables, links and forms that ask; ``forms`` are name, kind and choices of fields."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tables = 0
        self.links: list[str] = []
        self.forms: list[dict[str, list[str]]] = []
        self.values: dict[str, list[str]] = {}
        self._form: dict[str, list[str]] | None = None
        self._select = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Note a table, a link, a form or a field."""
        found = {name: value or "" for name, value in attributes}
        if tag == "table":
            self.tables += 1
        elif tag == "a":
            self.links.append(found.get("href", ""))
        elif tag == "form" and found.get("method", "get").lower() == "get":
            self._form = {}
            self.forms.append(self._form)
        elif self._form is not None:
            self._field(tag, found)

    def _field(self, tag: str, found: dict[str, str]) -> None:
        if tag == "select":
            self._select = found["name"]
            self._form[self._select] = []
        elif tag == "option" and found.get("value"):
            self._form[self._select].append(found["value"])
            if "selected" in found:
                self.values.setdefault(self._select, []).append(found["value"])
        elif tag == "input" and found.get("name"):
            kind = found.get("type", "text")
            typed = TYPED | ({"text": CODES[found["name"]]} if found["name"] in CODES else {})
            self._form[found["name"]] = [typed.get(kind, found.get("value", ""))]
            if kind not in ("checkbox", "radio") or "checked" in found:
                self.values.setdefault(found["name"], []).append(found.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        """End a form."""
        if tag == "form":
            self._form = None


def pages(town: Town, query: str = "") -> Iterator[tuple[str, str, str, Reader]]:
    """Yield who, the template of the address, the address and what is on it, of each page of the desks."""
    for who, desk in DESKS.items():
        for row in read_table():
            if (
                row.method != "GET"
                or not row.address.startswith(desk)
                or row.signs[PEOPLE.index(who)] != LET_IN
            ):
                continue
            path = path_of(row, town.facts)
            with town.browser(who).get(path + query) as answer:
                if answer.status_code == 200 and answer.mimetype == "text/html":
                    yield who, row.address, path, Reader(answer.get_data(as_text=True))


def files_open(town: Town, who: str, page: Reader) -> int:
    """Take the files of a page; return how many workbooks there were."""
    taken = 0
    for file in (one for one in page.links if "export=" in one):
        answer = town.browser(who).get(file)
        assert answer.status_code == 200, file
        if "export=xlsx" in file:
            assert openpyxl.load_workbook(BytesIO(answer.data)).active.max_row > 1, file
            taken += 1
    return taken


def filters_stay(town: Town, who: str, path: str, form: dict[str, list[str]]) -> None:
    """Ask for something in each field of a form and look whether fields and files keep it."""
    wanted = {name: choices[-1] for name, choices in form.items() if choices and choices[-1]}
    answer = town.browser(who).get(f"{urlsplit(path).path}?{urlencode(wanted)}")
    assert answer.status_code == 200, (path, wanted)
    shown = Reader(answer.get_data(as_text=True))
    lost = {name: value for name, value in wanted.items() if value not in shown.values.get(name, [])}
    assert lost == {}, path
    for file in (link for link in shown.links if "export=" in link):
        assert wanted.items() <= dict(parse_qsl(urlsplit(file).query)).items(), file


def test_every_table_goes_out_and_every_filter_stays(town: Town, database_kind: str) -> None:
    without, taken, asked = set(), 0, 0
    for who, address, path, page in pages(town):
        found = files_open(town, who, page)
        if page.tables and not found:
            without.add(address)
        taken += found
        for form in page.forms:
            filters_stay(town, who, path, form)
        asked += len(page.forms)
    assert without == NO_EXPORT
    assert (taken > 50, asked > 30) == (True, True), (taken, asked)


def test_the_pages_of_a_list_keep_its_filters(town: Town, database_kind: str) -> None:
    numbers = [f"X{number}" for number in range(21)]
    goods = [building.add_product(building.add_supplier(number), number) for number in numbers]
    round_ = building.add_round(goods, "X")
    for number in numbers:
        building.place(round_, building.add_resident(building.add_leader(number)), {number: 1})
    long = set()
    for _, _, path, page in pages(town, f"?{urlencode(EVERYTHING)}"):
        for link in (one for one in page.links if "page=" in one):
            long.add(path)
            assert EVERYTHING.items() <= dict(parse_qsl(urlsplit(link).query)).items(), path
    assert long >= {f"/admin/{name}" for name in ("orders", "products", "leaders", "residents", "suppliers")}
