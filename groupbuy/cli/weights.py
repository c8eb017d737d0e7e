"""``groupbuy weights``: what weighed goods weigh, from a file, and settling them."""

from pathlib import Path
from typing import Any

import click
from flask import Flask

from groupbuy.app import settings_of
from groupbuy.audit.actor import Actor
from groupbuy.campaigns import queries as campaigns
from groupbuy.cli.answers import json_option, json_text
from groupbuy.cli.faults import list_faults
from groupbuy.cli.importing import ACTOR
from groupbuy.db.transaction import in_transaction
from groupbuy.documents.faults import UnreadableTable, of_file
from groupbuy.documents.streaming import open_table
from groupbuy.flows import weighing
from groupbuy.flows.weighing import Entry
from groupbuy.flows.weight_file import enter_rows, read_weights
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.money import format_yuan
from groupbuy.weighing import queries


@click.command("weights")
@click.argument("name", metavar="ROUND")
@click.option("--file", type=click.Path(path_type=Path), help="Enter weights: order_no, product_code, grams.")
@click.option("--sure", is_flag=True, help="Weights far from the estimate are right.")
@click.option("--settle", is_flag=True, help="Bring every weighed line to what its weight costs.")
@json_option
@click.pass_context
def weights(
    context: click.Context, name: str, file: Path | None, sure: bool, settle: bool, as_json: bool
) -> None:
    """Show what is weighed of a ROUND; enter weights from a file, settle them. All or nothing."""
    app: Flask = context.obj
    with app.app_context():
        try:
            rows = [] if file is None else _read(name, file)
            done = in_transaction(lambda: _do(app, name, rows, sure, settle))
        except UnreadableTable as error:
            list_faults(error.faults)
            context.exit(1)
    click.echo(json_text(done) if as_json else _text(done))


def _read(name: str, file: Path) -> list[tuple[int, Entry]]:
    lines = queries.weighed_lines(campaigns.get_round(name).id)
    try:
        return read_weights(open_table(file), known={(line.order_no, line.product_code) for line in lines})
    except OSError as error:
        raise of_file("required", f"The file cannot be opened: {error.strerror}.") from error


def _do(app: Flask, name: str, rows: list[tuple[int, Entry]], sure: bool, settle: bool) -> dict[str, Any]:
    round_, now, entered = campaigns.get_round(name), utc_now(), 0
    if rows:
        entered = enter_rows(
            round_=round_,
            rows=rows,
            layouts=settings_of(app).scale_barcodes,
            now=now,
            actor=Actor(ACTOR),
            sure=sure,
        )
    done = weighing.settle_weights(round_=round_, now=now, actor=Actor(ACTOR)) if settle else None
    lines = queries.weighed_lines(round_.id)
    return {
        "lines": len(lines),
        "missing": sum(line.missing for line in lines),
        "pending": sum(line.pending for line in lines),
        "entered": entered,
        "settled": 0 if done is None else done.lines,
        "more_fen": 0 if done is None else done.more_fen,
        "less_fen": 0 if done is None else done.less_fen,
    }


def _text(done: dict[str, Any]) -> str:
    state = (
        f"{done['lines']} weighed lines, {done['missing']} without a weight, {done['pending']} to be settled"
    )
    if done["entered"]:
        state = f"{done['entered']} weights entered; {state}"
    if done["settled"]:
        more, less = format_yuan(done["more_fen"]), format_yuan(done["less_fen"])
        state = f"{done['settled']} lines settled, {more} more due, {less} owed back; {state}"
    return f"{state}."
