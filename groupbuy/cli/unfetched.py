"""``groupbuy unfetched``: perishables that nobody fetched, what becomes of them, and orders kept aside."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import click
from flask import Flask

from groupbuy.app import settings_of
from groupbuy.app.readiness import require_database
from groupbuy.audit.actor import Actor
from groupbuy.cli.answers import json_option, json_text
from groupbuy.cli.importing import ACTOR
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import disposing, setting_aside
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.money import format_yuan
from groupbuy.leaders.queries import get_leader
from groupbuy.orders.queries import get_order
from groupbuy.pickup.disposals import STATES, disposal_json, disposals
from groupbuy.pickup.models import PerishableLine
from groupbuy.pickup.unfetched import Perishable

order_argument = click.argument("number", metavar="ORDER")


@click.group("unfetched")
def unfetched() -> None:
    """Look at perishables that nobody fetched, decide about them, keep orders aside."""


@unfetched.command("list")
@click.option("--state", type=click.Choice(STATES), help="Only these; due ones wait for a decision.")
@click.option("--leader", metavar="CODE", help="Of this leader only.")
@click.option("--most", type=click.IntRange(1, 1000), default=100, show_default=True)
@json_option
@click.pass_obj
def list_disposals(app: Flask, state: str | None, leader: str | None, most: int, as_json: bool) -> None:
    """List the perishables whose residents were warned, the latest first, and what became of them."""

    def find() -> list[dict[str, Any]]:
        leaders = None if leader is None else [get_leader(leader).id]
        wanted = disposals(leaders, utc_now(), state=state)
        latest = (PerishableLine.due_at.desc(), PerishableLine.order_line_id.desc())
        return [disposal_json(row) for row in db.session.execute(wanted.order_by(*latest).limit(most))]

    require_database(app)
    with app.app_context():
        rows = find()
    if as_json:
        click.echo(json_text(rows))
    else:
        click.echo("\n".join(map(_line, rows)) or "Nobody was warned of perishables.")


@unfetched.command("dispose")
@order_argument
@json_option
@click.pass_obj
def dispose(app: Flask, number: str, as_json: bool) -> None:
    """Dispose of the perishables of ORDER that may go now, once; by their rule they are paid back."""
    _decide(app, number, dispose=True, as_json=as_json)


@unfetched.command("leave")
@order_argument
@json_option
@click.pass_obj
def leave(app: Flask, number: str, as_json: bool) -> None:
    """Leave the perishables of ORDER to be fetched."""
    _decide(app, number, dispose=False, as_json=as_json)


def _decide(app: Flask, number: str, *, dispose: bool, as_json: bool) -> None:
    def work() -> dict[str, Any]:
        lines = disposing.decide(
            order=get_order(number),
            dispose=dispose,
            now=utc_now(),
            zone=settings_of(app).timezone,
            actor=Actor(ACTOR),
        )
        return {"order_no": number, "lines": _decided(lines)}

    done = "disposed of" if dispose else "left to be fetched"
    _write(app, work, as_json, lambda answer: "\n".join(f"{_goods(one)} {done}" for one in answer["lines"]))


def _decided(lines: Sequence[Perishable]) -> list[dict[str, Any]]:
    return [
        {
            "name": line.name,
            "quantity": line.left,
            "decision": line.row.decision,
            "refund_fen": line.row.amount_fen,
        }
        for line in lines
    ]


@unfetched.command("keep")
@order_argument
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
@click.option("--note", help="Why.")
@json_option
@click.pass_obj
def keep(app: Flask, number: str, day: datetime, note: str | None, as_json: bool) -> None:
    """Keep ORDER aside for its resident until the end of DAY."""

    def work() -> dict[str, Any]:
        row = setting_aside.set_aside(
            order=get_order(number),
            day=day.date(),
            note=note,
            now=utc_now(),
            zone=settings_of(app).timezone,
            actor=Actor(ACTOR),
        )
        return {"order_no": number, "day": row.day.isoformat(), "note": row.note}

    _write(app, work, as_json, lambda answer: f"{number} is kept aside until {answer['day']}.")


@unfetched.command("release")
@order_argument
@json_option
@click.pass_obj
def release(app: Flask, number: str, as_json: bool) -> None:
    """Keep ORDER aside no longer."""

    def work() -> dict[str, Any]:
        setting_aside.end(order=get_order(number), now=utc_now(), actor=Actor(ACTOR))
        return {"order_no": number, "day": None, "note": None}

    _write(app, work, as_json, lambda _answer: f"{number} is kept aside no longer.")


def _write(
    app: Flask, work: Callable[[], dict[str, Any]], as_json: bool, text: Callable[[dict[str, Any]], str]
) -> None:
    require_database(app)
    with app.app_context():
        answer = in_transaction(work)
    click.echo(json_text(answer) if as_json else text(answer))


def _line(row: dict[str, Any]) -> str:
    rule = "paid back" if row["refund"] else "stays paid"
    place = f"{row['order_no']}  {row['leader_code']}  {row['product_code']}"
    return f"{row['due_at']}  {place}  {_goods(row)}  {row['state']}, {rule}"


def _goods(row: dict[str, Any]) -> str:
    back = f", {format_yuan(row['refund_fen'])} back" if row["refund_fen"] else ""
    return f"{row['name']} ×{row['quantity']}{back}"
