"""Commands for the books: check them, read them, keep them now, close a month."""

from dataclasses import asdict

import click
from flask import Flask

from groupbuy.analytics import invariants_ledger, month_open
from groupbuy.analytics.invariants_base import Finding
from groupbuy.app.readiness import require_database
from groupbuy.cli.answers import json_option, json_text
from groupbuy.cli.journal import journal
from groupbuy.db.transaction import in_transaction
from groupbuy.db.unhurried import be_unhurried
from groupbuy.finance import queries
from groupbuy.flows import bookkeeping
from groupbuy.flows.archive.reading import everything
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.money import format_yuan


@click.group("ledger")
def ledger() -> None:
    """Check the books, read their entries, bring them up to date, close a month."""


ledger.add_command(journal)


@ledger.command("check")
@click.option("--at-rest", is_flag=True, help="Also reckon anew what the books must hold; `keep` first.")
@json_option
@click.pass_obj
@click.pass_context
def check(ctx: click.Context, app: Flask, at_rest: bool, as_json: bool) -> None:
    """Check every invariant of the books and print its figure; exit code 1 if one is broken."""
    require_database(app)
    with app.app_context():
        be_unhurried()
        checks = [*invariants_ledger.CHECKS, *(invariants_ledger.AT_REST if at_rest else ())]
        with everything():
            findings = [one.run() for one in checks]
    violations = sum(finding.violations for finding in findings)
    if as_json:
        rows = [asdict(finding) for finding in findings]
        click.echo(json_text({"violations": violations, "checks": rows}))
    else:
        _print(findings, violations)
    if violations:
        ctx.exit(1)


def _print(findings: list[Finding], violations: int) -> None:
    for finding in findings:
        mark = "WRONG" if finding.violations else "ok"
        figure = format_yuan(finding.figure_fen or 0)
        click.echo(f"{mark:6}{finding.name:24}{figure:>20}{finding.checked:>10,} checked  {finding.says}")
        for example in finding.examples:
            click.echo(f"      {example}")
    click.echo(f"{len(findings)} invariants, {violations} violations")


@ledger.command("keep")
@click.pass_obj
def keep(app: Flask) -> None:
    """Book now what the scheduler books every few minutes: sales, money owed back, commission."""
    require_database(app)
    with app.app_context():
        changed = in_transaction(lambda: bookkeeping.keep_books(now=utc_now()))
    click.echo(f"{changed or 0} changed.")


@ledger.command("close")
@click.argument("period", metavar="MONTH")
@click.option("--yes", is_flag=True, help="Close it with what is still open, without being asked.")
@click.pass_obj
def close(app: Flask, period: str, yes: bool) -> None:
    """Close a MONTH (2026-11) of the books: it takes no more postings, corrections go into the next.

    What of it is still open is printed first and asked about.
    """
    require_database(app)
    with app.app_context():
        now = utc_now()
        found = month_open.open_of(period, now) if queries.may_close(period, now) else []
        _print_open(found)
        if found and not yes:
            click.confirm("This is still open. Close the month?", abort=True)
        still_open = month_open.counts(found)
        closed = in_transaction(
            lambda: bookkeeping.close_month(period=period, now=now, actor="cli", still_open=still_open)
        )
    click.echo(
        f"The books of {period} are closed." if closed else f"The books of {period} were closed before."
    )


def _print_open(found: list[month_open.Open]) -> None:
    for one in found:
        amount = "" if one.amount_fen is None else format_yuan(one.amount_fen)
        days = " ".join(f"{channel}:{day}" for channel, day in one.days)
        click.echo(f"{one.kind:20}{one.count:>8,}{amount:>20}  {days}".rstrip())


@ledger.command("open")
@click.argument("period", metavar="MONTH")
@json_option
@click.pass_obj
def still_open(app: Flask, period: str, as_json: bool) -> None:
    """Print what of a MONTH (2026-11) is still open: bills, bank lines, refunds, withdrawals, cash."""
    require_database(app)
    with app.app_context():
        found = month_open.open_of(period, utc_now())
    if as_json:
        rows = [asdict(one) | {"days": [f"{channel}:{day}" for channel, day in one.days]} for one in found]
        click.echo(json_text(rows))
    else:
        _print_open(found)
        click.echo(f"{len(found)} kinds are open." if found else "Nothing is open.")
