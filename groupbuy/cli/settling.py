"""``groupbuy settlement``: what suppliers are owed, their statements, and what is paid on them.

Statements are approved on the page, by a person with a name: above a limit by another one than made them.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

import click
from flask import Flask

from groupbuy.app.readiness import require_database
from groupbuy.cli.answers import json_option, json_text, yuan
from groupbuy.cli.persons import actor_of, as_option
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.finance.rules import BOOKS
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput
from groupbuy.kernel.money import format_yuan, parse_percent
from groupbuy.kernel.times import iso
from groupbuy.settlements import adjusting, making, paying, queries, rules
from groupbuy.settlements.models import SupplierSettlement, SupplierTerms

T = TypeVar("T")

number_argument = click.argument("number")


@click.group("settlement")
def settlement() -> None:
    """Look at what suppliers are owed, make their statements, note what is paid."""


@settlement.command("owed")
@json_option
@click.pass_obj
def owed(app: Flask, as_json: bool) -> None:
    """List what each supplier is owed in all, and how much of it is on no statement yet."""
    rows = _read(
        app,
        lambda: [
            {"supplier_code": one.code, "name": one.name, "owed_fen": owed_fen, "open_fen": open_fen}
            for one, owed_fen, open_fen in queries.owed()
        ],
    )
    _print(
        rows,
        as_json,
        lambda row: (
            f"{row['supplier_code']}  {row['name']}  owed {format_yuan(row['owed_fen'])}, "
            f"on no statement {format_yuan(row['open_fen'])}"
        ),
        empty="No supplier is owed anything.",
    )


@settlement.command("list")
@click.option("--supplier", metavar="CODE", help="Of this supplier only.")
@click.option("--unpaid", is_flag=True, help="Only those that are not paid in full.")
@click.option("--most", type=click.IntRange(1, 1000), default=100, show_default=True)
@json_option
@click.pass_obj
def list_settlements(app: Flask, supplier: str | None, unpaid: bool, most: int, as_json: bool) -> None:
    """List the statements that hold, the newest first."""

    def find() -> list[dict[str, Any]]:
        chosen = queries.holding([queries.get_supplier(supplier).id] if supplier else None)
        if unpaid:
            chosen = chosen.where(SupplierSettlement.paid_fen < SupplierSettlement.total_fen)
        return [queries.as_json(row) for row in db.session.scalars(chosen.limit(most))]

    _print(_read(app, find), as_json, _line, empty="There are no statements.")


@settlement.command("show")
@number_argument
@json_option
@click.pass_obj
def show(app: Flask, number: str, as_json: bool) -> None:
    """Show statement NUMBER with everything on it and what was paid."""
    whole = _read(app, lambda: _whole(number))
    if as_json:
        click.echo(json_text(whole))
        return
    click.echo(_line(whole))
    for item in whole["items"]:
        click.echo(f"  {item['kind']}  {item['paper']}  {format_yuan(item['amount_fen'])}")
    for one in whole["payments"]:
        click.echo(f"  paid {format_yuan(one['amount_fen'])}  {one['proof']}  {one['at']}")


@settlement.command("make")
@click.argument("supplier")
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DAY",
    help="The last day of the books that counts; today where it is left out.",
)
@as_option
@json_option
@click.pass_obj
def make(app: Flask, supplier: str, until: datetime | None, phone: str | None, as_json: bool) -> None:
    """Make the statement of SUPPLIER: everything booked that is on no other one."""

    def work() -> dict[str, Any]:
        now = utc_now()
        last = until.date() if until else now.astimezone(BOOKS).date()
        row = making.make(
            supplier=queries.get_supplier(supplier),
            until=rules.start_of(last + timedelta(days=1)),
            now=now,
            actor=actor_of(phone),
        )
        return queries.as_json(row)

    _write(app, work, as_json)


@settlement.command("terms")
@click.argument("supplier")
@click.option(
    "--cycle", type=click.Choice([one.value for one in rules.Cycle]), help="How often statements are made."
)
@click.option("--due-days", type=int, help="Days to pay.")
@click.option(
    "--rebate", "rebates", multiple=True, metavar="YUAN:PERCENT", help="All steps, such as 1000:1.5."
)
@click.option("--no-rebates", is_flag=True, help="Take all steps away.")
@as_option
@json_option
@click.pass_obj
def terms(
    app: Flask,
    supplier: str,
    cycle: str | None,
    due_days: int | None,
    rebates: Sequence[str],
    no_rebates: bool,
    phone: str | None,
    as_json: bool,
) -> None:
    """Show when SUPPLIER is settled with and its rebates; change what is given, the rest stays."""
    steps = [_step(text) for text in rebates]

    def work() -> SupplierTerms:
        mine = queries.get_supplier(supplier)
        now = queries.terms_of(mine.id)
        if cycle is None and due_days is None and not steps and not no_rebates:
            return now
        kept = [] if no_rebates else [(start, rate) for start, rate in now.rebates]
        return adjusting.set_terms(
            supplier=mine,
            cycle=cycle or now.cycle,
            due_days=now.due_days if due_days is None else due_days,
            rebates=steps or kept,
            now=utc_now(),
            actor=actor_of(phone),
        )

    require_database(app)
    with app.app_context():
        found = queries.terms_as_json(in_transaction(work))
    if as_json:
        click.echo(json_text(found))
        return
    click.echo(f"a statement each {found['cycle']}, due after {found['due_days']} days")
    for step in found["rebates"]:
        click.echo(f"from {format_yuan(step['from_fen'])}: {step['rate_bp'] / 100:g} % back")


def _step(text: str) -> tuple[int, int]:
    start, _colon, rate = text.partition(":")
    try:
        return yuan(start, "rebate"), parse_percent(rate)
    except (ValueError, OverflowError) as error:
        raise BadInput("not_a_number", f"This step cannot be read: {text[:60]}", param="rebate") from error


@settlement.command("due")
@click.pass_obj
def due(app: Flask) -> None:
    """Make the statements of all suppliers whose cycle is over; a repeat makes none."""
    require_database(app)
    with app.app_context():
        made = in_transaction(lambda: making.make_due(now=utc_now()))
    click.echo(f"{made} statements were made.")


@settlement.command("pay")
@number_argument
@click.option("--proof", required=True, help="The reference of the payment.")
@click.option("--amount", metavar="YUAN", help="How much, such as 1200.50; all that is due if left out.")
@click.option("--key", help="The same key again is the same payment.")
@as_option
@json_option
@click.pass_obj
def pay(
    app: Flask,
    number: str,
    proof: str,
    amount: str | None,
    key: str | None,
    phone: str | None,
    as_json: bool,
) -> None:
    """Note that the approved statement NUMBER was paid, in part or whole; never more than is due."""
    part = None if amount is None else yuan(amount, "amount")

    def work() -> dict[str, Any]:
        row = queries.lock_settlement(number)
        fen = row.total_fen - row.paid_fen if part is None else part
        usual: dict[str, Any] = {"now": utc_now(), "actor": actor_of(phone), "submission_key": key}
        paying.pay(number=number, amount_fen=fen, proof=proof, **usual)
        return queries.as_json(row)

    _write(app, work, as_json)


def _whole(number: str) -> dict[str, Any]:
    row = queries.get_settlement(number)
    items = [
        {"at": iso(one.at), "kind": one.kind, "paper": one.paper, "amount_fen": one.amount_fen}
        for one in queries.items_of(row)
    ]
    payments = [
        {"at": iso(one.at), "amount_fen": one.amount_fen, "proof": one.proof}
        for one in queries.payments_of(row)
    ]
    return queries.as_json(row) | {"items": items, "payments": payments}


def _read(app: Flask, find: Callable[[], T]) -> T:
    require_database(app)
    with app.app_context():
        return find()


def _write(app: Flask, work: Callable[[], dict[str, Any]], as_json: bool) -> None:
    require_database(app)
    with app.app_context():
        done = in_transaction(work)
    click.echo(json_text(done) if as_json else _line(done))


def _print(
    rows: Sequence[Mapping[str, Any]], as_json: bool, line: Callable[[Mapping[str, Any]], str], *, empty: str
) -> None:
    if as_json:
        click.echo(json_text(rows))
    else:
        click.echo("\n".join(map(line, rows)) or empty)


def _line(row: Mapping[str, Any]) -> str:
    figures = ", ".join(
        f"{word} {format_yuan(row[name])}"
        for word, name in (("purchases", "bought_fen"), ("other", "adjusted_fen"), ("to pay", "total_fen"))
    )
    paid = f"paid {format_yuan(row['paid_fen'])}, due {row['due_date']}"
    return f"{row['number']}  {row['supplier_code']}  {row['state']}  {figures}, {paid}"
