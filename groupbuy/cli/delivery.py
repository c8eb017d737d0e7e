"""``groupbuy deliveries``: the routes of a day, and their delivery notes."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import click
from flask import Flask

from groupbuy.app import settings_of
from groupbuy.app.names import file_name
from groupbuy.cli.importing import ACTOR
from groupbuy.db.transaction import in_transaction
from groupbuy.delivery import queries, service
from groupbuy.delivery.sheets import notes_of
from groupbuy.delivery.views import day_json
from groupbuy.documents import pdf, xlsx
from groupbuy.documents.files import write_whole
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.times import parse_date


def _day(_context: click.Context, _param: click.Parameter, text: str) -> date:
    try:
        return parse_date(text)
    except ValueError as error:
        raise click.BadParameter("write a day as 2026-12-31") from error


@click.command("deliveries")
@click.argument("day", callback=_day)
@click.option("--plan", is_flag=True, help="First give each leader with goods a stop on its usual route.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Write delivery notes here.")
@click.option("--pdf", "with_pdf", is_flag=True, help="PDF beside each workbook.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
@click.pass_obj
def deliveries(app: Flask, day: date, plan: bool, out: Path | None, with_pdf: bool, as_json: bool) -> None:
    """Show the routes of a pickup DAY; plan them, write their delivery notes."""
    with app.app_context():
        if plan:
            in_transaction(lambda: service.plan_day(day=day, now=utc_now(), actor=ACTOR))
        found = day_json(day)
        if out is not None:
            found["files"] = _write(app, day, out, with_pdf)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for line in _lines(found):
        click.echo(line)


def _write(app: Flask, day: date, out: Path, with_pdf: bool) -> list[str]:
    out.mkdir(parents=True, exist_ok=True)
    names = []
    for route in queries.routes_of(day):
        goods = queries.goods_of_day(day, [stop.leader_id for stop in route.stops])
        sheets = notes_of(route, goods, zone=settings_of(app).timezone, printed_at=utc_now())
        for suffix, write in (("xlsx", xlsx.write_xlsx), ("pdf", pdf.write_pdf))[: 1 + with_pdf]:
            if sheets:
                names.append(f"{file_name('配送单', day.isoformat(), route.name)}.{suffix}")
                write_whole(out / names[-1], write(sheets))
    return names


def _lines(found: dict[str, Any]) -> list[str]:
    lines = []
    for route in found["routes"]:
        state = f"left {route['left_at']}" if route["left_at"] else "loading"
        lines.append(f"{route['name']}: {len(route['stops'])} stops, {route['units']} units, {state}")
        lines.extend(f"  {stop['place']:3} {stop['leader']} {stop['units']}" for stop in route["stops"])
    if found["unplanned"]:
        lines.append(f"Without a stop: {', '.join(found['unplanned'])}")
    return lines or ["Nothing is delivered on this day."]
