"""Commands about what the scheduler does: its run log and its jobs."""

from datetime import datetime
from typing import Any

import click
from flask import Flask

from groupbuy.app import settings_of
from groupbuy.cli.answers import json_option, json_text
from groupbuy.db.transaction import transaction
from groupbuy.jobs import queries, runs, service
from groupbuy.jobs.models import Job, RunEntry
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import NotFound, RuleBroken
from groupbuy.kernel.times import iso

most_option = click.option(
    "--most", default=100, show_default=True, type=click.IntRange(1, 100_000), help="How many at most."
)


@click.command("runs")
@click.option("--failed", is_flag=True, help="Only what failed.")
@most_option
@json_option
@click.pass_obj
def list_runs(app: Flask, failed: bool, most: int, as_json: bool) -> None:
    """Show what ran, when, how late, and how it ended; the newest first."""
    with app.app_context():
        entries = runs.recent(most=most, failed=failed)
    if as_json:
        click.echo(json_text([_run(entry) for entry in entries]))
        return
    for entry in entries:
        click.echo(_line(app, entry))
    if not entries:
        click.echo("Nothing has run yet.")


def _run(entry: RunEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "kind": entry.kind,
        "subject": entry.subject,
        "due_at": iso(entry.due_at),
        "ran_at": iso(entry.ran_at),
        "late_seconds": round((entry.ran_at - entry.due_at).total_seconds(), 3),
        "finished_at": iso(entry.finished_at) if entry.finished_at else None,
        "result": entry.result,
        "detail": entry.detail,
    }


def _line(app: Flask, entry: RunEntry) -> str:
    late = (entry.ran_at - entry.due_at).total_seconds()
    detail = f"  {entry.detail}" if entry.detail else ""
    moment = _local(app, entry.ran_at)
    return f"{moment}  {late:+9.1f} s  {entry.kind:12} {entry.subject:24} {entry.result}{detail}"


def _local(app: Flask, moment: datetime) -> str:
    return moment.astimezone(settings_of(app).timezone).strftime("%m-%d %H:%M:%S")


@click.group("jobs")
def jobs() -> None:
    """Look at the work that waits to leave, and retry what failed."""


@jobs.command("list")
@click.option("--state", type=click.Choice(queries.STATES), help="Only those in this state.")
@most_option
@json_option
@click.pass_obj
def list_jobs(app: Flask, state: str | None, most: int, as_json: bool) -> None:
    """List jobs that are not done, or those in one state; the oldest first."""
    with app.app_context():
        found = queries.list_jobs(states=(state,) if state else queries.NOT_DONE, most=most)
        if as_json:
            click.echo(json_text([_job(job) for job in found]))
            return
        for job in found:
            error = f"  {job.last_error}" if job.last_error else ""
            due = _local(app, job.run_at)
            click.echo(f"{job.id:>8}  {job.state:8} {due}  ×{job.attempts:<3}{job.kind:12} {job.key}{error}")
    if not found:
        click.echo("No job waits.")


def _job(job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "kind": job.kind,
        "key": job.key,
        "state": job.state,
        "run_at": iso(job.run_at),
        "attempts": job.attempts,
        "last_error": job.last_error,
        "created_at": iso(job.created_at),
        "done_at": iso(job.done_at) if job.done_at else None,
    }


@jobs.command("retry")
@click.argument("job_id", metavar="JOB", type=int, required=False)
@click.option("--all-failed", is_flag=True, help="Retry every job that has failed.")
@click.pass_obj
def retry(app: Flask, job_id: int | None, all_failed: bool) -> None:
    """Queue a failed job again at once, by its number or all of them."""
    if (job_id is None) is not all_failed:
        raise click.UsageError("Give the number of a job, or --all-failed.")
    with app.app_context(), transaction():
        now = utc_now()
        ids = queries.failed_ids() if job_id is None else [job_id]
        again = [one for one in ids if service.retry_now(job_id=one, now=now)]
        if job_id is not None and not again:
            _explain(job_id)
    click.echo(f"{len(again)} queued again.")


def _explain(job_id: int) -> None:
    job = queries.find_job(job_id)
    if job is None:
        raise NotFound("unknown_job", f"There is no job {job_id}.")
    raise RuleBroken("not_failed", f"Job {job_id} is {job.state}; only a failed one can be retried.")
