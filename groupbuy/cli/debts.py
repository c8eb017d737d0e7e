"""``groupbuy debts``: what leaders owe, what they have paid back, what is written off."""

from collections.abc import Callable
from typing import Any

import click
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from groupbuy.app.readiness import require_database
from groupbuy.cli.answers import json_option, json_text, yuan
from groupbuy.cli.persons import actor_of, as_option
from groupbuy.commissions import debts as service
from groupbuy.commissions.debt_models import DebtSettlement
from groupbuy.commissions.debts import Wish
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.money import format_yuan
from groupbuy.kernel.times import iso
from groupbuy.leaders.queries import get_leader

Row = dict[str, Any]
leader_argument = click.argument("leader", metavar="LEADER")
amount_argument = click.argument("amount", metavar="YUAN")
number_argument = click.argument("number", type=click.IntRange(1, 2**31 - 1))
key_option = click.option("--key", help="The same key again is the same deed.")


@click.group("debts")
def debts() -> None:
    """Look at what leaders owe, note what they have paid back, write off what will not come."""


@debts.command("list")
@json_option
@click.pass_obj
def list_debts(app: Flask, as_json: bool) -> None:
    """List leaders who owe something, the most first."""

    def find() -> list[Row]:
        found = db.session.execute(service.owed())
        return [{"leader": one.code, "name": one.name, "debt_fen": fen} for one, fen in found]

    _answer(app, find, as_json)


@debts.command("settled")
@click.option("--state", type=click.Choice(["asked", "done", "rejected"]), help="Of this state only.")
@click.option("--most", type=click.IntRange(1, 10_000), default=100, show_default=True)
@json_option
@click.pass_obj
def list_settled(app: Flask, state: str | None, most: int, as_json: bool) -> None:
    """List what was paid back and written off, the latest first."""
    statement = select(DebtSettlement).options(joinedload(DebtSettlement.leader)).limit(most)
    statement = statement.order_by(DebtSettlement.id.desc())
    if state:
        statement = statement.where(DebtSettlement.state == state)
    _answer(app, lambda: [_shape(row) for row in db.session.scalars(statement)], as_json)


@debts.command("repaid")
@leader_argument
@amount_argument
@click.option("--way", type=click.Choice(list(service.WAYS)), default="bank", show_default=True)
@click.option("--proof", required=True, help="The reference of the payment.")
@key_option
@as_option
@json_option
@click.pass_obj
def repaid(
    app: Flask,
    leader: str,
    amount: str,
    way: str,
    proof: str,
    key: str | None,
    phone: str | None,
    as_json: bool,
) -> None:
    """Note that LEADER has paid YUAN back."""
    wish = Wish(service.REPAID, yuan(amount, "amount"), proof, way)
    _settle(app, leader, wish, key=key, phone=phone, as_json=as_json)


@debts.command("write-off")
@leader_argument
@amount_argument
@click.option("--reason", required=True, help="Why it will not come.")
@key_option
@as_option
@json_option
@click.pass_obj
def write_off(
    app: Flask, leader: str, amount: str, reason: str, key: str | None, phone: str | None, as_json: bool
) -> None:
    """Write YUAN off of what LEADER owes; above the limit a second person agrees first."""
    wish = Wish(service.WRITTEN_OFF, yuan(amount, "amount"), reason)
    _settle(app, leader, wish, key=key, phone=phone, as_json=as_json)


@debts.command("agree")
@number_argument
@as_option
@json_option
@click.pass_obj
def agree(app: Flask, number: int, phone: str | None, as_json: bool) -> None:
    """Agree to write-off NUMBER as the second person."""
    wish: Row = {"settlement_id": number, "agree": True, "reason": ""}
    _change(app, lambda usual: service.decide(**wish, **usual), phone, as_json)


@debts.command("reject")
@number_argument
@click.option("--reason", required=True, help="Why not.")
@as_option
@json_option
@click.pass_obj
def reject(app: Flask, number: int, reason: str, phone: str | None, as_json: bool) -> None:
    """Reject write-off NUMBER that waits for a second person."""
    wish: Row = {"settlement_id": number, "agree": False, "reason": reason}
    _change(app, lambda usual: service.decide(**wish, **usual), phone, as_json)


def _settle(app: Flask, code: str, wish: Wish, *, key: str | None, phone: str | None, as_json: bool) -> None:
    def deed(usual: Row) -> DebtSettlement:
        return service.settle(leader=get_leader(code), wish=wish, submission_key=key, **usual)

    _change(app, deed, phone, as_json)


def _change(app: Flask, deed: Callable[[Row], DebtSettlement], phone: str | None, as_json: bool) -> None:
    require_database(app)
    with app.app_context():
        done = in_transaction(lambda: _shape(deed({"now": utc_now(), "actor": actor_of(phone)})))
    click.echo(json_text(done) if as_json else _line(done))


def _answer(app: Flask, find: Callable[[], list[Row]], as_json: bool) -> None:
    require_database(app)
    with app.app_context():
        rows = find()
    click.echo(json_text(rows) if as_json else "\n".join(map(_line, rows)) or "There are none.")


def _shape(row: DebtSettlement) -> Row:
    names = ("id", "state", "deed", "way", "amount_fen", "words", "reason")
    found = {name: getattr(row, name) for name in names}
    return found | {"leader": row.leader.code, "asked_at": iso(row.asked_at)}


def _line(row: Row) -> str:
    said = {name: value for name, value in row.items() if value is not None}
    return "  ".join(
        format_yuan(value) if name.endswith("_fen") else str(value) for name, value in said.items()
    )
