"""One round before the newcomer's eyes: the real scheduler opens and closes it, residents order."""

import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

from flask import Flask
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from groupbuy.app import settings_of
from groupbuy.audit.actor import Actor
from groupbuy.campaigns.queries import get_round
from groupbuy.campaigns.rules import RoundState
from groupbuy.cli.demo import catalogue, people, region
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.flows.ordering import Wish, place_order
from groupbuy.jobs import heartbeats
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import RuleBroken
from groupbuy.kernel.money import format_yuan
from groupbuy.members.queries import get_resident
from groupbuy.orders.bulk import totals

OPENS_IN = timedelta(seconds=3)
LASTS = timedelta(seconds=25)
# A busy machine may take long to start a process.
PATIENCE = 120
CLOSED = (RoundState.CLOSED, RoundState.ORDERED)
OPENED = (RoundState.OPEN, RoundState.CLOSING, *CLOSED)
RESIDENT = Actor("demo")


def run(app: Flask, console: Console) -> str:
    """Run a whole round and return its name; the application context must not be pushed."""
    zone = settings_of(app).timezone
    with app.app_context(), _scheduler(), _bar(console) as bar:
        # On a slow machine a process takes longer to start than the round is open.
        _wait(_scheduler_is_alive(), "starting the scheduler", bar)
        quick = in_transaction(
            lambda: region.quick_round(now=utc_now(), opens_in=OPENS_IN, lasts=LASTS, zone=zone)
        )
        name = quick.name
        bar.console.print(f"[bold]{quick.title}[/] ({name}) opens in 3 seconds and closes 25 seconds later.")
        _wait(_has_reached(name, OPENED), "waiting for the scheduler to open", bar)
        _order(name, bar)
        _wait(_has_reached(name, CLOSED), "waiting for the cut-off", bar)
        _, units, amount = totals(get_round(name).id)
        bar.console.print(f"Closed by the scheduler: {units} units for {format_yuan(amount)}.")
    return name


@contextmanager
def _scheduler() -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-m", "groupbuy", "scheduler"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


def _bar(console: Console) -> Progress:
    columns = (TextColumn("{task.description:44}"), BarColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True)


def _scheduler_is_alive() -> Callable[[], bool]:
    """Return a question that is answered with yes once a scheduler has ticked from now on."""
    begin = utc_now()
    return lambda: (heartbeats.last_beat() or begin) > begin


def _has_reached(name: str, states: tuple[RoundState, ...]) -> Callable[[], bool]:
    return lambda: get_round(name).state in states


def _wait(is_so: Callable[[], bool], what: str, bar: Progress) -> None:
    task = bar.add_task(what, total=None)
    for _ in range(PATIENCE * 5):
        db.session.rollback()
        if is_so():
            bar.remove_task(task)
            return
        time.sleep(0.2)
    raise RuleBroken("demo_stuck", f"Nothing has come of {what} for {PATIENCE} seconds.")


def _order(name: str, bar: Progress) -> None:
    """Let every resident order; one who comes too late or finds nothing left is told so, as in life."""
    chance = random.Random(name)  # noqa: S311 - it makes up shopping lists, no secrets.
    residents = people.residents()
    pause = (LASTS.total_seconds() - 6) / len(residents)
    for code, *_ in bar.track(residents, description="residents are ordering"):
        try:
            in_transaction(partial(_place, name, code, chance))
        except RuleBroken as refusal:
            bar.console.print(f"  {code}: {refusal}")
        time.sleep(pause)


def _place(name: str, code: str, chance: random.Random) -> None:
    chosen = chance.sample(catalogue.ITEMS, chance.randint(2, 6))
    place_order(
        round_=get_round(name),
        resident=get_resident(code),
        wishes=[Wish(item.code, chance.randint(1, min(3, item.per_buyer or 3))) for item in chosen],
        now=utc_now(),
        actor=RESIDENT,
        pay_within=timedelta(minutes=15),
        remark=chance.choice(people.REMARKS),
    )


def write_documents(name: str, folder: Path) -> int:
    """Write all documents of the round as people would with the command; return how many."""
    command = [sys.executable, "-m", "groupbuy", "documents", name, "--out", str(folder), "--pdf"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own command.
    return sum(1 for path in folder.rglob("*") if path.suffix in (".xlsx", ".pdf"))
