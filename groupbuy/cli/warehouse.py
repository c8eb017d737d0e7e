"""``groupbuy receive`` and ``groupbuy allocate``: goods that arrive, and goods that are short."""

from hashlib import sha256
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
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.db.unhurried import be_unhurried
from groupbuy.documents.faults import UnreadableTable, of_file
from groupbuy.documents.streaming import open_table
from groupbuy.flows import allocating, receiving, sharing_out
from groupbuy.flows.delivery_file import read_deliveries
from groupbuy.flows.receiving import Delivery
from groupbuy.flows.substituting import swaps_from
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.money import format_yuan
from groupbuy.warehouse import receipts
from groupbuy.warehouse.rules import Policy


@click.command("receive")
@click.argument("number", metavar="PO")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--last", is_flag=True, help="Nothing more will come on this purchase order.")
@click.option("--confirm", count=True, help="More came than ordered; twice when it is tenfold.")
@click.option("--note", help="A remark on the receipt.")
@click.option(
    "--warehouse", metavar="CODE", help="Where goods come in whose row names none; else the main one."
)
@click.option("--dry-run", is_flag=True, help="Check everything and store nothing.")
@json_option
@click.pass_context
def receive(
    context: click.Context,
    number: str,
    file: Path,
    last: bool,
    confirm: int,
    note: str | None,
    warehouse: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Book a delivery on the purchase order PO from a .csv or .xlsx FILE; the same file once."""
    app: Flask = context.obj
    deliveries = _read(context, file)
    digest = sha256(number.encode() + b"\n" + file.read_bytes()).hexdigest()

    def work() -> dict[str, Any]:
        receipt = receiving.receive_goods(
            number=number,
            deliveries=deliveries,
            tolerance_bp=settings_of(app).over_delivery_bp,
            now=utc_now(),
            actor=Actor(ACTOR),
            last=last,
            confirmed=confirm,
            note=note,
            key=f"file:{digest}",
            warehouse_code=warehouse,
        )
        booked = receipts.as_json(receipts.get_receipt(receipt.number))
        if dry_run:
            db.session.rollback()
        return booked

    with app.app_context():
        booked = in_transaction(work)
    click.echo(json_text(booked) if as_json else _receipt_text(booked, dry_run))


def _read(context: click.Context, file: Path) -> list[Delivery]:
    try:
        return read_deliveries(open_table(file))
    except OSError as error:
        raise of_file("required", f"The file cannot be opened: {error.strerror}.") from error
    except UnreadableTable as error:
        list_faults(error.faults)
        context.exit(1)


def _receipt_text(booked: dict[str, Any], dry_run: bool) -> str:
    delivered = sum(line["delivered"] for line in booked["lines"])
    rejected = sum(line["rejected"] for line in booked["lines"])
    done = "would be booked" if dry_run else "booked"
    return (
        f"{booked['receipt']} {done}: {delivered} units delivered, {rejected} rejected;"
        f" {booked['purchase_order']} is {booked['purchase_order_state']}."
    )


@click.command("allocate")
@click.argument("name", metavar="ROUND")
@click.option("--policy", type=click.Choice([policy.value for policy in Policy]), required=True)
@click.option("--product", "products", multiple=True, metavar="CODE", help="Only this product; may repeat.")
@click.option("--swap", "swaps", multiple=True, metavar="SHORT=OTHER", help="What comes instead; may repeat.")
@click.option("--dry-run", is_flag=True, help="Say who would go without and store nothing.")
@json_option
@click.pass_obj
def allocate(
    app: Flask,
    name: str,
    policy: str,
    products: tuple[str, ...],
    swaps: tuple[str, ...],
    dry_run: bool,
    as_json: bool,
) -> None:
    """Share out what is short of a round, once."""
    chosen, instead = list(products) or None, swaps_from(swaps)

    def work() -> dict[str, Any]:
        be_unhurried()
        round_, by = campaigns.get_round(name), Policy(policy)
        if dry_run:
            offers = sharing_out.short_offers(round_, chosen)
            return sharing_out.preview_json(sharing_out.preview(round_, by, offers, instead))
        done = allocating.apply(
            round_=round_, policy=by, now=utc_now(), actor=Actor(ACTOR), product_codes=chosen, swaps=instead
        )
        return allocating.as_json(done)

    with app.app_context():
        result = in_transaction(work)
    click.echo(json_text(result) if as_json else _allocation_text(result, dry_run))


def _allocation_text(result: dict[str, Any], dry_run: bool) -> str:
    if not result["units"]:
        return "Nothing is short."
    done = "would lose" if dry_run else "lost"
    amount = format_yuan(result["amount_fen"])
    instead = f"; {result['substituted']} units come instead" if result["substituted"] else ""
    return f"{result['lines']} lines {done} {result['units']} units worth {amount}{instead}."
