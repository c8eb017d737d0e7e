"""``groupbuy stock`` and ``groupbuy transfer``: what lies in the warehouses, and moving it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from flask import Flask

from groupbuy.app import settings_of
from groupbuy.cli.answers import json_option, json_text
from groupbuy.cli.faults import list_faults
from groupbuy.cli.importing import ACTOR
from groupbuy.db.submissions import first_of
from groupbuy.db.transaction import in_transaction
from groupbuy.documents.faults import UnreadableTable, of_file
from groupbuy.documents.streaming import open_table
from groupbuy.flows.importing.transfer_file import read_transfer
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput
from groupbuy.warehouse import batching, levels, transferring, transfers, warehouses
from groupbuy.warehouse.models import StockTransfer
from groupbuy.warehouse.transferring import Goods

MOST = 100_000
MOST_DIGITS = 18


@click.command("stock")
@click.option("--warehouse", metavar="CODE", help="Only what lies in this one.")
@click.option("--low", is_flag=True, help="Only products below a low-stock alert.")
@click.option("--batches", is_flag=True, help="Batch by batch, what expires first before the others.")
@click.option("--within", type=click.IntRange(0, 3650), metavar="DAYS", help="Batches that expire so soon.")
@json_option
@click.pass_obj
def stock(
    app: Flask, warehouse: str | None, low: bool, batches: bool, within: int | None, as_json: bool
) -> None:
    """Show what lies in stock, by product or by batch, in sale units."""
    with app.app_context():
        place_id = warehouses.get(warehouse).id if warehouse else None
        if batches or within is not None:
            items = _batches(app, place_id, within)
        else:
            items = levels.page(after=None, low=low, warehouse_id=place_id, most=MOST)
    if as_json:
        click.echo(json_text({"items": items}))
        return
    for item in items:
        click.echo("  ".join(_facts(item)))


def _facts(item: Mapping[str, Any]) -> list[str]:
    """Return what is worth saying of a line, lists as words."""
    said = {name: ",".join(value) if isinstance(value, list) else value for name, value in item.items()}
    return [f"{name} {value}" for name, value in said.items() if value not in (None, "") and name != "low"]


def _batches(app: Flask, place_id: int | None, within: int | None) -> list[dict[str, Any]]:
    today = utc_now().astimezone(settings_of(app).timezone).date()
    expires = None if within is None else today + timedelta(days=within)
    rows = batching.page(product_code=None, expires=expires, warehouse_id=place_id, after=None, most=MOST)
    return [batching.as_json(batch, product.code) for batch, product in rows]


@click.group("transfer")
def transfer() -> None:
    """Move goods from one warehouse to another: send them, take them in there, or call them back."""


@transfer.command("send")
@click.argument("origin", metavar="FROM")
@click.argument("target", metavar="TO")
@click.argument("goods", nargs=-1, metavar="[PRODUCT=UNITS]...")
@click.option("--file", type=click.Path(path_type=Path), help="What to send as a .csv or .xlsx file.")
@click.option("--note", help="A remark on the note.")
@click.option("--key", help="The same key again is the same transfer.")
@json_option
@click.pass_obj
def send(
    app: Flask,
    origin: str,
    target: str,
    goods: tuple[str, ...],
    file: Path | None,
    note: str | None,
    key: str | None,
    as_json: bool,
) -> None:
    """Send goods, what expires first before the others; nobody can use them before they arrive."""
    wanted = [Goods(code, units) for code, units in _pairs(goods)]

    def work() -> dict[str, Any]:
        # What a file wants may lie there no more once it has been sent.
        if first := first_of(StockTransfer, key):
            return transfers.as_json(transfers.get_transfer(first.number))
        sent = transferring.send(
            from_code=origin,
            to_code=target,
            goods=[*wanted, *(_from_file(app, file, origin) if file else ())],
            now=utc_now(),
            zone=settings_of(app).timezone,
            actor=ACTOR,
            note=note,
            submission_key=key,
        )
        return transfers.as_json(transfers.get_transfer(sent.number))

    _show(app, work, as_json)


def _from_file(app: Flask, file: Path, origin: str) -> list[Goods]:
    """Return what a file wants to send; its faults go to standard error."""
    try:
        table = open_table(file)
    except OSError as error:
        raise of_file("required", f"The file cannot be opened: {error.strerror}.") from error
    found = read_transfer(table, origin_id=warehouses.get(origin).id, zone=settings_of(app).timezone)
    list_faults(found.faults)
    if found.faults:
        raise UnreadableTable(found.faults)
    return [Goods(batch.product.code, units, batch.id) for batch, units in found.lots]


@transfer.command("arrive")
@click.argument("number")
@click.argument("arrived", nargs=-1, metavar="[LINE=UNITS]...")
@json_option
@click.pass_obj
def arrive(app: Flask, number: str, arrived: tuple[str, ...], as_json: bool) -> None:
    """Take transfer NUMBER in, once; all that was sent, but for the lines named by their ids."""
    came = {_whole(line): units for line, units in _pairs(arrived)}

    def work() -> dict[str, Any]:
        return transfers.as_json(transferring.arrive(number=number, arrived=came, now=utc_now(), actor=ACTOR))

    _show(app, work, as_json)


@transfer.command("call-back")
@click.argument("number")
@json_option
@click.pass_obj
def call_back(app: Flask, number: str, as_json: bool) -> None:
    """Put what transfer NUMBER has sent back where it was, once, before it arrives."""
    _show(
        app,
        lambda: transfers.as_json(transferring.call_back(number=number, now=utc_now(), actor=ACTOR)),
        as_json,
    )


def _show(app: Flask, work: Any, as_json: bool) -> None:
    with app.app_context():
        done: Mapping[str, Any] = in_transaction(work)
    if as_json:
        click.echo(json_text(done))
        return
    click.echo(f"{done['number']}  {done['from_warehouse']} to {done['to_warehouse']}  {done['state']}")
    for line in done["lines"]:
        came = "" if line["arrived"] is None else f", arrived {line['arrived']}"
        click.echo(
            f"line {line['line_id']}  {line['product_code']} {line['batch']}  sent {line['sent']}{came}"
        )


def _pairs(texts: Sequence[str]) -> list[tuple[str, int]]:
    pairs = [text.rpartition("=") for text in texts]
    return [(name.strip(), _whole(units)) for name, _sign, units in pairs]


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
        raise BadInput("not_a_number", f"Write a whole number, as in P1=6: {text[:20]}", param="units")
    return int(text)
