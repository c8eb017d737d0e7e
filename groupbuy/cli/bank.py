"""``groupbuy bank``: a bank's statement beside our books."""

from pathlib import Path

import click
from flask import Flask
from sqlalchemy import select

from groupbuy.app.readiness import require_database
from groupbuy.cli.faults import list_faults
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.documents.faults import UnreadableTable
from groupbuy.documents.reading import read_table
from groupbuy.finance.models import BankLine
from groupbuy.flows import banking
from groupbuy.flows.bank_file import NAMES, idle_rows, layout, read_statement
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.money import plain_yuan


@click.command("bank")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--column",
    "columns",
    multiple=True,
    type=(click.Choice(list(NAMES)), str),
    help="Which header stands for what, such as --column day 日期.",
)
@click.pass_obj
@click.pass_context
def bank(ctx: click.Context, app: Flask, file: Path, columns: tuple[tuple[str, str], ...]) -> None:
    """Take a bank's statement in from FILE (.csv, .xlsx), match it, and list what is open on either side.

    Exit code 1 while lines of the bank are open.
    """
    require_database(app)
    try:
        named = dict(columns)
        table = read_table(file, layout=layout(named))
        rows, sums = read_statement(table, columns=named), idle_rows(table, columns=named)
    except UnreadableTable as error:
        list_faults(error.faults)
        ctx.exit(1)
    with app.app_context():
        taken = in_transaction(lambda: banking.take_in(rows=rows, now=utc_now(), actor="cli"))
        lines = db.session.scalars(select(BankLine).where(BankLine.state == "open").order_by(BankLine.day))
        still_open = [(line.day, plain_yuan(line.amount_fen), line.who, line.words) for line in lines]
        missing = [
            (row.Posting.at.date(), plain_yuan(row.fen), row.Posting.cause_kind, row.proof)
            for row in db.session.execute(banking.missing())
        ]
    click.echo(f"{taken.lines} lines, {taken.new} new, {taken.matched} matched")
    for row in sums:
        click.echo(f"row {row} moves nothing (a sum, a balance, zero) and was passed over")
    for title, entries in (("open", still_open), ("not at the bank", missing)):
        for day, yuan, who, words in entries:
            click.echo(f"{title}  {day}  {yuan:>12}  {who} {words}".rstrip())
    if still_open:
        ctx.exit(1)
