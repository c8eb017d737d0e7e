"""Webhooks: which addresses are told of events, what they were sent, and sending it once more."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, or_, select
from wtforms import StringField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length

from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.flows.announcing import KINDS
from groupbuy.kernel.clock import utc_now
from groupbuy.messaging import webhooks as stored
from groupbuy.messaging.models import WebhookDelivery, WebhookEndpoint
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.listing import Column, Filter, Listing, asked, contains, page_of, show
from groupbuy.web.kit.asking import ask_first
from groupbuy.web.kit.forms import Boxes, PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l

MOST = 2_147_483_647
EVENTS = {
    "round.opened": _l("A round opens"),
    "round.closed": _l("A round closes"),
    "round.cancelled": _l("A round is cancelled"),
    "order.placed": _l("An order is placed"),
    "order.changed": _l("An order is changed"),
    "order.cancelled": _l("An order is cancelled"),
    "order.picked_up": _l("An order is picked up"),
    "purchase_order.sent": _l("A purchase order is sent"),
}


class WebhookForm(PageForm):
    """An address and the events it wants to hear of."""

    url = StringField(
        _l("Address"),
        validators=[InputRequired(), Length(max=500)],
        description=_l("Such as https://shop.example/hook; it gets a POST with the event as JSON."),
    )
    events = Boxes(_l("Events"), validators=[InputRequired(_l("Choose at least one event."))])


@blueprint.get("/webhooks")
def webhooks() -> ResponseReturnValue:
    """List the addresses that are told of events."""
    mine = WebhookDelivery.endpoint_id == WebhookEndpoint.id
    waiting = select(func.count()).where(mine, WebhookDelivery.state == "queued")
    accepted = select(func.max(WebhookDelivery.accepted_at)).where(mine)
    statement = select(
        WebhookEndpoint,
        waiting.scalar_subquery().label("waiting"),
        accepted.scalar_subquery().label("accepted"),
    )
    listing = Listing(
        "webhooks",
        _("Webhooks"),
        statement.where(WebhookEndpoint.active).order_by(WebhookEndpoint.id),
        ENDPOINT_COLUMNS,
        actions=((_("Deliveries"), deliveries_page), (_("Remove"), _removal_page)),
    )
    return show(
        listing,
        new=(url_for("admin.webhooks_new"), _("New webhook")),
        empty_text=_("Another program can be told when rounds open and close and orders come in."),
    )


def event_name(kind: str) -> str:
    """Return what an event is called."""
    return str(EVENTS.get(kind, kind))


def deliveries_page(row: Any) -> str:
    """Return the address of a webhook's log."""
    return url_for("admin.webhooks_detail", webhook_id=row.WebhookEndpoint.id)


def _removal_page(row: Any) -> str:
    return url_for("admin.webhooks_remove", webhook_id=row.WebhookEndpoint.id)


ENDPOINT_COLUMNS = (
    Column(_l("Address"), lambda row: row.WebhookEndpoint.url, "name", deliveries_page, width=40),
    Column(
        _l("Events"), lambda row: "、".join(event_name(one) for one in row.WebhookEndpoint.events), width=40
    ),
    Column(_l("Since"), lambda row: row.WebhookEndpoint.created_at, "moment", width=17),
    Column(_l("Not accepted yet"), lambda row: row.waiting, "number"),
    Column(_l("Last accepted"), lambda row: row.accepted, "moment", width=17),
)


@blueprint.route("/webhooks/new", methods=["GET", "POST"])
def webhooks_new() -> ResponseReturnValue:
    """Have an address told of events; its secret is shown this once."""
    form = WebhookForm()
    form.events.choices = [SelectChoice(name, f"{event_name(name)} ({name})") for name in KINDS]
    made: list[WebhookEndpoint] = []

    def store() -> None:
        made[:] = [
            stored.add_endpoint(
                url=form.url.data.strip(), events=form.events.data, now=utc_now(), actor=actor().name
            )
        ]

    if form.validate_on_submit() and saving.stored(form, store):
        return render_template("admin/webhook_secret.html", webhook=made[0])
    page = render_template(
        "admin/form.html",
        form=form,
        title=_("New webhook"),
        back=(url_for("admin.webhooks"), _("Webhooks")),
        deed=_("Add"),
    )
    return page, 422 if form.errors else 200


@blueprint.get(f"/webhooks/<int(max={MOST}):webhook_id>")
def webhooks_detail(webhook_id: int) -> ResponseReturnValue:
    """Show what an address was sent, the newest first."""
    endpoint = stored.get_endpoint(webhook_id)
    statement: Any = select(WebhookDelivery).where(WebhookDelivery.endpoint_id == webhook_id)
    if (state := asked("state")) in ("queued", "accepted"):
        statement = statement.where(WebhookDelivery.state == state)
    if text := asked("q"):
        by_event = contains(WebhookDelivery.event, text)
        statement = statement.where(or_(by_event, contains(WebhookDelivery.body, text)))
    states = [("queued", _("Not accepted yet")), ("accepted", _("Accepted"))]
    filters = (Filter("q", _("Event or subject")), Filter("state", _("State"), states, _("All states")))
    statement = statement.order_by(WebhookDelivery.id.desc())
    listing = Listing("webhook-deliveries", endpoint.url, statement, (), scalars=True)
    far = stored.progress_of(page_of(listing).items)
    listing = Listing(
        "webhook-deliveries",
        _("What %(address)s was sent", address=endpoint.url),
        statement,
        _delivery_columns(far),
        filters=filters,
        scalars=True,
    )
    return show(listing, "admin/webhook.html", webhook=endpoint, far=far)


def _delivery_columns(far: dict[int, stored.Progress]) -> tuple[Column, ...]:
    """Return the columns of a log; an export knows of each delivery only what stands in its row."""

    def state(row: WebhookDelivery) -> str:
        return far[row.id].state if row.id in far else row.state

    return (
        Column(_("Event"), lambda row: event_name(row.event), "name", width=20),
        Column(_("What was sent"), lambda row: row.body, "code", width=60),
        Column(_("State"), state, "state:delivery"),
        Column(_("Answer"), lambda row: row.status and str(row.status), "code"),
        Column(_("Attempts"), lambda row: far[row.id].attempts if row.id in far else None, "number"),
        Column(
            _("Last error"), lambda row: (far[row.id].last_error or "") if row.id in far else "", width=30
        ),
        Column(_("Queued"), lambda row: row.created_at, "moment", width=17),
        Column(_("Accepted"), lambda row: row.accepted_at, "moment", width=17),
    )


@blueprint.post(f"/webhooks/<int(max={MOST}):webhook_id>/<int(max={MOST}):delivery_id>/replay")
def webhooks_replay(webhook_id: int, delivery_id: int) -> ResponseReturnValue:
    """Send an event once more."""
    in_transaction(
        lambda: stored.replay(
            endpoint_id=webhook_id, delivery_id=delivery_id, now=utc_now(), actor=actor().name
        )
    )
    flash(_("It is sent once more within seconds."), "ok")
    return redirect(url_for("admin.webhooks_detail", webhook_id=webhook_id), 303)


@blueprint.route(f"/webhooks/<int(max={MOST}):webhook_id>/remove", methods=["GET", "POST"])
def webhooks_remove(webhook_id: int) -> ResponseReturnValue:
    """Say what removing an address means, and do it."""
    endpoint, form = stored.get_endpoint(webhook_id), PageForm()
    if form.validate_on_submit():
        in_transaction(
            lambda: stored.remove_endpoint(endpoint_id=webhook_id, now=utc_now(), actor=actor().name)
        )
        flash(_("The webhook is removed."), "ok")
        return redirect(url_for("admin.webhooks"), 303)
    waiting = select(func.count()).where(
        WebhookDelivery.endpoint_id == webhook_id, WebhookDelivery.state == "queued"
    )
    return ask_first(
        "admin",
        _("Tell %(address)s no more?", address=endpoint.url),
        [
            _(
                "%(count)s events that it has not accepted yet are not sent.",
                count=db.session.scalar(waiting),
            ),
            _("Its log stays; a new webhook gets a new secret."),
        ],
        deed=_("Remove"),
        back=url_for("admin.webhooks"),
        form=form,
        danger=True,
    )
