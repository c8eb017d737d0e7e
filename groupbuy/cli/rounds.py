"""Commands about rounds: list, show, report."""

import click
from flask import Flask

from groupbuy.analytics.report import RoundReport, SupplierTotal, round_report
from groupbuy.analytics.report import as_json as report_as_json
from groupbuy.campaigns import queries
from groupbuy.campaigns.models import Round
from groupbuy.cli.answers import json_option, json_text
from groupbuy.flows.archive.reading import of_round
from groupbuy.kernel import times
from groupbuy.kernel.money import format_yuan
from groupbuy.orders import bulk as orders


@click.group("rounds")
def rounds() -> None:
    """Look at rounds."""


@rounds.command("list")
@json_option
@click.pass_obj
def list_rounds(app: Flask, as_json: bool) -> None:
    """List all rounds, the latest cut-off first."""
    with app.app_context():
        rows = [_summary(round_) for round_ in queries.list_rounds()]
    if as_json:
        click.echo(json_text(rows))
        return
    for row in rows:
        click.echo("{round}  {state}  {opens_at} – {closes_at}  {name}".format(**row))
    if not rows:
        click.echo("There are no rounds yet. Import offers, or publish a campaign.")


@rounds.command("show")
@click.argument("name", metavar="ROUND")
@json_option
@click.pass_obj
def show(app: Flask, name: str, as_json: bool) -> None:
    """Show one round."""
    with app.app_context():
        round_ = queries.get_round(name)
        with of_round(round_.id):
            count, units, amount = orders.totals(round_.id)
        row = _summary(round_) | {"orders": count, "units": units, "amount_fen": amount}
    if as_json:
        click.echo(json_text(row))
        return
    for key, value in row.items():
        click.echo(f"{key:12} {value}")


def _summary(round_: Round) -> dict[str, object]:
    return {
        "round": round_.name,
        "name": round_.title,
        "campaign": round_.campaign.code,
        "state": round_.state,
        "opens_at": times.iso(round_.opens_at),
        "closes_at": times.iso(round_.closes_at),
        "pickup_date": round_.pickup_date.isoformat(),
        "payment": round_.payment,
    }


@click.command("report")
@click.argument("name", metavar="ROUND")
@json_option
@click.pass_obj
def report(app: Flask, name: str, as_json: bool) -> None:
    """Report what was ordered, bought and earned in a round."""
    with app.app_context():
        round_ = queries.get_round(name)
        with of_round(round_.id):
            figures = round_report(round_)
    if as_json:
        click.echo(json_text(report_as_json(figures)))
    else:
        _print_report(figures)


def _print_report(figures: RoundReport) -> None:
    head = f"{figures.orders} orders, {figures.units} units, {format_yuan(figures.amount_fen)}"
    click.echo(f"{figures.round} ({figures.state}): {head}")
    for supplier in figures.suppliers:
        click.echo(f"  supplier {supplier.code}: {supplier.units} units, {_cost(supplier)}")
    for case in figures.cases:
        click.echo(
            f"  product {case.product_code}: up to {case.offered} more offered, {case.given} fill cases"
        )
    for leader in figures.leaders:
        earned = f"commission {format_yuan(leader.commission_fen)}"
        click.echo(
            f"  leader {leader.code}: {leader.orders} orders, {leader.units} units,"
            f" {format_yuan(leader.amount_fen)}, {earned}"
        )


def _cost(supplier: SupplierTotal) -> str:
    cost = format_yuan(supplier.cost_fen)
    if supplier.below_minimum is None:
        return cost
    return f"{cost}, below the minimum of {format_yuan(supplier.below_minimum)}"
