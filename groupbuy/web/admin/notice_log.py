"""What was sent to whom by which channel, what became of it, and sending it once more."""

from typing import Any

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from groupbuy.db.transaction import in_transaction
from groupbuy.jobs.queries import jobs_of
from groupbuy.kernel.clock import utc_now
from groupbuy.messaging.models import Message
from groupbuy.notices import log, rules
from groupbuy.notices.log import Asked
from groupbuy.notices.names import names_of
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.listing import Column, Filter, Listing, asked, by_state, page_of, show
from groupbuy.web.admin.notice_reasons import reason_of
from groupbuy.web.admin.notices import tabs
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.messages import EVENTS, channel_name, event_name

MOST = 2_147_483_647


@blueprint.get("/notices/log")
def notices_log() -> ResponseReturnValue:
    """List notices, the newest first."""
    statement: Any = log.entries(
        Asked(
            event=asked("event") or None,
            channel=asked("channel") or None,
            phase=asked("state") if asked("state") in log.PHASES else None,
            recipient=asked("q") or None,
        )
    )
    shown = page_of(Listing("notices", "", statement, (), scalars=True)).items
    listing = Listing(
        "notices",
        _("Notices"),
        statement,
        _columns(shown),
        filters=_filters(),
        personal=True,
        scalars=True,
    )
    given_up = {message.id for message in shown if log.phase_of(message) == log.GIVEN_UP}
    return show(listing, "admin/notice_log.html", tabs=tabs("admin.notices_log"), given_up=given_up)


def _filters() -> tuple[Filter, ...]:
    events = [(event, event_name(event)) for event in EVENTS]
    channels = [(channel, channel_name(channel)) for channel in rules.ALL_CHANNELS]
    return (
        Filter("q", _("Recipient, such as resident:7")),
        Filter("event", _("Event"), events, _("All events")),
        Filter("channel", _("Channel"), channels, _("All channels")),
        by_state("notice"),
    )


def _columns(shown: Any) -> tuple[Column, ...]:
    """Return the columns; of the page on the screen also names and tries."""
    names = names_of([message.recipient for message in shown])
    tries = jobs_of([message.key for message in shown if message.channel != rules.PAGE])

    def why(message: Message) -> str:
        job = tries.get(message.key)
        return reason_of(message.last_error or (job.last_error if job else None) or "")

    return (
        Column(_("Queued"), lambda row: row.created_at, "moment", width=17),
        Column(_("Event"), lambda row: event_name(row.event), "name", width=20),
        Column(_("Recipient"), lambda row: names.get(row.recipient, row.recipient), width=20),
        Column(_("Channel"), lambda row: channel_name(row.channel)),
        Column(_("Text"), lambda row: row.body, width=50),
        Column(_("State"), log.phase_of, "state:notice"),
        Column(_("Attempts"), lambda row: tries[row.key].attempts if row.key in tries else None, "number"),
        Column(_("Why"), why, width=40),
        Column(_("Accepted at"), lambda row: row.accepted_at, "moment", width=17),
    )


@blueprint.post(f"/notices/log/<int(max={MOST}):message_id>/again")
def notices_again(message_id: int) -> ResponseReturnValue:
    """Send a notice once more that was given up."""
    who = actor().name
    in_transaction(lambda: log.send_again(message_id=message_id, now=utc_now(), actor=who))
    flash(_("It is sent once more within seconds."), "ok")
    return redirect(url_for("admin.notices_log"), 303)
