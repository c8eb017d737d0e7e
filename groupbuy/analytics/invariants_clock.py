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
SELLING = (RoundState.SCHEDULED, RoundState.OPEN)


def checks(now: datetime) -> list[Check]:
    """Return the checks for a moment."""
    limit = now - LATE
    closing = select(Round.name).where(Round.state == RoundState.CLOSING, Round.closing_at < limit)
    selling = select(Round.name).where(Round.state.in_(SELLING), Round.closes_at < limit)
    free = or_(Job.lease_until.is_(None), Job.lease_until < limit)
    waiting = select(Job.kind, Job.key).where(Job.state == "queued", Job.run_at < limit, free)
    unsealed = select(AuditEntry.id).where(AuditEntry.seal_id.is_(None), AuditEntry.at < limit)
    rounds, jobs, log = table_of(Round), table_of(Job), table_of(AuditEntry)
    return [
        Never("closing_in_time", "I7: no round stays in closing over 60 s", ("round",), rounds, closing),
        Never("sealed_in_time", "I7: no round sells 60 s past its cut-off", ("round",), rounds, selling),
        Never("outbox", "I7: no job waits 60 s past its time", ("kind", "key"), jobs, waiting),
        Never("log_sealed", "I10: nothing stays unsealed over 60 s", ("entry",), log, unsealed),
    ]
