"""Income and expense day by day, week by week or month by month, from the same postings as the report."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, func, literal_column

from groupbuy.db import db
from groupbuy.finance import queries, rules
from groupbuy.finance.models import Posting
from groupbuy.kernel.errors import BadInput

STEPS = ("day", "week", "month")
# A year by day is as much as a page or a chart can show.
MOST_STEPS = 366


@dataclass(frozen=True, slots=True)
class Step:
    """What was booked in a day, a week or a month that begins on ``first``, in fen."""

    first: date
    income_fen: int
    expense_fen: int

    @property
    def profit_fen(self) -> int:
        """Return income less expense."""
        return self.income_fen - self.expense_fen


# A movement of income or expense: the month of the books, the day, the account and fen as people read them.
Moved = tuple[str, date, str, int]


def first_of(step: str, day: date) -> date:
    """Return the day on which the step of a day begins; weeks begin on Monday."""
    if step == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if step == "month" else day


def after(step: str, first: date) -> date:
    """Return the day on which the next step begins."""
    if step == "month":
        return (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    return first + timedelta(days=7 if step == "week" else 1)


def steps_of(step: str, moved: Iterable[Moved]) -> Sequence[Step]:
    """Return the steps from the first with a movement to the last, those without any between them too.

    What was booked for a closed month counts in the month that took it, on its first day. Raise BadInput
    ``too_many_steps`` above a year of days.
    """
    sums: dict[tuple[date, str], int] = defaultdict(int)
    for period, day, account, fen in moved:
        sums[first_of(step, _within(period, day)), rules.kind_of(account)] += fen
    if not sums:
        return ()
    firsts = [first for first, _ in sums]
    every = list(_between(step, min(firsts), max(firsts)))
    return [Step(one, sums.get((one, "income"), 0), sums.get((one, "expense"), 0)) for one in every]


def _within(period: str, day: date) -> date:
    begins = date.fromisoformat(f"{period}-01")
    return min(max(day, begins), after("month", begins) - timedelta(days=1))


def _between(step: str, first: date, last: date) -> Iterator[date]:
    count = 0
    while first <= last:
        count += 1
        if count > MOST_STEPS:
            raise BadInput("too_many_steps", f"At most {MOST_STEPS} days or weeks at once.", param="step")
        yield first
        first = after(step, first)


def moved(
    *conditions: ColumnElement[bool], since: str, until: str, takes: Callable[[str], bool]
) -> list[Moved]:
    """Return what moved income and expense in some months, summed by month, day and account."""
    rows = db.session.execute(
        queries.credits_less_debits_by_day(_day(), *conditions, since=since, until=until)
    )
    return [
        (period, date.fromisoformat(day), account, rules.balance(account, fen))
        for period, day, account, fen in rows
        if takes(account)
    ]


def _day() -> ColumnElement[str]:
    """Return the day of a posting where the books are kept, as text: 2026-11-22."""
    if db.session.get_bind().dialect.name == "sqlite":
        return func.date(Posting.at, literal_column("'+8 hours'"))
    local = func.timezone(literal_column("'Asia/Shanghai'"), Posting.at)
    return func.to_char(local, literal_column("'YYYY-MM-DD'"))
