"""The ledger on both databases: once each, never overdrawn, closed months stay closed."""

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from flask import Flask
from sqlalchemy import select

from groupbuy.db import db
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.finance import queries, rules, service
from groupbuy.finance.models import Posting
from groupbuy.finance.rules import Entry
from groupbuy.kernel.errors import GroupbuyError, RuleBroken
from tests.building import NOW
from tests.support.commands import Run

WALLET = rules.wallet(1)


def _top_up(amount: int, cause: str = "1") -> Entry:
    return Entry(rules.CASH_DESK, WALLET, amount, "top_up", cause)


def _spend(amount: int, cause: str) -> Entry:
    return Entry(WALLET, rules.resident(1), amount, "order_payment", cause)


def _post(*entries: Entry, at: datetime = NOW) -> int:
    return in_transaction(lambda: service.post(entries, at=at, actor="test"))


def test_the_same_cause_is_booked_once(app: Flask) -> None:
    assert (_post(_top_up(500)), _post(_top_up(500))) == (1, 0)
    assert queries.balance(WALLET) == queries.available(WALLET) == 500


def test_a_wallet_is_never_overdrawn_and_nothing_of_the_attempt_stays(app: Flask) -> None:
    _post(_top_up(500))
    with pytest.raises(RuleBroken, match="not enough"):
        _post(_spend(501, "1"))
    assert queries.balance(WALLET) == 500
    assert len(db.session.scalars(select(Posting)).all()) == 1


def test_a_wallet_spent_from_many_devices_at_once_pays_for_what_it_holds(app: Flask) -> None:
    _post(_top_up(500))

    def spend(number: int) -> bool:
        with app.app_context():
            try:
                return _post(_spend(200, str(number))) == 1
            except GroupbuyError:
                return False
            finally:
                db.session.remove()

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(spend, range(12))) == 2
    db.session.rollback()
    assert queries.balance(WALLET) == queries.available(WALLET) == 100


def test_a_closed_month_takes_no_more_postings(app: Flask) -> None:
    later = datetime(2026, 12, 1, 0, 0, tzinfo=UTC)
    with transaction():
        assert service.close_period(period="2026-11", now=later, actor="test")
        assert not service.close_period(period="2026-11", now=later, actor="test")
    with pytest.raises(RuleBroken, match="closed"):
        _post(_top_up(500))
    assert _post(_top_up(500), at=later) == 1


def test_nothing_of_a_month_is_booked_in_it_while_it_is_closed(app: Flask) -> None:
    closing, booking = Event(), Event()
    later = datetime(2026, 12, 1, 0, 0, tzinfo=UTC)
    late = replace(_top_up(500), at=NOW)

    def close() -> bool:
        with app.app_context():
            try:
                with transaction():
                    service.hold_postings_back()
                    closing.set()
                    booking.wait()
                    return service.close_period(period="2026-11", now=later, actor="test")
            finally:
                db.session.remove()

    def book() -> int:
        with app.app_context():
            try:
                closing.wait()
                booking.set()
                return _post(late, at=later)
            finally:
                db.session.remove()

    with ThreadPoolExecutor(2) as pool:
        assert [one.result() for one in (pool.submit(close), pool.submit(book))] == [True, 1]
    db.session.rollback()
    assert db.session.scalars(select(Posting.at)).all() == [later]


def test_a_month_is_closed_when_those_who_book_in_it_have_committed(app: Flask) -> None:
    booked = Event()
    later = datetime(2026, 12, 1, 0, 0, tzinfo=UTC)

    def close() -> int:
        with app.app_context():
            try:
                booked.wait()
                with transaction():
                    service.close_period(period="2026-11", now=later, actor="test")
                    return len(db.session.scalars(select(Posting)).all())
            finally:
                db.session.remove()

    with ThreadPoolExecutor(1) as pool:
        closing = pool.submit(close)
        with transaction():
            service.post([replace(_top_up(500), at=NOW)], at=later, actor="test")
            booked.set()
            wait([closing], timeout=0.3)
        assert closing.result() == 1


def test_a_month_that_runs_cannot_be_closed(app: Flask) -> None:
    _, end = rules.period_bounds("2026-11")
    with transaction(), pytest.raises(RuleBroken, match="an hour after"):
        service.close_period(period="2026-11", now=end + timedelta(minutes=59), actor="test")


def test_the_check_prints_each_figure(app: Flask, cli_runner: Run) -> None:
    _post(_top_up(12_345))
    found = {one["name"]: one for one in cli_runner("ledger", "check", "--at-rest", "--json").json["checks"]}
    assert found["ledger_balances"]["figure_fen"] == found["ledger_wallets"]["figure_fen"] == 12_345
    assert "¥123.45" in cli_runner("ledger", "check").stdout


def test_the_check_names_a_balance_that_its_postings_do_not_give(app: Flask, cli_runner: Run) -> None:
    _post(_top_up(500))
    with transaction():
        db.session.execute(db.text("UPDATE account_balance SET balance_fen = 700"))
    answer = cli_runner("ledger", "check", check=False)
    assert answer.exit_code == 1
    assert "wallet:resident:1: 700 stored, 500 reckoned" in answer.stdout


def test_the_journal_lists_the_entries_that_are_asked_for_and_what_they_come_to(
    app: Flask, cli_runner: Run
) -> None:
    _post(_top_up(12_345))
    _post(_spend(345, "7"))
    usual = ("ledger", "journal", "--since", "2026-11")
    whole = cli_runner(*usual, "--json").json
    assert [one["cause"] for one in whole["items"]] == ["order_payment", "top_up"]
    assert (whole["entries"], whole["moved_fen"]) == (2, 12_690)
    spent = cli_runner(*usual, "--account", "wallet", "--cause", "order_payment")
    assert "debit wallet:resident:1" in spent.stdout
    assert "wallet: debited ¥3.45, credited ¥0.00" in spent.stdout
    assert "no such entries" in cli_runner(*usual, "--paper", "X").stdout
    assert cli_runner("ledger", "journal", "--since", "2026-13", check=False).exit_code == 1
    assert cli_runner("ledger", "journal", "--cause", "x", check=False).exit_code == 2
