"""``groupbuy tick``: do what is due."""

from datetime import datetime

import click
from flask import Flask

from groupbuy.app import settings_of
from groupbuy.kernel import times
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput
from groupbuy.scheduler.setup import handlers_of
from groupbuy.scheduler.tick import tick_until_idle
from groupbuy.scheduler.work import Done


@click.command("tick")
@click.option("--now", "at", metavar="ISO8601", help="The moment to act for; local time without an offset.")
@click.pass_obj
def tick(app: Flask, at: str | None) -> None:
    """Do everything that is due, once, and print what was done."""
    settings = settings_of(app)
    with app.app_context():
        now = _moment(app, at) if at else utc_now()
        count = tick_until_idle(now=now, zone=settings.timezone, handlers=handlers_of(app), note=_print)
    if not count:
        click.echo("Nothing was due.")


def _moment(app: Flask, text: str) -> datetime:
    try:
        return times.parse_moment(text, settings_of(app).timezone)
    except ValueError as error:
        raise BadInput("not_a_moment", f"{text!r} is no moment such as 2026-11-22T22:00:00+08:00.") from error


def _print(done: Done) -> None:
    click.echo(f"{done.kind} {done.subject}: {done.result}")
