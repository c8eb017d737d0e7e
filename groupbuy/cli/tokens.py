"""The command that issues bearer tokens, for integrations and load tests."""

import csv
import os
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import click
from flask import Flask

from groupbuy.accounts import queries, rules, tokens
from groupbuy.accounts.signing_in import choose_role
from groupbuy.accounts.tokens import Holder
from groupbuy.cli.accounts import ACTOR
from groupbuy.db.transaction import transaction
from groupbuy.flows.tokens import holders_of
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput, NotFound
from groupbuy.kernel.phones import normalise_phone

HOURS = click.IntRange(1, 24 * 366)
COLUMNS = ("phone", "code", "token")


@click.command("issue-token")
@click.option("--phone", help="The account to issue one token for; it is printed.")
@click.option("--role", type=click.Choice(rules.ROLES), help="With --phone: the role; default the highest.")
@click.option("--all", "everybody", type=click.Choice(rules.ROLES), help="Issue one for all of a role.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="With --all: the CSV to write.")
@click.option("--ttl", "hours", type=HOURS, default=24, show_default=True, metavar="HOURS")
@click.pass_obj
def issue_token(
    app: Flask, phone: str | None, role: str | None, everybody: str | None, out: Path | None, hours: int
) -> None:
    """Issue a bearer token for one account, or one for everybody with a role."""
    if (phone is None) == (everybody is None) or (everybody is None) != (out is None):
        raise click.UsageError("Give either --phone PHONE, or --all ROLE with --out FILE.csv.")
    lifetime = timedelta(hours=hours)
    with app.app_context():
        if phone is not None:
            click.echo(_issue_one(phone, role, lifetime))
        elif everybody is not None and out is not None:
            count = _write(out, _issue_all(everybody, lifetime))
            click.echo(f"{count} tokens for the role {everybody} are in {out}.", err=True)


def _issue_one(phone: str, role: str | None, lifetime: timedelta) -> str:
    with transaction():
        account = queries.find_account(normalise_phone(phone) or phone)
        if account is None or not account.active:
            raise NotFound("unknown_account", f"There is no active account {phone}.", param="phone")
        token, _ = tokens.issue_token(
            account=account, role=choose_role(account, role), now=utc_now(), actor=ACTOR, lifetime=lifetime
        )
    return token


def _issue_all(role: str, lifetime: timedelta) -> Iterable[tuple[Holder, str]]:
    with transaction():
        return tokens.issue_many(
            holders=holders_of(role), role=role, now=utc_now(), actor=ACTOR, lifetime=lifetime
        )


def _write(path: Path, issued: Iterable[tuple[Holder, str]]) -> int:
    """Write the file aside, readable by its user only, and put it in place when it is whole."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise BadInput("cannot_write", f"{path} cannot be written: {error.strerror}.", param="out") from error
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        lines = [(holder.phone, holder.profile or "", token) for holder, token in issued]
        rows.writerows(lines)
    aside.replace(path)
    return len(lines)
