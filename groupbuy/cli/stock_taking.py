"""``groupbuy stock-take``: the sheet to count the stock by, and what somebody has counted."""

from pathlib import Path

import click
from flask import Flask

from groupbuy.app import settings_of
from groupbuy.cli.answers import json_option, json_text
from groupbuy.cli.faults import list_faults
from groupbuy.cli.importing import ACTOR
from groupbuy.db.transaction import in_transaction
from groupbuy.documents.faults import UnreadableTable, of_file
from groupbuy.documents.files import write_whole
from groupbuy.documents.streaming import open_table
from groupbuy.flows.importing import Table
from groupbuy.flows.importing.count_file import CountFile, book_counts, read_counts, write_counts
from groupbuy.kernel.clock import utc_now
from groupbuy.warehouse import counting, warehouses


@click.group("stock-take")
def stock_take() -> None:
    """Count the stock (盘点): write the sheet to fill in, then book what differs."""


@stock_take.command("sheet")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--warehouse", metavar="CODE", help="Only what lies in this one.")
@click.pass_obj
def sheet(app: Flask, out: Path, warehouse: str | None) -> None:
    """Write the workbook to count by to the file OUT."""
    with app.app_context():
        made_after = counting.last_movement()
        rows = counting.to_count(warehouses.get(warehouse).id if warehouse else None)
        write_whole(out, write_counts(rows, made_after=made_after))
    click.echo(f"{len(rows)} batches to count in {out}.")


@stock_take.command("book")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check everything and say what differs; book nothing.")
@json_option
@click.pass_context
def book(context: click.Context, file: Path, dry_run: bool, as_json: bool) -> None:
    """Book what differs on a filled-in sheet, once; with a fault nothing and say why."""
    app: Flask = context.obj
    zone = settings_of(app).timezone

    def work(table: Table) -> CountFile:
        if dry_run:
            return read_counts(table, zone=zone)
        return book_counts(table, now=utc_now(), zone=zone, actor=ACTOR)

    with app.app_context():
        try:
            table = open_table(file)
            found = in_transaction(lambda: work(table))
        except OSError as error:
            raise of_file("required", f"The file cannot be opened: {error.strerror}.") from error
        except UnreadableTable as error:
            found = CountFile(faults=tuple(error.faults))
        if not as_json:
            list_faults(found.faults)
        if as_json or not found.faults:
            click.echo(_json(found) if as_json else _text(found, dry_run))
    context.exit(1 if found.faults else 0)


def _json(found: CountFile) -> str:
    differing = [
        {
            "product_code": line.product.code,
            "warehouse": line.warehouse.code,
            "batch": line.batch.number if line.batch else "",
            "seen": line.seen,
            "counted": line.counted,
            "difference": line.difference,
        }
        for line in found.differing
    ]
    faults = [fault._asdict() for fault in found.faults]
    return json_text({"counted": len(found.lines), "differing": differing, "faults": faults})


def _text(found: CountFile, dry_run: bool) -> str:
    lines = [
        f"{line.product.code}  {line.warehouse.code} {line.batch.number if line.batch else ''}"
        f"  {line.seen} in the books, {line.counted} counted, {line.difference:+}"
        for line in found.differing
    ]
    done = "would be booked" if dry_run else "booked"
    return "\n".join([*lines, f"{len(found.lines)} lines counted, {len(lines)} differences {done}."])
