"""``groupbuy deliveries``: the routes of a day, and their delivery notes."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click
from flask import Flask

from groupbuy.app import settings_of
from groupbuy.app.day_papers import DAY_LABELS
from groupbuy.app.documents import render
from groupbuy.app.names import file_name
from groupbuy.audit.actor import Actor
from groupbuy.cli.answers import json_option, json_text
from groupbuy.cli.importing import ACTOR
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.delivery import papers, planning, queries, service
from groupbuy.delivery.models import Reroute
from groupbuy.delivery.views import day_json
from groupbuy.documents import pdf, xlsx
from groupbuy.documents.files import write_whole
from groupbuy.documents.sheet import Sheet
from groupbuy.flows import dispatching, rerouting
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import NotFound
from groupbuy.kernel.times import parse_date
from groupbuy.leaders.queries import get_leader


def _day(_context: click.Context, _param: click.Parameter, text: str) -> date:
    try:
        return parse_date(text)
    except ValueError as error:
        raise click.BadParameter("write a day as 2026-12-31") from error


@click.command("deliveries")
@click.argument("day", callback=_day)
@click.option("--plan", is_flag=True, help="First give each leader with goods a stop on its usual route.")
@click.option("--propose", is_flag=True, help="Work out shorter tours (extra routes); this takes seconds.")
@click.option("--take", is_flag=True, help="Take the proposed tours over.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write delivery notes and loading lists here.",
)
@click.option("--pdf", "with_pdf", is_flag=True, help="PDF beside each workbook.")
@click.option("--reroute", nargs=2, metavar="FROM TO", help="Let leader TO hand out the bags of leader FROM.")
@click.option("--reason", default="", help="Why they are re-routed; residents read it.")
@click.option("--confirm", is_flag=True, help="Re-route more bags than leader TO has room for.")
@click.option("--undo", type=int, metavar="ID", help="Give the bags of a re-routing back.")
@click.option("--leave", metavar="ROUTE", help="Note that the route of this name has left.")
@click.option("--without", multiple=True, metavar="ROUND", help="With --leave: a round that is not on it.")
@click.option("--sheets", is_flag=True, help="Also write each leader's sheets and labels of the day.")
@json_option
@click.pass_obj
def deliveries(
    app: Flask,
    day: date,
    plan: bool,
    propose: bool,
    take: bool,
    out: Path | None,
    with_pdf: bool,
    reroute: tuple[str, str] | None,
    reason: str,
    confirm: bool,
    undo: int | None,
    leave: str | None,
    without: tuple[str, ...],
    sheets: bool,
    as_json: bool,
) -> None:
    """Show the routes of a pickup DAY; plan and re-route them, let them leave, write their papers."""
    if without and leave is None:
        raise click.UsageError("--without says which rounds are not on the route of --leave.")
    with app.app_context():
        if reroute is not None:
            in_transaction(lambda: _reroute(day, *reroute, reason, confirm))
        if undo is not None:
            in_transaction(lambda: rerouting.undo(reroute_id=undo, now=utc_now(), actor=Actor(ACTOR)))
        if plan:
            in_transaction(lambda: service.plan_day(day=day, now=utc_now(), actor=ACTOR))
        if propose:
            _propose(day)
        if take:
            in_transaction(lambda: planning.take_over(day=day, now=utc_now(), actor=ACTOR))
        if leave is not None:
            in_transaction(lambda: _leave(day, leave, without))
        found = day_json(day)
        if out is not None:
            found["files"] = _write(app, day, out, with_pdf) + (
                _write_sheets(day, out, with_pdf) if sheets else []
            )
    if as_json:
        click.echo(json_text(found))
        return
    for line in _lines(found):
        click.echo(line)


def _reroute(day: date, old: str, new: str, reason: str, confirm: bool) -> Reroute:
    who = Actor(ACTOR)
    leaders = {"old": get_leader(old), "new": get_leader(new)}
    return rerouting.reroute(day=day, **leaders, reason=reason, now=utc_now(), actor=who, confirmed=confirm)


def _leave(day: date, name: str, without: tuple[str, ...]) -> None:
    route_id = next((route.id for route in queries.routes_of(day) if route.name == name), None)
    if route_id is None:
        raise NotFound("unknown_route", f"There is no route {name} on this day.")
    dispatching.leave(route_id=route_id, later=without, now=utc_now(), actor=Actor(ACTOR))


def _propose(day: date) -> None:
    """Ask for tours and work them out here, so that nobody waits for a worker."""
    proposal_id = in_transaction(lambda: planning.propose(day=day, now=utc_now(), actor=ACTOR).id)
    task = planning.task_to_solve(proposal_id)
    db.session.rollback()
    if task is not None:
        tours = planning.solve(task)
        in_transaction(lambda: planning.keep(proposal_id=proposal_id, tours=tours))


def _write_sheets(day: date, out: Path, with_pdf: bool) -> list[str]:
    names, suffixes = [], ("xlsx", "pdf")[: 1 + with_pdf]
    wanted = [(kind, suffix) for kind in ("day_pickup_sheet", "day_sorting_list") for suffix in suffixes]
    for leader in queries.leaders_of_day(day):
        for kind, suffix in (*wanted, (DAY_LABELS, "pdf")):
            file = render(kind, day.isoformat(), leader.code, suffix, utc_now())
            write_whole(out / file.name, file.content)
            names.append(file.name)
    return names


def _write(app: Flask, day: date, out: Path, with_pdf: bool) -> list[str]:
    out.mkdir(parents=True, exist_ok=True)
    names = []
    for route in queries.routes_of(day):
        for kind, title in papers.TITLES.items():
            found = papers.sheets_of(route, kind, zone=settings_of(app).timezone, printed_at=utc_now())
            if found:
                names += _files(out, file_name(title, day.isoformat(), route.name), found, with_pdf)
    return names


def _files(out: Path, name: str, sheets: Sequence[Sheet], with_pdf: bool) -> list[str]:
    names = []
    for suffix, write in (("xlsx", xlsx.write_xlsx), ("pdf", pdf.write_pdf))[: 1 + with_pdf]:
        names.append(f"{name}.{suffix}")
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
    if found["proposal"]:
        lines.extend(_proposal_lines(found["proposal"]))
    return lines or ["Nothing is delivered on this day."]


def _proposal_lines(proposal: dict[str, Any]) -> list[str]:
    if proposal["state"] != "ready":
        return [f"Proposal: {proposal['state']} {proposal['why'] or ''}".rstrip()]
    head = f"Proposal: {_km(proposal['metres'])} instead of {_km(proposal['before_m'])}"
    tours = [
        f"  {tour['route']}: {' '.join(tour['leaders'])}, {tour['units']} units, {_km(tour['metres'])}"
        for tour in proposal["tours"]
    ]
    staying = ", ".join(proposal["staying"])
    return [head, *tours, *([f"  No place on the map: {staying}"] if staying else [])]


def _km(metres: int) -> str:
    return f"{metres / 1000:.1f} km"
