"""Commands that start processes: the web server and the scheduler."""

import os
import signal
import sys
import threading
from collections.abc import Callable

import click
from flask import Flask

from groupbuy.app import settings_of
from groupbuy.app.readiness import require_database
from groupbuy.app.server import Companion, Server, address_of, listen
from groupbuy.scheduler.process import SchedulerProcess

SCHEDULER_COMMAND = (sys.executable, "-m", "groupbuy", "scheduler", "--until-parent-ends")


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    help="Web processes; 1 on the embedded database, else one per processor core.",
)
@click.option("--no-scheduler", is_flag=True, help="Serve pages only; a scheduler runs elsewhere.")
@click.pass_obj
def serve(app: Flask, host: str, port: int, workers: int | None, no_scheduler: bool) -> None:
    """Serve the platform, with its scheduler beside it."""
    require_database(app)
    listener = listen(host, port)
    click.echo(f"Open {address_of(listener)}")
    companions = [] if no_scheduler else [Companion(SCHEDULER_COMMAND)]
    count = workers or (1 if settings_of(app).embedded else os.cpu_count() or 1)
    Server(app, listener=listener, workers=count, companions=companions).run()


@click.command("scheduler")
@click.option("--until-parent-ends", is_flag=True, hidden=True)
@click.pass_obj
def scheduler(app: Flask, until_parent_ends: bool) -> None:
    """Open and close rounds to the second, and send what is to be sent; any number may run."""
    require_database(app)
    SchedulerProcess(app).run(is_over=_until_told(os.getppid() if until_parent_ends else None))


def _until_told(parent: int | None) -> Callable[[float], bool]:
    """Return a wait that ends with a signal, or when the process that started this one is gone."""
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    return lambda seconds: told.wait(seconds) or (parent is not None and os.getppid() != parent)
