"""``groupbuy rest-days``: the days on which a leader hands nothing out."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import click
from flask import Flask

from groupbuy.app import settings_of
from groupbuy.audit.actor import Actor
from groupbuy.cli.answers import json_option, json_text
from groupbuy.cli.importing import ACTOR
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import resting
from groupbuy.flows.resting import Effect
from groupbuy.kernel.clock import utc_now
from groupbuy.leaders import resting as days
from groupbuy.leaders.queries import get_leader

DAY = click.DateTime(["%Y-%m-%d"])
REASONS = {
    "opened": "stays: residents order already",
    "ordered": "stays: its residents have orders",
    "imported": "stays: the round came from a file",
    None: "left out",
}

first_argument = click.argument("first", type=DAY)
last_argument = click.argument("last", type=DAY, required=False)


@click.group("rest-days")
def rest_days() -> None:
    """Look at the rest days of leaders, add and end them."""


@rest_days.command("list")
@click.argument("leader")
@json_option
@click.pass_obj
def list_days(app: Flask, leader: str, as_json: bool) -> None:
    """List the rest days of LEADER from today on."""
    with app.app_context():
        rests = _rests(leader, _today(utc_now(), settings_of(app).timezone))
    if as_json:
        click.echo(json_text(rests))
    else:
        click.echo("\n".join(rests["days"]) or "No rest days are planned.")


@rest_days.command("add")
@click.argument("leader")
@first_argument
@last_argument
@click.option("--dry-run", is_flag=True, help="Say which rounds it touches and store nothing.")
@json_option
@click.pass_obj
def add(
    app: Flask, leader: str, first: datetime, last: datetime | None, dry_run: bool, as_json: bool
) -> None:
    """Let LEADER rest on the day FIRST, or from FIRST to LAST; no order is touched."""
    now = utc_now()
    today = _today(now, settings_of(app).timezone)

    def work() -> list[dict[str, str | None]]:
        who, start, end = get_leader(leader), first.date(), last.date() if last else None
        if dry_run:
            found = resting.preview_rest(leader=who, first=start, last=end, today=today, now=now)
        else:
            found = resting.add_rest(
                leader=who, first=start, last=end, today=today, now=now, actor=Actor(ACTOR)
            )
        return [_effect(one) for one in found]

    with app.app_context():
        effects = in_transaction(work)
    if as_json:
        click.echo(json_text({"rounds": effects}))
        return
    for one in effects:
        click.echo(f"{one['round']}  handed out {one['pickup_date']}  {REASONS[one['stays']]}")
    click.echo(f"{leader} {'would rest' if dry_run else 'rests'}; {len(effects)} planned rounds are touched.")


@rest_days.command("end")
@click.argument("leader")
@first_argument
@last_argument
@json_option
@click.pass_obj
def end(app: Flask, leader: str, first: datetime, last: datetime | None, as_json: bool) -> None:
    """End the rest of LEADER on the day FIRST, or from FIRST to LAST."""
    now = utc_now()
    today = _today(now, settings_of(app).timezone)

    def work() -> list[str]:
        rounds = resting.end_rest(
            leader=get_leader(leader),
            first=first.date(),
            last=last.date() if last else None,
            today=today,
            now=now,
            actor=Actor(ACTOR),
        )
        return [round_.name for round_ in rounds]

    with app.app_context():
        back = in_transaction(work)
        rests = _rests(leader, today)
    if as_json:
        click.echo(json_text(rests | {"back_in": back}))
    else:
        click.echo(f"{leader} takes part again in {', '.join(back) or 'no round that is planned'}.")


def _today(now: datetime, zone: ZoneInfo) -> date:
    return now.astimezone(zone).date()


def _rests(code: str, today: date) -> dict[str, list[str]]:
    return {"days": [str(day) for day in days.rest_days(get_leader(code).id, since=today)]}


def _effect(effect: Effect) -> dict[str, str | None]:
    round_ = effect.round
    return {"round": round_.name, "pickup_date": str(round_.pickup_date), "stays": effect.stays}
