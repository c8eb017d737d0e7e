"""``groupbuy scheduler``: the clock's process."""

import os
import signal
import threading
from collections.abc import Callable

import click
from flask import Flask

from groupbuy.app.memory import keep_loaded
from groupbuy.app.readiness import require_database
from groupbuy.scheduler.process import SchedulerProcess


@click.command("scheduler")
@click.option("--until-parent-ends", is_flag=True, hidden=True)
@click.pass_obj
def scheduler(app: Flask, until_parent_ends: bool) -> None:
    """Open and close rounds to the second, and send what is to be sent; any number may run."""
    require_database(app)
    keep_loaded()
    SchedulerProcess(app).run(is_over=_until_told(os.getppid() if until_parent_ends else None))


def _until_told(parent: int | None) -> Callable[[float], bool]:
    """Return a wait that ends with a signal, or when the process that started this one is gone."""
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    return lambda seconds: told.wait(seconds) or (parent is not None and os.getppid() != parent)
