"""Income and expense by day, by week and by month: the same fen, cut otherwise."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from groupbuy.analytics import money_steps
from groupbuy.analytics.money_steps import after, first_of, steps_of
from groupbuy.db.transaction import in_transaction
from groupbuy.finance import service
from groupbuy.finance.rules import Entry
from groupbuy.kernel.errors import BadInput
from tests import building
from tests.archive.story import MUCH_LATER
from tests.archive.test_reading_archives import browser, person

DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))
MOVED = st.lists(
    st.tuples(DAYS, st.sampled_from(["income:sales", "expense:goods"]), st.integers(-(10**9), 10**9)),
    min_size=1,
)


@given(found=MOVED, step=st.sampled_from(money_steps.STEPS))
def test_every_fen_stands_in_one_step_and_steps_follow_each_other(
    found: list[tuple[date, str, int]], step: str
) -> None:
    steps = steps_of(step, [(f"{day:%Y-%m}", day, account, fen) for day, account, fen in found])
    income = sum(fen for _, account, fen in found if account == "income:sales")
    assert sum(one.income_fen for one in steps) == income
    assert sum(one.profit_fen for one in steps) == 2 * income - sum(fen for _, _, fen in found)
    assert [after(step, one.first) for one in steps[:-1]] == [one.first for one in steps[1:]]
    assert all(first_of(step, one.first) == one.first for one in steps)


def test_what_was_booked_for_a_closed_month_counts_where_the_books_have_it() -> None:
    (step,) = steps_of("day", [("2026-12", date(2026, 11, 30), "income:sales", 5)])
    assert (step.first, step.income_fen) == (date(2026, 12, 1), 5)


def test_more_than_a_year_of_days_is_refused() -> None:
    moved = [(f"{day:%Y-%m}", day, "income:sales", 1) for day in (date(2025, 1, 1), date(2026, 6, 1))]
    with pytest.raises(BadInput):
        steps_of("day", moved)
    assert len(steps_of("month", moved)) == 18


def test_days_begin_at_midnight_in_china_on_page_in_files_and_over_the_api(app: Flask) -> None:
    midnight = datetime(2026, 11, 22, 16, tzinfo=UTC)
    for number, (at, debit, credit, fen) in enumerate(
        (
            (midnight - timedelta(seconds=1), "channel:cash", "income:fees", 700),
            (midnight, "channel:cash", "income:fees", 900),
            (midnight + timedelta(days=2), "expense:stock_loss", "stock:goods", 200),
        )
    ):
        entry = Entry(debit, credit, fen, "test", str(number))
        in_transaction(lambda entry=entry, at=at: service.post([entry], at=at, actor="test"))  # type: ignore[misc] # mypy cannot tell its type.
    with time_machine.travel(MUCH_LATER, tick=False):
        program = person(app, "finance")
        office = browser(app, building.add_account("财务"), "finance")

        def asked(step: str) -> list[tuple[str, int, int]]:
            answer = program.get(f"/income-expense?since=2026-11&until=2026-11&step={step}").json
            assert sum(one["profit_fen"] for one in answer["steps"]) == answer["profit_fen"] == 1400
            return [(one["first"][5:], one["income_fen"], one["expense_fen"]) for one in answer["steps"]]

        assert asked("day") == [("11-22", 700, 0), ("11-23", 900, 0), ("11-24", 0, 0), ("11-25", 0, 200)]
        assert asked("week") == [("11-16", 700, 0), ("11-23", 900, 200)]
        assert asked("month") == [("11-01", 1600, 200)]
        assert program.get("/income-expense?since=2026-11&until=2026-11").json["steps"] == []
        assert program.get("/income-expense?since=2026-11&until=2026-11&step=hour").status_code == 422
        address = "/admin/ledger?since=2026-11&until=2026-11&step=week"

        def look(more: str) -> str:
            return office.get(address + more).text

        assert "2026-11-23" in look("")
        assert "¥9.00" in look("")
        assert "2026-11-16,7.00,0.00,7.00" in look("&export=csv")
        assert office.get(f"{address}&export=xlsx").data.startswith(b"PK")
        assert "2026-11-16" not in look("&account=expense:stock_loss")
