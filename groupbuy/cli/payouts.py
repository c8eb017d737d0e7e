"""``groupbuy payouts``: payout files for the bank, and what the bank says of the withdrawals in them."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from flask import Flask
from sqlalchemy import select

from groupbuy.app.readiness import require_database
from groupbuy.cli.answers import json_option, json_text
from groupbuy.cli.persons import actor_of, as_option
from groupbuy.commissions import payout_files
from groupbuy.commissions.models import PayoutBatch, Withdrawal
from groupbuy.commissions.payout_files import Result
from groupbuy.commissions.withdrawing import METHODS
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.money import format_yuan
from groupbuy.kernel.times import iso

Row = dict[str, Any]
file_argument = click.argument("batch_id", metavar="FILE", type=click.IntRange(1, 2**31 - 1))


@click.group("payouts")
def payouts() -> None:
    """Make payout files of approved withdrawals, take them to the bank, note what it has paid."""


@payouts.command("list")
@click.option("--most", type=click.IntRange(1, 10_000), default=100, show_default=True)
@json_option
@click.pass_obj
def list_payouts(app: Flask, most: int, as_json: bool) -> None:
    """List payout files, the latest first, with how far each is paid."""
    statement = select(PayoutBatch).order_by(PayoutBatch.id.desc()).limit(most)
    rows = _in(app, lambda: _files(db.session.scalars(statement).all()))
    click.echo(json_text(rows) if as_json else "\n".join(map(_line, rows)) or "There are none.")


@payouts.command("show")
@file_argument
@json_option
@click.pass_obj
def show(app: Flask, batch_id: int, as_json: bool) -> None:
    """Show a payout file and where each withdrawal in it stands."""

    def find() -> Row:
        whole = _files([payout_files.get_batch(batch_id)])[0]
        return whole | {"withdrawals": [_withdrawal(row) for row in payout_files.withdrawals_in(batch_id)]}

    found = _in(app, find)
    if as_json:
        click.echo(json_text(found))
    else:
        rows = found.pop("withdrawals")
        click.echo("\n".join([_line(found), *(f"  {_line(row)}" for row in rows)]))


@payouts.command("make")
@click.option("--method", type=click.Choice(METHODS), help="Only those paid this way.")
@as_option
@json_option
@click.pass_obj
def make(app: Flask, method: str | None, phone: str | None, as_json: bool) -> None:
    """Put every approved withdrawal that is in no payout file yet into one."""

    def work() -> Row:
        return _files([payout_files.make(method=method, now=utc_now(), actor=actor_of(phone))])[0]

    made = _in(app, lambda: in_transaction(work))
    click.echo(json_text(made) if as_json else _line(made))


@payouts.command("take")
@file_argument
@click.argument("path", metavar="PATH", type=click.Path(dir_okay=False, path_type=Path))
@as_option
@click.pass_obj
def take(app: Flask, batch_id: int, path: Path, phone: str | None) -> None:
    """Write a payout file to PATH (.xlsx or .csv); who takes the names and accounts in it is logged."""
    kind = path.suffix.removeprefix(".")
    if kind not in payout_files.KINDS:
        raise click.BadParameter("must end in .xlsx or .csv", param_hint="PATH")

    def work() -> bytes:
        content = payout_files.content_of(payout_files.get_batch(batch_id), kind)
        payout_files.note_taken(batch_id, now=utc_now(), actor=actor_of(phone))
        return content

    path.write_bytes(_in(app, lambda: in_transaction(work)))
    click.echo(str(path))


@payouts.command("results")
@file_argument
@click.option("--paid", multiple=True, metavar="NUMBER=REFERENCE", help="Paid by the bank.")
@click.option("--failed", multiple=True, metavar="NUMBER=REASON", help="Not paid; it goes back.")
@click.option("--rest-paid", metavar="REFERENCE", help="All others that are open are paid.")
@as_option
@json_option
@click.pass_obj
def results(
    app: Flask,
    batch_id: int,
    paid: Sequence[str],
    failed: Sequence[str],
    rest_paid: str | None,
    phone: str | None,
    as_json: bool,
) -> None:
    """Note what the bank has paid of a payout file and what not; exit code 1 where some are left out."""
    named = [Result(one, proof=words) for one, words in _pairs(paid, "--paid")]
    named += [Result(one, reason=words) for one, words in _pairs(failed, "--failed")]
    if not named and rest_paid is None:
        raise click.UsageError("Say --paid, --failed or --rest-paid.")

    def work() -> Row:
        said = named if rest_paid is None else named + _rest(batch_id, named, rest_paid)
        usual: Row = {"batch_id": batch_id, "now": utc_now(), "actor": actor_of(phone)}
        left_out = payout_files.note_results(results=said, **usual)
        whole = _files([payout_files.get_batch(batch_id)])[0]
        return whole | {"left_out": [{"number": one.number, "message": one.message} for one in left_out]}

    done = _in(app, lambda: in_transaction(work))
    _tell(done, as_json)
    if done["left_out"]:
        raise SystemExit(1)


def _tell(done: Row, as_json: bool) -> None:
    if as_json:
        click.echo(json_text(done))
        return
    click.echo(_line({name: value for name, value in done.items() if name != "left_out"}))
    for one in done["left_out"]:
        click.echo(f"  left out {one['number']}: {one['message']}")


def _pairs(texts: Sequence[str], option: str) -> list[tuple[str, str]]:
    pairs = [text.partition("=") for text in texts]
    if not all(words.strip() for _number, _sign, words in pairs):
        raise click.BadParameter("write NUMBER=TEXT", param_hint=option)
    return [(number.strip(), words) for number, _sign, words in pairs]


def _rest(batch_id: int, named: Sequence[Result], proof: str) -> list[Result]:
    """Return that all withdrawals of a payout file which are open and not named are paid."""
    known = {one.number for one in named}
    rows = payout_files.withdrawals_in(batch_id)
    return [
        Result(row.number, proof=proof) for row in rows if row.state == "approved" and row.number not in known
    ]


def _in(app: Flask, work: Callable[[], Any]) -> Any:
    require_database(app)
    with app.app_context():
        return work()


def _files(batches: Sequence[PayoutBatch]) -> list[Row]:
    states = payout_files.standing([batch.id for batch in batches])
    return [_file(batch, states[batch.id]) for batch in batches]


def _file(batch: PayoutBatch, states: Mapping[str, int]) -> Row:
    paid, rejected = states.get("paid", 0), states.get("rejected", 0)
    return {
        "id": batch.id,
        "made_at": iso(batch.made_at),
        "made_by": batch.made_by,
        "payouts": batch.payouts,
        "net_fen": batch.net_fen,
        "open": batch.payouts - paid - rejected,
        "paid": paid,
        "rejected": rejected,
    }


def _withdrawal(row: Withdrawal) -> Row:
    said = {"number": row.number, "leader": row.leader.code, "net_fen": row.net_fen, "state": row.state}
    return said | {"proof": row.proof, "reason": row.reason}


def _line(row: Row) -> str:
    return "  ".join(_said(name, value) for name, value in row.items() if value is not None)


def _said(name: str, value: Any) -> str:
    if name.endswith("_fen"):
        return format_yuan(value)
    return f"{value} {name}" if name in ("payouts", "open", "paid", "rejected") else str(value)
