"""A leader prints sheets from a page."""

import re
import subprocess
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page
from sqlalchemy import select

from groupbuy.app.documents import sheets_of
from groupbuy.audit.models import AuditEntry
from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident
from groupbuy.orders.models import Order
from tests.building import CLOSES, add_leader, add_resident, close, place
from tests.web.leader.conftest import SignIn
from tests.web.leader.test_browser import faults


@pytest.fixture
def closed(
    app: Flask, leader: Leader, round_: Round, resident: Resident, travel: time_machine.Traveller
) -> Round:
    """Return the round after its close, with orders of two residents."""
    place(round_, resident, {"P1": 2, "P2": 1}, remark="<b>放门口</b>")
    place(round_, add_resident(leader, "=欧阳", building="12号楼", room="1803"), {"P3": 4})
    done = close(app, round_)
    travel.move_to(CLOSES + timedelta(minutes=5))
    return done


@pytest.mark.parametrize("kind", ["pickup_sheet", "sorting_list"])
def test_the_page_has_the_columns_rows_and_totals_of_the_sheet(
    desk: FlaskClient, closed: Round, kind: str
) -> None:
    address = f"/leader/rounds/{closed.name}/print/{kind}"
    assert address in desk.get(f"/leader/rounds/{closed.name}").text
    page = desk.get(address)
    (sheet,) = sheets_of(kind, closed.name, "L1", CLOSES)
    titles = re.findall(r'<th scope="col"[^>]*>([^<]*)</th>', page.text)
    assert titles == [column.title for column in sheet.columns]
    assert page.text.count('<tr role="row">') == 1 + len(list(sheet.rows()))
    assert "=欧阳" in page.text
    assert "&lt;b&gt;放门口" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert 'style="' not in page.text
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.verb == "document_taken")).one()
    assert entry.after == {"kind": kind, "code": "L1"}


def test_each_resident_has_a_code_of_its_own(desk: FlaskClient, closed: Round) -> None:
    page = desk.get(f"/leader/rounds/{closed.name}/print/pickup_sheet").text
    assert page.count("<svg") - page.count('class="icon') == 2
    for code in db.session.scalars(select(Order.pickup_code)):
        assert code in page


def test_before_the_close_and_for_strangers_there_is_no_page(
    desk: FlaskClient, sign_in: SignIn, round_: Round, resident: Resident
) -> None:
    place(round_, resident, {"P1": 1})
    address = f"/leader/rounds/{round_.name}/print/pickup_sheet"
    assert desk.get(address).status_code == HTTPStatus.CONFLICT
    assert desk.get(address.replace("pickup_sheet", "matrix")).status_code == HTTPStatus.NOT_FOUND
    assert resident.name not in sign_in(add_leader("L2").account_id).get(address).text


@pytest.mark.browser
@pytest.mark.printed
@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_it_prints_on_a4_with_codes_that_can_be_scanned(
    site: str,
    page: Page,
    enter: Callable[[Page, int], None],
    leader: Leader,
    closed: Round,
    tmp_path: Path,
) -> None:
    enter(page, leader.account_id)
    page.goto(f"{site}/leader/rounds/{closed.name}/print/pickup_sheet")
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    boxes = page.locator(".table-box").evaluate_all(
        "all => all.map(box => box.scrollWidth - box.clientWidth)"
    )
    assert set(boxes) == {0}, "a sheet is read on a phone without pushing it sideways"
    (tmp_path / "sheet.pdf").write_bytes(page.pdf(prefer_css_page_size=True))
    paper = tmp_path / "paper"
    subprocess.run(["pdftoppm", "-r", "200", "-png", tmp_path / "sheet.pdf", paper], check=True)
    (image,) = tmp_path.glob("paper*.png")
    scanned = subprocess.run(["zbarimg", "-q", "--raw", image], check=True, capture_output=True, text=True)
    assert sorted(scanned.stdout.split()) == sorted(db.session.scalars(select(Order.pickup_code)))
