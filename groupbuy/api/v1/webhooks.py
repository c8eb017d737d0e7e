"""Webhooks: who is told of events, the log, and sending once more."""

from typing import Annotated, Any, Literal

from pydantic import Field

from groupbuy.api.v1 import cursors
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.shapes import Json, Page, Shape
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.times import iso
from groupbuy.messaging import webhooks
from groupbuy.messaging.models import WebhookDelivery, WebhookEndpoint
from groupbuy.messaging.webhooks import Progress

EventName = Literal[
    "round.opened",
    "round.closed",
    "round.cancelled",
    "order.placed",
    "order.changed",
    "order.cancelled",
    "order.picked_up",
    "purchase_order.sent",
]


class NewWebhook(Body):
    """An address and the events it wants to hear of."""

    url: Annotated[Text, Field(min_length=1, max_length=500)]
    events: Annotated[list[EventName], Field(min_length=1, max_length=20)]


class Webhook(Shape):
    """An address that is told of events."""

    id: int
    url: str
    events: list[str]
    created_at: str


class WebhookWithSecret(Webhook):
    """A fresh webhook; ``secret`` checks the signatures and is shown this once."""

    secret: str


class Webhooks(Shape):
    """All webhooks."""

    items: list[Webhook]


class Delivery(Shape):
    """One event for one address; ``status`` is what it answered when it took it.

    ``state`` is queued, accepted or given_up; ``attempts`` counts the tries since it was queued or replayed.
    """

    id: int
    event: str
    body: str
    state: str
    status: int | None
    attempts: int
    last_error: str | None
    created_at: str
    accepted_at: str | None


class EventDeliveries(Shape):
    """A page of the log, the newest first."""

    items: list[Delivery]
    next_cursor: str | None


@endpoint("POST", "/webhooks", scope="webhooks:write", body=NewWebhook, answers={201: WebhookWithSecret})
def add_webhook(identity: Identity, body: NewWebhook) -> tuple[int, Any]:
    """Have an address told of events."""
    made = webhooks.add_endpoint(url=body.url, events=body.events, now=utc_now(), actor=identity.actor.name)
    return 201, _webhook(made) | {"secret": made.secret}


@endpoint("GET", "/webhooks", scope="webhooks:write", answers={200: Webhooks})
def list_webhooks(identity: Identity) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """List the addresses that are told of events."""
    return 200, {"items": [_webhook(row) for row in webhooks.endpoints()]}


@endpoint("DELETE", "/webhooks/<int(max=2147483647):webhook_id>", scope="webhooks:write", answers={204: None})
def remove_webhook(identity: Identity, webhook_id: int) -> tuple[int, Any]:
    """Tell an address no more."""
    webhooks.remove_endpoint(endpoint_id=webhook_id, now=utc_now(), actor=identity.actor.name)
    return 204, None


@endpoint(
    "GET",
    "/webhooks/<int(max=2147483647):webhook_id>/deliveries",
    scope="webhooks:write",
    query=Page,
    answers={200: EventDeliveries},
)
def list_deliveries(identity: Identity, webhook_id: int, query: Page) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """Show what an address was sent."""
    webhooks.get_endpoint(webhook_id)
    after = cursors.id_after(query.cursor)
    rows = webhooks.deliveries_page(webhook_id, after=after, most=query.limit + 1)
    rows, cursor = cursors.page(rows, limit=query.limit, key=lambda row: (row.id,))
    far = webhooks.progress_of(rows)
    return 200, {"items": [_delivery(row, far[row.id]) for row in rows], "next_cursor": cursor}


@endpoint(
    "POST",
    "/webhooks/<int(max=2147483647):webhook_id>/deliveries/<int(max=2147483647):delivery_id>/replay",
    scope="webhooks:write",
    answers={200: Delivery},
)
def replay_delivery(identity: Identity, webhook_id: int, delivery_id: int) -> tuple[int, Any]:
    """Send an event once more."""
    delivery = webhooks.replay(
        endpoint_id=webhook_id, delivery_id=delivery_id, now=utc_now(), actor=identity.actor.name
    )
    return 200, _delivery(delivery, webhooks.progress_of([delivery])[delivery.id])


def _webhook(row: WebhookEndpoint) -> Json:
    return {"id": row.id, "url": row.url, "events": row.events, "created_at": iso(row.created_at)}


def _delivery(row: WebhookDelivery, far: Progress) -> Json:
    return {
        "id": row.id,
        "event": row.event,
        "body": row.body,
        "state": far.state,
        "status": row.status,
        "attempts": far.attempts,
        "last_error": far.last_error,
        "created_at": iso(row.created_at),
        "accepted_at": iso(row.accepted_at) if row.accepted_at else None,
    }
