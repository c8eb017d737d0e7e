"""Freeze and settle a day's commission, as ratios against bare SQL that stores the same rows.

Processor seconds of this process and of the database: others use the machine too.

Run ``benchmarks/settle_day --help``.
"""

from datetime import datetime, timedelta
from functools import partial

from benchmarks.close_round import AFTER, _row
from benchmarks.import_files import Clock
from benchmarks.made_up_week import CODE
from benchmarks.past_day import PICKED, closed_round, pick_everything_up, seconds_of, settle, sizes
from benchmarks.settle_floor import Floor
from groupbuy.campaigns.queries import get_round
from groupbuy.finance.dials import dials
from groupbuy.payments import books

TURNS = 3


def main() -> None:
    """Run the benchmark and print its table."""
    parser = sizes(__doc__, orders=333_000, lines=1_000_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    chosen = parser.parse_args()
    with closed_round(chosen, chosen.database) as cluster:
        pick_everything_up()
        _measure(Clock(cluster))


def _measure(clock: Clock) -> None:
    later = PICKED + timedelta(days=2, minutes=6)
    for what, now in (("freeze", PICKED + timedelta(minutes=6)), ("settle", later)):
        _row(what, seconds_of(clock, partial(settle, now)), _floor(what, clock, now), "bare SQL")
    again = later + timedelta(days=1)
    seconds = seconds_of(clock, partial(settle, again))
    _row("settle, nothing new", seconds, _floor("settle", clock, again), "bare SQL")
    _row("sales", seconds_of(clock, lambda: books.bring_up(since=AFTER, now=later)), None, "")


def _floor(step: str, clock: Clock, now: datetime) -> float:
    """Return the least seconds of some turns: what else the machine does would flatter the ratio."""
    until = now - timedelta(days=dials().after_sale_days)
    floor = Floor(get_round(CODE).id, until, now)
    return min(floor.measure(step, clock) for _ in range(TURNS))


if __name__ == "__main__":
    main()
