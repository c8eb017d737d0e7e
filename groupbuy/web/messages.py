"""Messages of residents, leaders and helpers: reading them, and choosing what to hear of by which channel."""

from collections.abc import Mapping

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import HiddenField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired

from groupbuy.db.transaction import in_transaction
from groupbuy.http.row_ids import row_id
from groupbuy.messaging import notes
from groupbuy.notices import choices, rules
from groupbuy.notices.reach import role_of
from groupbuy.web.kit.forms import Boxes, PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l

PAGE_SIZE = 30
EVENTS: Mapping[str, object] = {
    "opened": _l("A round opens"),
    "closing_soon": _l("A round closes soon"),
    "price_changed": _l("A price changes"),
    "below_threshold": _l("Too few people ordered"),
    "shipped": _l("Goods are on the way"),
    "arrived": _l("Goods have arrived"),
    "not_picked_up": _l("Goods wait to be picked up"),
    "perishable": _l("Perishables wait to be picked up"),
    "disposed": _l("Perishables are disposed of"),
    "set_aside": _l("An order is kept aside"),
    "to_dispose": _l("Perishables were not fetched"),
    "short": _l("Goods are short"),
    "substituted": _l("Goods are replaced by others"),
    "residents_short": _l("Residents go without something"),
    "refunded": _l("Money is paid back"),
    "delayed": _l("A round is delayed"),
    "split": _l("Part of an order comes on another day"),
    "rerouted": _l("Another pickup point"),
    "rerouted_away": _l("Another leader hands out"),
    "case_filled": _l("A case is filled with what you would take more"),
    "freight_shared": _l("Freight is shared at the cut-off"),
    "weighed": _l("Goods are settled by weight"),
    "called_off": _l("A round is called off"),
    "after_sale": _l("An after-sale case is decided"),
    "parcel": _l("A courier has an order"),
    "lot_claim": _l("A batch may be bad"),
    "share_paid": _l("A helper's share is paid"),
    "debt_repaid": _l("A debt is paid back"),
    "debt_written_off": _l("A debt is written off"),
    "transfer_waits": _l("A withdrawal waits to be received in WeChat"),
    "invoice_issued": _l("An invoice is issued"),
    "invoice_refused": _l("An invoice is refused"),
    "invoice_correcting": _l("An invoice will be taken back"),
    "invoice_reversed": _l("An invoice is taken back"),
}
CHANNELS: Mapping[str, object] = {
    rules.PAGE: _l("Message page"),
    rules.MAIL: _l("Mail"),
    rules.SMS: _l("Text message"),
    rules.WECHAT: _l("WeChat"),
}
ROLES: Mapping[str, object] = {
    rules.RESIDENT: _l("Residents"),
    rules.LEADER: _l("Leaders"),
    rules.HELPER: _l("Pickup helpers"),
}


class SeenForm(PageForm):
    """The latest message on the page."""

    until = HiddenField(validators=[InputRequired()])


class PreferencesForm(PageForm):
    """What somebody wants to hear of."""

    on = Boxes(_l("Tell me"))


def event_name(event: str) -> str:
    """Return what an event is called."""
    return str(EVENTS.get(event, event))


def channel_name(channel: str) -> str:
    """Return what a channel is called."""
    return str(CHANNELS.get(channel, channel))


def messages_page(recipient: str, *, template: str) -> ResponseReturnValue:
    """List somebody's messages, the latest first, the unread ones marked."""
    text = request.args.get("before", "")
    before = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
    found = notes.notes_to(recipient, before=before, most=PAGE_SIZE + 1)
    shown = found[:PAGE_SIZE]
    return render_template(
        template,
        messages=shown,
        older=shown[-1].id if len(found) > PAGE_SIZE else None,
        seen=notes.seen_until(recipient),
        unread=notes.unseen(recipient),
        form=SeenForm(data={"until": str(found[0].id) if found else "0"}),
    )


def mark_seen(recipient: str) -> ResponseReturnValue:
    """Mark everything on the page, and what is older, as read."""
    form = SeenForm()
    shown = row_id(form.until.data)
    if form.validate() and shown is not None:
        known = notes.notes_to(recipient, most=1)
        until = min(shown, known[0].id if known else 0)
        in_transaction(lambda: notes.mark_seen(recipient, until=until))
    return redirect(request.path, 303)


def preferences_page(recipient: str, *, template: str) -> ResponseReturnValue:
    """Show and change what somebody wants to hear of; what must be told stands there as well."""
    offered = choices.offered_to(recipient)
    off = {(event, channel) for _who, event, channel in choices.unwanted([recipient])}
    form = PreferencesForm(data={"on": [_value(one) for one in offered if one not in off]})
    form.on.choices = [SelectChoice(_value(one), event_name(one[0])) for one in offered]
    if form.validate_on_submit():
        chosen = set(form.on.data or [])
        refused = [one for one in offered if _value(one) not in chosen]
        in_transaction(lambda: choices.prefer(recipient=recipient, off=refused))
        flash(_("Saved."), "ok")
        return redirect(request.path, 303)
    role = role_of(recipient)
    return render_template(
        template,
        form=form,
        rows=_rows(role, offered, set(form.on.data or [])),
        channels=[(channel, channel_name(channel)) for channel in rules.CHANNELS[role]],
    )


def _rows(
    role: str, offered: list[tuple[str, str]], chosen: set[str]
) -> list[tuple[str, dict[str, tuple[str, str]]]]:
    """Return each event with (how it stands, value of its box) by channel."""
    rows = []
    for event, named in EVENTS.items():
        cells = {}
        for channel in rules.channels_of(event, role):
            value = _value((event, channel))
            if rules.is_bound(event, channel):
                cells[channel] = ("always", value)
            elif (event, channel) in offered:
                cells[channel] = ("on" if value in chosen else "off", value)
        if cells:
            rows.append((str(named), cells))
    return rows


def _value(one: tuple[str, str]) -> str:
    return ".".join(one)
