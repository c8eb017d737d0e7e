"""Events for other programs: who wants them, what is queued for whom, what became of it."""

import hmac
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select, update

from groupbuy.audit import service as audit
from groupbuy.db import db
from groupbuy.db.bulk import next_ids, table_of
from groupbuy.db.upserts import insert_into
from groupbuy.jobs import service as jobs
from groupbuy.jobs.models import Job
from groupbuy.jobs.service import Patience
from groupbuy.kernel import ids
from groupbuy.kernel.errors import BadInput, NotFound, RuleBroken
from groupbuy.kernel.times import iso
from groupbuy.messaging.models import WebhookDelivery, WebhookEndpoint

WEBHOOK_JOB = "webhook"
QUIET = timedelta(seconds=30)
MAX_ENDPOINTS = 20
# 15 s, 30 s, 1 min and so on, twelve tries within 8.5 hours; then an operator may replay it.
PATIENCE = Patience(first=timedelta(seconds=15), longest=timedelta(hours=6), attempts=12)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: its entry in the audit log, its kind, when, and to what."""

    entry_id: int
    kind: str
    at: datetime
    subject: str

    def as_body(self) -> str:
        """Return the JSON that is sent; who gets it asks the API for the rest."""
        plain = {"id": f"evt_{self.entry_id}", "type": self.kind, "at": iso(self.at), "subject": self.subject}
        return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A delivery as it leaves."""

    endpoint_id: int
    url: str
    secret: str
    quiet_until: datetime | None
    event: str
    body: str


def outgoing(delivery_id: int) -> Outgoing | None:
    """Return what to send where; None when the address has been removed."""
    row = db.session.execute(
        select(
            WebhookEndpoint.id,
            WebhookEndpoint.url,
            WebhookEndpoint.secret,
            WebhookEndpoint.quiet_until,
            WebhookDelivery.event,
            WebhookDelivery.body,
        )
        .join(WebhookDelivery, WebhookDelivery.endpoint_id == WebhookEndpoint.id)
        .where(WebhookDelivery.id == delivery_id, WebhookEndpoint.active)
    ).one_or_none()
    return None if row is None else Outgoing(*row)


def add_endpoint(*, url: str, events: Sequence[str], now: datetime, actor: str) -> WebhookEndpoint:
    """Register an address for some events; raise BadInput for one that cannot be called."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.fragment:
        raise BadInput("bad_format", "Give an address such as https://shop.example/hook.", param="url")
    if len(endpoints()) >= MAX_ENDPOINTS:
        raise RuleBroken("limit_reached", f"At most {MAX_ENDPOINTS} addresses are told of events.")
    endpoint = WebhookEndpoint(url=url, secret=ids.token(), events=sorted(set(events)), created_at=now)
    db.session.add(endpoint)
    db.session.flush()
    _log("webhook_added", endpoint, now, actor)
    return endpoint


def remove_endpoint(*, endpoint_id: int, now: datetime, actor: str) -> None:
    """Tell an address no more; its log stays. Raise NotFound."""
    endpoint = get_endpoint(endpoint_id)
    endpoint.active = False
    db.session.flush()
    _log("webhook_removed", endpoint, now, actor)


def endpoints() -> Sequence[WebhookEndpoint]:
    """Return the addresses that are told of events."""
    wanted = select(WebhookEndpoint).where(WebhookEndpoint.active).order_by(WebhookEndpoint.id)
    return db.session.scalars(wanted).all()


def get_endpoint(endpoint_id: int) -> WebhookEndpoint:
    """Return an address that is told of events; raise NotFound."""
    endpoint = db.session.get(WebhookEndpoint, endpoint_id)
    if endpoint is None or not endpoint.active:
        raise NotFound("unknown_webhook", "There is no such webhook.")
    return endpoint


def queue(events: Iterable[tuple[int, Event]], *, now: datetime) -> int:
    """Queue events for addresses by their ids, each once; return how many deliveries that makes."""
    wanted = list(events)
    numbers = list(next_ids(table_of(WebhookDelivery), len(wanted)))
    rows = [
        {
            "id": number,
            "endpoint_id": endpoint_id,
            "entry_id": event.entry_id,
            "event": event.kind,
            "body": event.as_body(),
            "state": "queued",
            "replays": 0,
            "created_at": now,
        }
        for number, (endpoint_id, event) in zip(numbers, wanted, strict=True)
    ]
    if not rows:
        return 0
    # Another scheduler may have queued some of them in the meantime.
    db.session.execute(insert_into(WebhookDelivery).on_conflict_do_nothing(), rows)
    ours = db.session.scalars(select(WebhookDelivery.id).where(WebhookDelivery.id.in_(numbers))).all()
    jobs.enqueue_many([(WEBHOOK_JOB, str(number), {"delivery": number}) for number in ours], now=now)
    return len(ours)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a delivery is: queued, accepted or given_up, how often it was tried, what went wrong last."""

    state: str
    attempts: int
    last_error: str | None


def progress_of(deliveries: Sequence[WebhookDelivery]) -> dict[int, Progress]:
    """Return how far deliveries are, by their ids; trying is the work of their newest jobs."""
    keys = {_job_key(delivery): delivery for delivery in deliveries}
    found = db.session.scalars(select(Job).where(Job.kind == WEBHOOK_JOB, Job.key.in_(keys)))
    return {keys[job.key].id: _progress(keys[job.key], job) for job in found}


def _progress(delivery: WebhookDelivery, job: Job) -> Progress:
    given_up = delivery.state == "queued" and job.state == "failed"
    return Progress("given_up" if given_up else delivery.state, job.attempts, job.last_error)


def _job_key(delivery: WebhookDelivery) -> str:
    return f"{delivery.id}/{delivery.replays}" if delivery.replays else str(delivery.id)


def deliveries_page(endpoint_id: int, *, after: int | None, most: int) -> Sequence[WebhookDelivery]:
    """Return the log of an address, the newest first, below an id."""
    statement = select(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint_id)
    if after is not None:
        statement = statement.where(WebhookDelivery.id < after)
    return db.session.scalars(statement.order_by(WebhookDelivery.id.desc()).limit(most)).all()


def replay(*, endpoint_id: int, delivery_id: int, now: datetime, actor: str) -> WebhookDelivery:
    """Send an event once more; raise NotFound."""
    delivery = db.session.get(WebhookDelivery, delivery_id, with_for_update=True)
    if delivery is None or delivery.endpoint_id != endpoint_id:
        raise NotFound("unknown_delivery", "There is no such delivery.")
    endpoint = get_endpoint(endpoint_id)
    endpoint.quiet_until = None
    delivery.state, delivery.replays = "queued", delivery.replays + 1
    db.session.flush()
    jobs.enqueue(kind=WEBHOOK_JOB, key=_job_key(delivery), payload={"delivery": delivery.id}, now=now)
    audit.record(
        at=now,
        actor=actor,
        verb="webhook_replayed",
        subject_kind="webhook",
        subject=str(endpoint.id),
        after={"delivery": delivery.id, "event": delivery.event},
    )
    return delivery


def leave_in_peace(endpoint_id: int, *, until: datetime) -> None:
    """Ask nothing more of an address for a while."""
    row = update(WebhookEndpoint).where(WebhookEndpoint.id == endpoint_id)
    db.session.execute(row.values(quiet_until=until).execution_options(synchronize_session=False))


def note_accepted(delivery_id: int, *, status: int, now: datetime) -> None:
    """Note that an address has taken an event."""
    row = update(WebhookDelivery).where(WebhookDelivery.id == delivery_id)
    values = {"state": "accepted", "status": status, "accepted_at": now}
    db.session.execute(row.values(values).execution_options(synchronize_session=False))


def signature(secret: str, body: str, at: datetime) -> str:
    """Return ``t=SECONDS,v1=HEX``: HMAC-SHA256 with the secret over ``SECONDS.BODY``."""
    seconds = int(at.timestamp())
    digest = hmac.new(secret.encode(), f"{seconds}.{body}".encode(), sha256).hexdigest()
    return f"t={seconds},v1={digest}"


def _log(verb: str, endpoint: WebhookEndpoint, now: datetime, actor: str) -> None:
    shown: dict[str, Any] = {"url": endpoint.url, "events": endpoint.events}
    audit.record(
        at=now, actor=actor, verb=verb, subject_kind="webhook", subject=str(endpoint.id), after=shown
    )
