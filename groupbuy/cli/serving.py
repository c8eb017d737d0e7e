"""``groupbuy serve``: the web server, with the scheduler beside it."""

import os
import sys

import click
from flask import Flask

from groupbuy.app import settings_of
from groupbuy.app.factory import create_app
from groupbuy.app.readiness import require_database
from groupbuy.app.server import Companion, Server, address_of, listen

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
def serve(core: Flask, host: str, port: int, workers: int | None, no_scheduler: bool) -> None:
    """Serve the platform, with its scheduler beside it."""
    require_database(core)
    listener = listen(host, port)
    click.echo(f"Open {address_of(listener)}")
    companions = [] if no_scheduler else [Companion(SCHEDULER_COMMAND)]
    count = workers or (1 if settings_of(core).embedded else os.cpu_count() or 1)
    Server(create_app(settings_of(core)), listener=listener, workers=count, companions=companions).run()
