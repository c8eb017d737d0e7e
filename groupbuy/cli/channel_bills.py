"""``groupbuy channel-bills``: where fetched days of channels' own books differ from ours; settling it."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

import click
from flask import Flask

from groupbuy.app.readiness import require_database
from groupbuy.cli.answers import json_option, json_text
from groupbuy.cli.persons import actor_of, as_option
from groupbuy.cli.reconciling import difference_line
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import settling_bills
from groupbuy.flows.settling_bills_together import NotSettled, settle_together
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import NotFound
from groupbuy.kernel.money import plain_yuan
from groupbuy.payments import reconciling
from groupbuy.payments.bill_differences import Difference, differences, differences_of, settlements_of
from groupbuy.payments.models import BillSettlement

Row = dict[str, Any]
channel_argument = click.argument("channel")
day_argument = click.argument("day", metavar="DAY", type=click.DateTime(["%Y-%m-%d"]))


@click.group("channel-bills")
def channel_bills() -> None:
    """Look at fetched days of the channels' bills and settle where they differ; `reconcile` fetches one."""


@channel_bills.command("list")
@click.option("--most", type=click.IntRange(1, 1000), default=60, show_default=True)
@json_option
@click.pass_obj
def list_bills(app: Flask, most: int, as_json: bool) -> None:
    """List the days that were fetched, the latest first, with how many differences each has."""

    def find() -> list[Row]:
        days = [(one.channel, one.day) for one in reconciling.stored_days(most=most)]
        found = differences_of(days)
        return [
            {"channel": name, "day": day.isoformat(), "differences": len(found[name, day])}
            for name, day in days
        ]

    line = "{channel}  {day}  {differences} differences"
    _answer(app, find, lambda row: line.format(**row), as_json)


@channel_bills.command("differences")
@channel_argument
@day_argument
@json_option
@click.pass_obj
def list_differences(app: Flask, channel: str, day: datetime, as_json: bool) -> None:
    """List where the bill of CHANNEL of a DAY differs from our books."""

    def find() -> list[Row]:
        bill = reconciling.get_bill(channel=channel, day=day.date())
        return [asdict(one) for one in differences(channel=bill.channel, day=bill.day)]

    _answer(app, find, lambda row: difference_line(Difference(**row)), as_json)


@channel_bills.command("settled")
@channel_argument
@day_argument
@json_option
@click.pass_obj
def list_settled(app: Flask, channel: str, day: datetime, as_json: bool) -> None:
    """List what was done about the differences of a day, and what waits for a second person."""

    def find() -> list[Row]:
        bill = reconciling.get_bill(channel=channel, day=day.date())
        return [_settlement(one) for one in settlements_of(channel=bill.channel, day=bill.day)]

    _answer(app, find, _line, as_json)


@channel_bills.command("settle")
@channel_argument
@day_argument
@click.argument("numbers", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All differences of the day.")
@click.option("--deed", type=click.Choice(settling_bills.DEEDS), required=True, help="What is done.")
@click.option("--account", type=click.Choice(list(settling_bills.ACCOUNTS)), help="Where to book it against.")
@click.option("--reason", required=True, help="Why.")
@as_option
@json_option
@click.pass_obj
def settle(
    app: Flask,
    channel: str,
    day: datetime,
    numbers: Sequence[str],
    every: bool,
    deed: str,
    account: str | None,
    reason: str,
    phone: str | None,
    as_json: bool,
) -> None:
    """Settle differences NUMBERS of a DAY as they stand now, for one reason: all of them or none.

    Large ones, and those that are large together, wait until a second person does the same.
    """
    if bool(numbers) is every:
        raise click.UsageError("Name differences, or say --all.")

    def work() -> list[Row]:
        bill = reconciling.get_bill(channel=channel, day=day.date())
        seen = _seen(bill.channel, bill.day, None if every else numbers)
        if not seen:
            return []
        wish: Row = {"deed": deed, "account": account, "reason": reason}
        usual: Row = {"now": utc_now(), "actor": actor_of(phone)}
        rows = settle_together(channel=bill.channel, day=bill.day, seen=seen, **wish, **usual)
        return [_settlement(one) for one in rows]

    try:
        _answer(app, lambda: in_transaction(work), _line, as_json)
    except NotSettled as error:
        for (kind, number), one in error.refused.items():
            click.echo(f"{kind}  {number}  refused: {one.message}", err=True)
        raise


def _seen(channel: str, day: date, numbers: Sequence[str] | None) -> list[Difference]:
    """Return differences of a day, all if none is named; raise NotFound where a named one does not differ."""
    found = differences(channel=channel, day=day)
    missing = set(numbers or ()) - {one.number for one in found}
    if missing:
        raise NotFound("no_difference", f"The books agree on these numbers: {', '.join(sorted(missing))}.")
    return [one for one in found if numbers is None or one.number in numbers]


def _answer(app: Flask, find: Callable[[], list[Row]], line: Callable[[Row], str], as_json: bool) -> None:
    require_database(app)
    with app.app_context():
        rows = find()
    click.echo(json_text(rows) if as_json else "\n".join(map(line, rows)) or "There are none.")


def _settlement(row: BillSettlement) -> Row:
    names = ("kind", "number", "deed", "account", "ours_fen", "theirs_fen", "amount_fen", "reason", "state")
    return {name: getattr(row, name) for name in names}


def _line(row: Row) -> str:
    what = row["deed"] if row["account"] is None else f"{row['deed']} {row['account']}"
    waits = "  waits for a second person" if row["state"] == "asked" else ""
    return f"{row['kind']:8}{row['number']:34}{plain_yuan(row['amount_fen']):>12}  {what}{waits}"
