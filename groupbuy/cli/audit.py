"""The command that checks the books."""

import json
from dataclasses import asdict

import click
from flask import Flask

from groupbuy.analytics.invariants import check_all
from groupbuy.analytics.invariants_base import Finding
from groupbuy.app.readiness import require_database
from groupbuy.db.transaction import be_unhurried
from groupbuy.kernel.clock import utc_now


@click.command("audit")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
@click.pass_obj
@click.pass_context
def audit(ctx: click.Context, app: Flask, as_json: bool) -> None:
    """Check that orders, stock, demand, purchases, commissions and logs agree; exit code 1 if not."""
    require_database(app)
    with app.app_context():
        be_unhurried()
        findings = check_all(now=utc_now())
    violations = sum(finding.violations for finding in findings)
    if as_json:
        rows = [asdict(finding) for finding in findings]
        click.echo(json.dumps({"violations": violations, "checks": rows}, ensure_ascii=False))
    else:
        _print(findings, violations)
    if violations:
        ctx.exit(1)


def _print(findings: list[Finding], violations: int) -> None:
    for finding in findings:
        mark = "WRONG" if finding.violations else "ok"
        click.echo(f"{mark:6}{finding.name:24}{finding.checked:>12,} checked  {finding.says}")
        for example in finding.examples:
            click.echo(f"      {example}")
    checked = sum(finding.checked for finding in findings)
    click.echo(f"{len(findings)} invariants, {checked:,} rows checked, {violations} violations")
