"""``groupbuy withdrawals``: what leaders have asked for, and paying it through WeChat.

Withdrawals are approved on the page, by persons with names.
"""

from collections.abc import Callable, Sequence
from typing import Any

import click
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from groupbuy.app.outside import payment_gateways_of
from groupbuy.app.readiness import require_database
from groupbuy.app.settings import settings_of
from groupbuy.cli.answers import json_option, json_text, yuan
from groupbuy.cli.persons import actor_of, as_option
from groupbuy.commissions import mending_transfers, transfer_batches
from groupbuy.commissions.models import Withdrawal
from groupbuy.commissions.rules import WithdrawalState
from groupbuy.commissions.transfer_models import WechatTransfer
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import calling_transfers_back, transferring, transferring_many
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import RuleBroken
from groupbuy.kernel.money import format_yuan
from groupbuy.kernel.times import iso
from groupbuy.payments import asking

Row = dict[str, Any]
number_argument = click.argument("number")
reason_option = click.option("--reason", required=True, help="What WeChat Pay's own pages show.")
most_option = click.option("--most", type=click.IntRange(1, 10_000), default=100, show_default=True)


@click.group("withdrawals")
def withdrawals() -> None:
    """Look at withdrawals of leaders; pay approved ones through WeChat, call that back, put it right."""


@withdrawals.command("list")
@click.option("--state", type=click.Choice([str(one) for one in WithdrawalState]), help="Of this state only.")
@most_option
@json_option
@click.pass_obj
def list_withdrawals(app: Flask, state: str | None, most: int, as_json: bool) -> None:
    """List withdrawals, the oldest first."""
    statement = select(Withdrawal).options(joinedload(Withdrawal.leader)).order_by(Withdrawal.id).limit(most)
    if state:
        statement = statement.where(Withdrawal.state == state)
    _answer(app, lambda: [_withdrawal(row) for row in db.session.scalars(statement)], as_json)


@withdrawals.command("transfers")
@click.option("--state", help="Of this state only, such as waiting or mispaid.")
@click.option("--batch", type=click.IntRange(min=1), help="Sent together in this go only.")
@most_option
@json_option
@click.pass_obj
def list_transfers(app: Flask, state: str | None, batch: int | None, most: int, as_json: bool) -> None:
    """List transfers through WeChat, the latest first, with what became of each."""
    statement = select(WechatTransfer).order_by(WechatTransfer.id.desc()).limit(most)
    for column, wanted in ((WechatTransfer.state, state), (WechatTransfer.batch_id, batch)):
        statement = statement if wanted is None else statement.where(column == wanted)
    _answer(app, lambda: [_transfer(row) for row in db.session.scalars(statement)], as_json)


@withdrawals.command("send")
@click.argument("numbers", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All approved ones that ask to be paid through WeChat.")
@click.option("--key", help="The same key again is the same batch.")
@as_option
@json_option
@click.pass_obj
def send(
    app: Flask, numbers: Sequence[str], every: bool, key: str | None, phone: str | None, as_json: bool
) -> None:
    """Pay the approved withdrawals NUMBERS through WeChat, each once; exit code 1 where some are left out."""
    if bool(numbers) is every:
        raise click.UsageError("Name withdrawals, or say --all.")
    _require_transfers(app)

    def work() -> Row:
        usual: Row = {"now": utc_now(), "actor": actor_of(phone), "submission_key": key}
        batch = transferring_many.send_many(numbers=None if every else list(numbers), **usual)
        whole = transfer_batches.progress(batch.id)[1]
        return {"batch": batch.id, "transfers": whole, "left_out": list(batch.left_out)}

    require_database(app)
    with app.app_context():
        done = in_transaction(work)
    if as_json:
        click.echo(json_text(done))
    else:
        click.echo(f"Batch {done['batch']}: {done['transfers']} are sent.")
        for one in done["left_out"]:
            click.echo(f"  left out {one['number']}: {one['message']}")
    if done["left_out"]:
        raise SystemExit(1)


@withdrawals.command("call-back")
@number_argument
@as_option
@json_option
@click.pass_obj
def call_back(app: Flask, number: str, phone: str | None, as_json: bool) -> None:
    """Call back the transfer of withdrawal NUMBER, which its leader has not confirmed yet."""
    _require_transfers(app)
    _change(app, lambda usual: calling_transfers_back.call_back(number=number, **usual), phone, as_json)


@withdrawals.command("release")
@number_argument
@reason_option
@as_option
@json_option
@click.pass_obj
def release(app: Flask, number: str, reason: str, phone: str | None, as_json: bool) -> None:
    """End the transfer of withdrawal NUMBER that WeChat has refused or that is stuck."""
    _change(app, lambda usual: transferring.release(number=number, reason=reason, **usual), phone, as_json)


@withdrawals.command("mend")
@click.argument("number", metavar="TRANSFER")
@reason_option
@click.option("--paid", help="The yuan it has paid, where WeChat does not say so.")
@as_option
@json_option
@click.pass_obj
def mend(app: Flask, number: str, reason: str, paid: str | None, phone: str | None, as_json: bool) -> None:
    """Book what TRANSFER has paid otherwise than asked; the difference is its leader's.

    A difference above the limit is booked when a second person has put it right as well.
    """
    wanted: Row = {
        "number": number,
        "reason": reason,
        "paid_fen": None if paid is None else yuan(paid, "paid"),
    }
    _change(app, lambda usual: mending_transfers.mend(**wanted, **usual), phone, as_json)


def _require_transfers(app: Flask) -> None:
    if asking.find_transfers(payment_gateways_of(settings_of(app))) is None:
        raise RuleBroken(
            "transfers_off", "Transfers through WeChat are not set up: GROUPBUY_WECHAT_TRANSFER_SCENE."
        )


def _change(app: Flask, deed: Callable[[Row], WechatTransfer], phone: str | None, as_json: bool) -> None:
    require_database(app)
    with app.app_context():
        done = in_transaction(lambda: _transfer(deed({"now": utc_now(), "actor": actor_of(phone)})))
    click.echo(json_text(done) if as_json else _line(done))


def _answer(app: Flask, find: Callable[[], list[Row]], as_json: bool) -> None:
    require_database(app)
    with app.app_context():
        rows = find()
    click.echo(json_text(rows) if as_json else "\n".join(map(_line, rows)) or "There are none.")


def _withdrawal(row: Withdrawal) -> Row:
    return {
        "number": row.number,
        "state": row.state,
        "leader": row.leader.code,
        "amount_fen": row.amount_fen,
        "net_fen": row.net_fen,
        "method": row.method,
        "asked_at": iso(row.asked_at),
    }


def _transfer(row: WechatTransfer) -> Row:
    return {
        "number": row.number,
        "state": row.state,
        "withdrawal": row.withdrawal.number,
        "amount_fen": row.amount_fen,
        "paid_fen": row.paid_fen,
        "mend_fen": row.mend_fen,
        "asked_at": iso(row.asked_at),
        "batch": row.batch_id,
        "last_error": row.last_error,
    }


def _line(row: Row) -> str:
    said = {name: value for name, value in row.items() if value is not None}
    return "  ".join(
        format_yuan(value) if name.endswith("_fen") else str(value) for name, value in said.items()
    )
