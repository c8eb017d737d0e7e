"""``groupbuy supplier``: a supplier's file with its licences, its bank and how it delivers."""

from datetime import date, datetime
from typing import Any

import click
from flask import Flask

from groupbuy.app import settings_of
from groupbuy.catalog import supplier_files as files
from groupbuy.catalog.models import Supplier
from groupbuy.cli.answers import json_option, json_text
from groupbuy.cli.importing import ACTOR
from groupbuy.db.transaction import in_transaction
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput
from groupbuy.kernel.times import parse_date
from groupbuy.warehouse.rating import file_as_json


@click.command("supplier")
@click.argument("code")
@click.option(
    "--licence", type=(click.Choice(files.KINDS), str), metavar="KIND NUMBER", help="Note a licence first."
)
@click.option("--expires", metavar="DAY", help="The licence's last day, such as 2027-12-31.")
@click.option(
    "--bank",
    type=(str, str),
    metavar="HOLDER BANK",
    help="Note where it is paid to first; the account is asked for, or read from standard input.",
)
@json_option
@click.pass_obj
def supplier(
    app: Flask,
    code: str,
    licence: tuple[str, str] | None,
    expires: str | None,
    bank: tuple[str, str] | None,
    as_json: bool,
) -> None:
    """Show the file of the supplier CODE: licences, whether one has expired, its rating and its bank."""
    last_day = _day(expires)
    if last_day and not licence:
        raise click.UsageError("--expires goes with --licence.")
    # Not an argument: others on the machine could read it there.
    account = click.prompt("Account", err=True) if bank else ""

    def work() -> dict[str, Any]:
        found, now = files.get_supplier(code), utc_now()
        if licence:
            _note_licence(found, licence, last_day, now)
        if bank:
            holder, name = bank
            files.set_bank(supplier=found, holder=holder, bank=name, account=account, now=now, actor=ACTOR)
        return file_as_json(found, now=now, zone=settings_of(app).timezone) | {
            "bank": files.shown_bank(found.id)
        }

    with app.app_context():
        file = in_transaction(work)
    click.echo(json_text(file) if as_json else _text(file))


def _note_licence(
    supplier: Supplier, licence: tuple[str, str], expires_on: date | None, now: datetime
) -> None:
    """Note a licence unless it stands in the file already, so that the same command again adds none."""
    kind, number = licence
    known = {(one.kind, one.number, one.expires_on) for one in files.licences_of(supplier.id)}
    if (kind, number.strip(), expires_on) not in known:
        files.add_licence(
            supplier=supplier, kind=kind, number=number, expires_on=expires_on, now=now, actor=ACTOR
        )


def _day(text: str | None) -> date | None:
    try:
        return parse_date(text) if text else None
    except ValueError as error:
        raise BadInput("not_a_date", "Write a day as 2026-12-31.", param="expires") from error


def _text(file: dict[str, Any]) -> str:
    lines = [f"{file['code']}  {file['name']}{'  barred: a licence has expired' if file['barred'] else ''}"]
    for one in file["licences"]:
        until = f"  until {one['expires_on']}" if one["expires_on"] else ""
        lines.append(f"licence  {one['kind']}  {one['number']}{until}")
    if bank := file["bank"]:
        lines.append(f"bank  {bank['holder']}  {bank['bank']}  {bank['account']}")
    if rating := file["rating"]:
        figures = (("on time", "on_time_bp"), ("short", "short_bp"), ("rejected", "rejected_bp"))
        shown = ", ".join(f"{name} {rating[key] / 100:.1f} %" for name, key in figures)
        lines.append(
            f"rating  last {rating['orders']} orders: {shown}; in all {rating['score_bp'] / 100:.1f} %"
        )
    return "\n".join(lines)
