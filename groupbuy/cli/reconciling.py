"""``groupbuy reconcile``: a day of a payment channel's own book beside ours."""

from datetime import datetime

import click
from flask import Flask

from groupbuy.app.outside import payment_gateways_of
from groupbuy.app.readiness import require_database
from groupbuy.app.settings import settings_of
from groupbuy.db.transaction import in_transaction
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.money import plain_yuan
from groupbuy.payments import reconciling
from groupbuy.payments.asking import gateway_of
from groupbuy.payments.bill_differences import Difference, differences


@click.command("reconcile")
@click.argument("day", metavar="DAY", type=click.DateTime(["%Y-%m-%d"]))
@click.option("--channel", default="wechat", show_default=True)
@click.pass_obj
@click.pass_context
def reconcile(ctx: click.Context, app: Flask, day: datetime, channel: str) -> None:
    """Download a channel's bill of a DAY of China (2026-11-21) and list where it differs from our books.

    Exit code 1 when it does.
    """
    require_database(app)
    on = day.date()
    reconciling.check_day(on, now=utc_now())
    lines = gateway_of(payment_gateways_of(settings_of(app)), channel).bill(on)
    with app.app_context():
        in_transaction(
            lambda: reconciling.store_bill(channel=channel, day=on, lines=lines, now=utc_now(), actor="cli")
        )
        found = differences(channel=channel, day=on)
    for one in found:
        click.echo(difference_line(one))
    click.echo(f"{on} {channel}: {len(lines)} lines, {len(found)} differences")
    if found:
        ctx.exit(1)


def difference_line(one: Difference) -> str:
    """Return a difference as people read it."""
    return f"{one.kind:8}{one.number:34}ours {_yuan(one.ours_fen)}  theirs {_yuan(one.theirs_fen)}"


def _yuan(fen: int | None) -> str:
    return "missing" if fen is None else plain_yuan(fen)
