"""``groupbuy demo``: load the region, run a round, then serve the platform."""

import os
import sys

import click
from flask import Flask
from rich.console import Console
from rich.table import Table

from groupbuy.app import settings_of
from groupbuy.app.migrating import migrate_database
from groupbuy.cli.demo import region, show
from groupbuy.cli.demo.region import Login
from groupbuy.db.transaction import in_transaction
from groupbuy.kernel.clock import utc_now


@click.command("demo")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to serve on afterwards.")
@click.option("--port", default="8000", show_default=True, help="Port to serve on afterwards.")
@click.option("--no-serve", is_flag=True, help="Stop after the round.")
@click.pass_obj
def demo(app: Flask, host: str, port: str, no_serve: bool) -> None:
    """Load a demonstration region, run a whole round in under a minute, and serve it."""
    console = Console()
    settings = settings_of(app)
    with console.status("Preparing the database"):
        migrate_database(app)
        with app.app_context():
            logins = in_transaction(lambda: region.load(now=utc_now(), zone=settings.timezone))
    name = show.run(app, console)
    folder = settings.instance / "demo" / name
    with console.status("Writing documents"):
        count = show.write_documents(name, folder)
    console.print(f"{count} documents: [bold]{folder}[/]")
    console.print(_table(logins))
    if not no_serve:
        sys.stdout.flush()
        arguments = ["-m", "groupbuy", "serve", "--host", host, "--port", port]
        os.execv(sys.executable, [sys.executable, *arguments])  # noqa: S606 - our own command.


def _table(logins: list[Login]) -> Table:
    table = Table(title="Sign in with", title_justify="left")
    for column in ("role", "name", "phone", "password"):
        table.add_column(column)
    for login in logins:
        table.add_row(login.role, login.name, login.phone, login.password)
    return table
