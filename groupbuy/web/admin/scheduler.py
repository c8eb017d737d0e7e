"""The scheduler: what ran, how late, and jobs that wait, with a retry."""

from datetime import timedelta
from typing import Any

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from groupbuy.analytics import dashboard as figures
from groupbuy.audit import service as audit
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.jobs import heartbeats
from groupbuy.jobs import service as jobs
from groupbuy.jobs.models import Job, RunEntry
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import NotFound
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.dashboard import SILENT
from groupbuy.web.admin.listing import (
    Column,
    Filter,
    Listing,
    asked,
    by_state,
    in_state,
    searched,
    show,
)
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l

KINDS = {
    "open": _l("Open a round"),
    "open_round": _l("Open a round"),
    "seal": _l("Cut off a round"),
    "seal_round": _l("Cut off a round"),
    "close": _l("Close a round"),
    "close_round": _l("Close a round"),
    "cap": _l("End a round that is full"),
    "plan": _l("Plan rounds"),
    "plan_rounds": _l("Plan rounds"),
    "expire": _l("Cancel unpaid orders"),
    "expire_orders": _l("Cancel unpaid orders"),
    "announce": _l("Tell programs what happened"),
    "webhook": _l("Tell a program what happened"),
    "mail": _l("Send a mail"),
    "account_note": _l("Tell somebody of a change of the account"),
    "notice_sms": _l("Send a text message"),
    "notice_wechat": _l("Send a WeChat message"),
    "remind": _l("Remind who has not come"),
    "remind_round": _l("Remind who has not come"),
    "warn": _l("Warn who has not fetched perishables"),
    "warn_round": _l("Warn who has not fetched perishables"),
    "ask_disposal": _l("Ask a leader about perishables nobody fetched"),
    "promise": _l("Goods promised after the sale"),
    "lot_claim": _l("Time to answer about a batch is over"),
    "confirm": _l("Confirm what nobody scanned"),
    "confirm_round": _l("Confirm what nobody scanned"),
    "tell_opened": _l("Tell people that a round opened"),
    "tell_closing": _l("Remind people of a cut-off"),
    "settle": _l("Keep the books"),
    "file": _l("Make a report file"),
    "routes": _l("Work out tours"),
    "give_back": _l("Give back what was paid too late"),
    "ask_channel": _l("Ask the channel about a payment"),
    "ask_refund": _l("Ask the channel about a refund"),
    "ask_transfer": _l("Ask the channel about a transfer"),
    "wechat_transfer": _l("Send a withdrawal through WeChat"),
    "wechat_transfer_back": _l("Call a transfer back"),
    "bill": _l("Fetch the channel's daily bill"),
    "channel_bill": _l("Fetch the channel's daily bill"),
    "channel_look": _l("Ask the channel about a payment"),
    "channel_open": _l("Open a payment at the channel"),
    "channel_refund": _l("Refund through the channel"),
    "return": _l("Pay back what is owed on prepaid orders"),
    "levels": _l("Review the levels of leaders"),
    "archive": _l("Archive an old round"),
    "seal_books": _l("Seal the books"),
    "seal_audit": _l("Seal the audit log"),
}


def kind_name(kind: str) -> str:
    """Return what a kind of work is called."""
    return str(KINDS.get(kind, kind))


def late(run: RunEntry) -> int:
    """Return how many seconds late something ran."""
    return max(0, int((run.ran_at - run.due_at).total_seconds()))


RUN_COLUMNS = (
    Column(_l("Ran"), lambda row: row.ran_at, "moment", width=17),
    Column(_l("What was done"), lambda row: kind_name(row.kind), "name"),
    Column(_l("Subject"), lambda row: row.subject, width=26),
    Column(_l("Was due"), lambda row: row.due_at, "moment", width=17),
    Column(_l("Late (s)"), late, "number"),
    Column(_l("Result"), lambda row: "failed" if row.result == "failed" else "done", "state:run"),
    Column(_l("Detail"), lambda row: (row.detail or "")[:120], width=40),
)
JOB_COLUMNS = (
    Column(_l("Queued"), lambda row: row.created_at, "moment", width=17),
    Column(_l("What was done"), lambda row: kind_name(row.kind), "name"),
    Column(_l("Subject"), lambda row: row.key, width=26),
    Column(_l("State"), lambda row: row.state, "state:job"),
    Column(_l("Attempts"), lambda row: row.attempts, "number"),
    Column(_l("Next try"), lambda row: row.run_at if row.state == "queued" else None, "moment", width=17),
    Column(_l("Last error"), lambda row: (row.last_error or "")[:120], width=40),
)


def _tabs(current: str) -> list[tuple[str, str, bool]]:
    pages = ((_("Jobs"), "admin.scheduler"), (_("Run log"), "admin.scheduler_runs"))
    return [(url_for(endpoint), text, endpoint == current) for text, endpoint in pages]


@blueprint.get("/scheduler")
def scheduler() -> ResponseReturnValue:
    """List jobs, those that wait for a person first."""
    if asked("failed"):
        return redirect(url_for("admin.scheduler_runs", failed=1))
    statement: Any = select(Job).order_by(Job.state.in_(("failed", "unknown")).desc(), Job.id.desc())
    statement = statement.where(*in_state(Job.state), *searched(Job.kind, Job.key))
    listing = Listing(
        "jobs",
        _("Scheduler"),
        statement,
        JOB_COLUMNS,
        filters=(
            Filter("q", _("What or which")),
            by_state("job"),
        ),
        scalars=True,
    )
    return show(listing, "admin/scheduler.html", tabs=_tabs("admin.scheduler"), jobs=True, **_health())


@blueprint.get("/scheduler/runs")
def scheduler_runs() -> ResponseReturnValue:
    """List what ran, the newest first."""
    statement: Any = select(RunEntry).order_by(RunEntry.id.desc())
    if asked("failed"):
        statement = statement.where(RunEntry.result == "failed")
    statement = statement.where(*searched(RunEntry.kind, RunEntry.subject))
    listing = Listing(
        "runs",
        _("Run log"),
        statement,
        RUN_COLUMNS,
        filters=(
            Filter("q", _("What or which")),
            Filter("failed", _("Result"), [("1", _("Failed only"))], _("All results")),
        ),
        scalars=True,
    )
    return show(listing, "admin/scheduler.html", tabs=_tabs("admin.scheduler_runs"), jobs=False, **_health())


def _health() -> dict[str, Any]:
    now = utc_now()
    beat = heartbeats.last_beat()
    counted = db.session.execute(select(Job.state, func.count()).group_by(Job.state))
    states: dict[str, int] = {row[0]: row[1] for row in counted}
    return {
        "beat": beat,
        "silent": beat is None or now - beat > SILENT,
        "age": None if beat is None else max(timedelta(0), now - beat).seconds,
        "lateness": figures.lateness(now=now),
        "failed": states.get("failed", 0) + states.get("unknown", 0),
        "queued": states.get("queued", 0),
    }


@blueprint.post("/scheduler/jobs/<int:job_id>/retry")
def scheduler_retry(job_id: int) -> ResponseReturnValue:
    """Queue a failed job again."""
    again = in_transaction(lambda: _retry(job_id))
    flash(
        _("The job is queued again.") if again else _("This job has not failed."), "ok" if again else "wait"
    )
    return redirect(url_for("admin.scheduler"), 303)


def _retry(job_id: int) -> bool:
    now, job = utc_now(), db.session.get(Job, job_id)
    if job is None:
        raise NotFound("unknown_job", "There is no such job.")
    again = jobs.retry_now(job_id=job_id, now=now)
    if again:
        subject = f"{job.kind}:{job.key}"
        audit.record(at=now, actor=actor().name, verb="job_retried", subject_kind="job", subject=subject)
    return again
