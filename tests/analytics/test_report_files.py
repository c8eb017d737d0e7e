"""Large reports made in the background: once for who asks twice, with progress, whole after a death."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from groupbuy.accounts.models import Account
from groupbuy.accounts.queries import lock_account
from groupbuy.analytics import trade_reports
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.documents.sheet import Column, Sheet, table
from groupbuy.jobs import files
from groupbuy.jobs.models import MadeFile
from groupbuy.scheduler.setup import handlers_of
from groupbuy.scheduler.tick import tick_until_idle
from tests import building
from tests.analytics.trade import KEPT, PICKED, TODAY
from tests.support.locks import wait_until_somebody_waits
from tests.web.test_money_pages import browser, finance

pytestmark = pytest.mark.usefixtures("trade")
SPAN_FORM = {"since": f"{PICKED:%Y-%m-%d}", "until": f"{PICKED:%Y-%m-%d}"}


def test_a_file_made_in_the_background_is_fetched_by_who_asked(app: Flask) -> None:
    office, other = finance(app), finance(app)
    span = {"since": f"{PICKED:%Y-%m-%d}", "until": f"{PICKED:%Y-%m-%d}", "suffix": "csv", "leader": "L2"}
    # Who asks twice waits for one file; a workbook of the same is another.
    for suffix in ("csv", "csv", "xlsx"):
        assert office.post("/admin/reports/sales/make", data=span | {"suffix": suffix}).status_code == 303
    assert [row.suffix for row in db.session.query(MadeFile).order_by(MadeFile.id)] == ["csv", "xlsx"]
    assert 'value="csv"' in office.get("/admin/reports/sales").text
    waiting = office.get("/admin/reports/files").text
    assert ("排队" in waiting, 'hx-trigger="every 5s"' in waiting) == (True, True)
    tick_until_idle(now=KEPT, zone=building.ZONE, handlers=handlers_of(app), note=lambda _: None)
    made = office.get("/admin/reports/files").text
    assert ("/admin/reports/files/1" in made, "hx-trigger" in made) == (True, False)
    content = office.get("/admin/reports/files/1").text
    assert content.count("\n") == 3
    assert "29.70" in content
    assert other.get("/admin/reports/files/1").status_code == 404
    assert files.files_of(0) == []


@pytest.fixture
def account() -> Account:
    return building.add_account("财务")


@pytest.mark.postgres
@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_a_window_waits_while_another_one_asks_and_finds_its_file(app: Flask, account: Account) -> None:
    """Hold the lock of who asks until the second window waits for it: without the lock nobody would."""
    window = browser(app, account, "finance")
    report = trade_reports.get_report("sales")
    asked = {"report": report.name, "payload": trade_reports.as_json(report, TODAY), "suffix": "csv"}

    def ask() -> int:
        with app.app_context():
            return window.post("/admin/reports/sales/make", data=SPAN_FORM | {"suffix": "csv"}).status_code

    db.session.rollback()
    with ThreadPoolExecutor(1) as pool:
        with transaction():
            lock_account(account.id)
            files.ask(**asked, name="销货明细表", rows=3, account_id=account.id, now=KEPT)
            answer = pool.submit(ask)
            wait_until_somebody_waits()
        assert answer.result() == 303
    assert db.session.query(MadeFile).count() == 1


def test_a_file_says_how_many_rows_are_written_and_begins_anew_after_a_death(account: Account) -> None:
    """A worker dies at row 5,000 of 12,000; the next one starts from nothing, and its file stays whole."""
    with transaction():
        row = files.ask(
            report="sales", payload={}, name="x", suffix="csv", rows=12_000, account_id=account.id, now=KEPT
        )
        number = row.id
        files.begin(number)
        files.note_progress(number, 5_000)
    assert _progress() == ("making", 5_000)
    with transaction():
        files.begin(number)
    assert _progress() == ("making", 0)
    with transaction():
        files.note_progress(number, 12_500)
    assert _progress() == ("making", 12_000)
    with transaction():
        files.keep(number, b"whole", now=KEPT)
        # The first worker was only slow.
        files.note_progress(number, 10_000)
    assert _progress() == ("done", 12_000)


def _progress() -> tuple[str, int]:
    db.session.rollback()
    state, done = db.session.query(MadeFile.state, MadeFile.done).one()
    return state, done


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_the_writing_of_a_long_file_tells_how_far_it_is(suffix: str) -> None:
    heard: list[int] = []
    sheet = Sheet("长表", [Column("编号")], table([(str(number),) for number in range(12_000)]))
    content = trade_reports.written(sheet, suffix, heard.append)
    assert heard == [5_000, 10_000]
    assert content == trade_reports.written(sheet, suffix)


def test_a_file_is_in_the_language_of_whoever_asked_for_it(app: Flask) -> None:
    office = finance(app)
    for language in ("en", "zh"):
        asked = office.post(f"/admin/reports/sales/make?lang={language}", data=SPAN_FORM | {"suffix": "csv"})
        assert asked.status_code == 303
    tick_until_idle(now=KEPT, zone=building.ZONE, handlers=handlers_of(app), note=lambda _: None)
    names = [row.name.partition("-")[0] for row in db.session.query(MadeFile).order_by(MadeFile.id)]
    assert names == ["Sales in detail", "销货明细表"]
    heads = [office.get(f"/admin/reports/files/{number}").text.splitlines()[0] for number in (1, 2)]
    assert [head.strip("\ufeff").split(",")[:2] for head in heads] == [["Time", "Kind"], ["时间", "类别"]]
    english = office.get("/admin/reports/files/1").text
    assert (",Sale," in english, "销售" in english) == (True, False)
