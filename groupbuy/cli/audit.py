"""The command that checks the books."""

from dataclasses import asdict

import click
from flask import Flask
from rich.console import Console
from rich.progress import Progress

from groupbuy.analytics.invariants import check_all
from groupbuy.analytics.invariants_base import Finding
from groupbuy.app import settings_of
from groupbuy.app.document_audit import check_documents, closed_rounds
from groupbuy.app.readiness import require_database
from groupbuy.cli.answers import json_option, json_text
from groupbuy.db import db
from groupbuy.db.unhurried import be_unhurried
from groupbuy.flows.archive.reading import everything
from groupbuy.kernel.clock import utc_now


@click.command("audit")
@click.option("--documents", is_flag=True, help="Also make and read back every document; slow.")
@click.option("--round", "round_name", metavar="ROUND", help="With --documents: of this round only.")
@json_option
@click.pass_obj
@click.pass_context
def audit(ctx: click.Context, app: Flask, documents: bool, round_name: str | None, as_json: bool) -> None:
    """Check that orders, stock, demand, purchases, commissions and logs agree; exit code 1 if not."""
    if round_name is not None and not documents:
        raise click.UsageError("--round goes with --documents.")
    require_database(app)
    with app.app_context():
        be_unhurried()
        with everything():
            findings = check_all(now=utc_now())
        if documents:
            db.session.rollback()
            findings.append(_check_documents(app, [round_name] if round_name else closed_rounds()))
    violations = sum(finding.violations for finding in findings)
    if as_json:
        rows = [asdict(finding) for finding in findings]
        click.echo(json_text({"violations": violations, "checks": rows}))
    else:
        _print(findings, violations)
    if violations:
        ctx.exit(1)


def _check_documents(app: Flask, names: list[str]) -> Finding:
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("Documents", total=None)
        return check_documents(
            settings=settings_of(app),
            round_names=names,
            printed_at=utc_now(),
            note=lambda name, done, total: progress.update(
                bar, description=name, completed=done, total=total
            ),
        )


def _print(findings: list[Finding], violations: int) -> None:
    for finding in findings:
        mark = "WRONG" if finding.violations else "ok"
        click.echo(f"{mark:6}{finding.name:24}{finding.checked:>12,} checked  {finding.says}")
        for example in finding.examples:
            click.echo(f"      {example}")
    checked = sum(finding.checked for finding in findings)
    click.echo(f"{len(findings)} invariants, {checked:,} rows checked, {violations} violations")
