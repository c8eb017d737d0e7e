"""``groupbuy ledger journal``: the entries of the books with cause, paper, both accounts and who."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

import click
from flask import Flask

from groupbuy.analytics import journal as entries
from groupbuy.analytics import report_codes
from groupbuy.analytics.journal import Asked, Entry
from groupbuy.analytics.money_report import CAUSES, Narrow
from groupbuy.app.readiness import require_database
from groupbuy.cli.answers import json_option, json_text
from groupbuy.db import db
from groupbuy.finance import rules
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.money import format_yuan
from groupbuy.kernel.times import iso


@click.command("journal")
@click.option("--since", metavar="MONTH", help="The first month (2026-11); the one that runs if left out.")
@click.option("--until", metavar="MONTH", help="The last month; the first one if left out.")
@click.option("--account", default="", help="An account or the words with which it begins: income, wallet.")
@click.option("--cause", type=click.Choice(list(CAUSES)), default=None, help="Booked for this only.")
@click.option("--leader", default="", metavar="CODE", help="Entries that name an account of this leader.")
@click.option("--supplier", default="", metavar="CODE", help="Entries that name this supplier's account.")
@click.option("--paper", default="", metavar="NUMBER", help="Of an order, payment, withdrawal and so on.")
@click.option("--most", type=click.IntRange(1, 100_000), default=100, show_default=True)
@json_option
@click.pass_obj
def journal(
    app: Flask,
    since: str | None,
    until: str | None,
    account: str,
    cause: str | None,
    leader: str,
    supplier: str,
    paper: str,
    most: int,
    as_json: bool,
) -> None:
    """List entries of the books, the latest first, and what all of them come to."""
    require_database(app)
    first = since or rules.period_of(utc_now())
    asked = Asked(first, until or first, Narrow(account, cause or "", leader, supplier), paper)
    with app.app_context():
        report_codes.check(asked.narrow.codes)
        sums = entries.sums(asked)
        rows = entries.read(db.session.scalars(entries.selection(asked).limit(most)).all())
    if as_json:
        click.echo(json_text(asdict(sums) | {"items": [_shown(row) for row in rows]}))
        return
    click.echo("\n".join(_lines(rows)) or "There are no such entries.")
    click.echo(f"{sums.entries} entries, moved {format_yuan(sums.moved_fen)}")
    if account:
        sides = f"debited {format_yuan(sums.debited_fen)}, credited {format_yuan(sums.credited_fen)}"
        click.echo(f"{account}: {sides}")


def _shown(row: Entry) -> dict[str, Any]:
    names = ("id", "period", "paper", "part", "debit_account", "credit_account", "amount_fen", "actor")
    shown = {name: getattr(row, name) for name in names}
    return shown | {"at": iso(row.at), "cause": row.cause_kind, "seal": row.seal_number}


def _lines(rows: Sequence[Entry]) -> Iterator[str]:
    for row in rows:
        what = f"{row.id}  {iso(row.at)}  {row.cause_kind} {row.paper}"
        sides = f"debit {row.debit_account}  credit {row.credit_account}"
        yield f"{what}  {sides}  {format_yuan(row.amount_fen)}  by {row.actor}"
