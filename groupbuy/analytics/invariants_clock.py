"""What a living scheduler owes by now: it closes, sends and seals in time."""

from datetime import datetime, timedelta

from sqlalchemy import or_, select

from groupbuy.analytics.invariants_base import Check, Never
from groupbuy.audit.models import AuditEntry
from groupbuy.campaigns.models import Round
from groupbuy.campaigns.rules import RoundState
from groupbuy.db.bulk import table_of
from groupbuy.jobs.models import Job

LATE = timedelta(seconds=60)


def checks(now: datetime) -> list[Check]:
    """Return the checks for a moment."""
    limit = now - LATE
    return [
        Never(
            "closing_in_time",
            "I7: no round stays in closing over 60 s",
            ("round",),
            table_of(Round),
            select(Round.name).where(Round.state == RoundState.CLOSING, Round.closing_at < limit),
        ),
        Never(
            "sealed_in_time",
            "I7: no round sells 60 s past its cut-off",
            ("round",),
            table_of(Round),
            select(Round.name).where(
                Round.state.in_((RoundState.SCHEDULED, RoundState.OPEN)), Round.closes_at < limit
            ),
        ),
        Never(
            "outbox",
            "I7: no job waits 60 s past its time",
            ("kind", "key"),
            table_of(Job),
            select(Job.kind, Job.key).where(
                Job.state == "queued",
                Job.run_at < limit,
                or_(Job.lease_until.is_(None), Job.lease_until < limit),
            ),
        ),
        Never(
            "log_sealed",
            "I10: nothing stays unsealed over 60 s",
            ("entry",),
            table_of(AuditEntry),
            select(AuditEntry.id).where(AuditEntry.seal_id.is_(None), AuditEntry.at < limit),
        ),
    ]
