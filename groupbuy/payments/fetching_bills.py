"""Days whose bill of a channel was never fetched, and the fetching that a person asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from groupbuy.jobs import queries as jobs_read
from groupbuy.jobs import service as jobs
from groupbuy.jobs.models import Job
from groupbuy.kernel.errors import NotFound
from groupbuy.payments import reconciling
from groupbuy.payments.asking import gateway_of
from groupbuy.payments.gateways import Gateways

# Nobody has asked for it, it is about to be fetched, it is tried again after a fault, it was given up.
UNASKED, QUEUED, AGAIN, FAILED = "unasked", "queued", "again", "failed"


@dataclass(frozen=True, slots=True)
class MissingBill:
    """A day whose bill is not here: how far its fetching is, and what went wrong the last time."""

    channel: str
    day: date
    state: str
    error: str | None = None
    next_at: datetime | None = None


def missing_bills(*, first: date, last: date, now: datetime) -> list[MissingBill]:
    """Return the days from one to another whose bill was never fetched though it should be there."""
    days = reconciling.unfetched_days(first=first, last=last, now=now)
    queued: Mapping[str, Job] = jobs_read.jobs_of([f"{channel}:{day}" for channel, day in days])
    return [_missing(channel, day, queued.get(f"{channel}:{day}")) for channel, day in days]


def _missing(channel: str, day: date, job: Job | None) -> MissingBill:
    if job is None or job.state == "done":
        return MissingBill(channel, day, UNASKED)
    if job.state == "queued" and job.last_error is None:
        return MissingBill(channel, day, QUEUED)
    # A stored fault begins with the name of its kind, which is for programmers.
    error = (job.last_error or "").partition(": ")[2]
    if job.state == "queued":
        return MissingBill(channel, day, AGAIN, error, job.run_at)
    return MissingBill(channel, day, FAILED, error)


def ask_for_bill(*, channel: str, day: date, channels: Gateways, now: datetime, actor: str) -> None:
    """Let a day's bill be fetched and compared at once, whatever has become of an earlier try.

    Raise NotFound for a channel without bills, BadInput ``day_running``, ChannelRefused ``channel_off``.
    """
    if channel not in reconciling.BILLED:
        raise NotFound("unknown_channel", "There is no such channel.", param="channel")
    reconciling.check_day(day, now=now)
    gateway_of(channels, channel)
    payload = {"channel": channel, "day": day.isoformat(), "actor": actor}
    jobs.enqueue_again(kind=reconciling.BILL_JOB, key=f"{channel}:{day}", payload=payload, now=now)
