"""``groupbuy purchases``: purchase orders, those that wait for approval changed, approved or refused."""

from collections.abc import Callable, Iterator
from typing import Any

import click
from flask import Flask

from groupbuy.app.readiness import require_database
from groupbuy.audit.actor import Actor
from groupbuy.cli.answers import json_option, json_text
from groupbuy.cli.importing import ACTOR
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import approving, refusing
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.money import format_yuan
from groupbuy.purchasing import drafts, history
from groupbuy.purchasing.rules import POState

number_argument = click.argument("number", metavar="PO")


@click.group("purchases")
def purchases() -> None:
    """Look at purchase orders; change, approve or refuse those that wait for approval."""


@purchases.command("list")
@click.option("--state", type=click.Choice([str(state) for state in POState]), help="Only these.")
@click.option("--round", "round_name", metavar="ROUND", help="Of this round only.")
@click.option("--supplier", metavar="CODE", help="Of this supplier only.")
@click.option("--most", type=click.IntRange(1, 1000), default=100, show_default=True)
@json_option
@click.pass_obj
def list_purchases(
    app: Flask, state: str | None, round_name: str | None, supplier: str | None, most: int, as_json: bool
) -> None:
    """List purchase orders, the newest first."""
    require_database(app)
    with app.app_context():
        found = history.orders(
            supplier_ids=None,
            state=state,
            round_name=round_name,
            supplier_code=supplier,
            short=False,
            before=None,
            most=most,
        )
        rows = [history.head_json(row) for row in found]
    text = "\n".join(map(_head, rows)) or "There is no such purchase order."
    click.echo(json_text(rows) if as_json else text)


@purchases.command("show")
@number_argument
@json_option
@click.pass_obj
def show(app: Flask, number: str, as_json: bool) -> None:
    """Show the purchase order PO with its goods."""
    _answer(app, number, lambda: None, as_json)


@purchases.command("approve")
@number_argument
@json_option
@click.pass_obj
def approve(app: Flask, number: str, as_json: bool) -> None:
    """Approve PO, also below its supplier's minimum, and queue its mail; again changes nothing."""
    _answer(app, number, lambda: approving.approve_order(number=number, now=utc_now(), actor=ACTOR), as_json)


@purchases.command("refuse")
@number_argument
@click.option("--reason", required=True, help="Why nothing is bought.")
@json_option
@click.pass_obj
def refuse(app: Flask, number: str, reason: str, as_json: bool) -> None:
    """Refuse PO: nothing is bought on it, its goods are short; again changes nothing."""

    def work() -> None:
        refusing.refuse_order(number=number, reason=reason, now=utc_now(), actor=Actor(ACTOR))

    _answer(app, number, work, as_json)


@purchases.command("change")
@number_argument
@click.argument("cases", nargs=-1, required=True, metavar="PRODUCT=CASES...")
@json_option
@click.pass_obj
def change(app: Flask, number: str, cases: tuple[str, ...], as_json: bool) -> None:
    """Buy other numbers of cases on PO before it is approved; what is left out of it will be short."""
    wanted = list(map(_cases, cases))
    _answer(
        app,
        number,
        lambda: drafts.change_draft(number=number, wanted=wanted, now=utc_now(), actor=ACTOR),
        as_json,
    )


def _cases(text: str) -> drafts.Cases:
    code, _, cases = text.rpartition("=")
    if not code or not (cases.isascii() and cases.isdigit() and len(cases) <= 10):
        raise click.UsageError(f"Write a product and its cases as P1=2, not {text}.")
    return drafts.Cases(code, int(cases))


def _answer(app: Flask, number: str, work: Callable[[], object], as_json: bool) -> None:
    """Do what is to be done and show the order as it stands then."""
    require_database(app)
    with app.app_context():
        in_transaction(work)
        answer = history.order_json(history.order(number, supplier_ids=None))
    click.echo(json_text(answer) if as_json else "\n".join(_lines(answer)))


def _head(row: dict[str, Any]) -> str:
    waits = ", held" if row["held"] else ""
    worth = f"{row['units']} units for {format_yuan(row['cost_fen'])}"
    return (
        f"{row['purchase_order']}  {row['supplier']}  {row['state']}{waits}  {worth}, due {row['due_date']}"
    )


def _lines(answer: dict[str, Any]) -> Iterator[str]:
    yield _head(answer)
    if answer["note"]:
        yield answer["note"]
    for line in answer["lines"]:
        bought = f"{line['cases']} × {line['case_size']} = {line['purchased']}"
        over = f", {line['surplus']} into stock" if line["surplus"] else ""
        short = f", {line['shortfall']} short" if line["shortfall"] else ""
        stock = f", {line['from_stock']} from stock" if line["from_stock"] else ""
        yield f"{line['product_code']}  {line['ordered']} ordered{stock}: {bought}{over}{short}"
