"""Notices: which event is told to whom by which channel, in which words, and at which hours."""

from collections.abc import Mapping, Sequence
from functools import partial

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length

from groupbuy.db.transaction import in_transaction
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput, NotFound
from groupbuy.notices import choices, fitting, rules, texts
from groupbuy.notices.choices import Cell, Hours
from groupbuy.notices.texts import Text
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.fields import WholeField
from groupbuy.web.admin.listing import Column, Rows, file_of
from groupbuy.web.kit.forms import Boxes, PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.messages import ROLES, channel_name, event_name

# Event, role, what both are called, and (how it stands, value of the box) by channel.
Switches = tuple[str, str, str, str, dict[str, tuple[str, str]]]
LANGUAGES = {"zh": "中文", "en": "English"}
_NUMBER = {"inputmode": "numeric"}


class TableForm(PageForm):
    """Which channels are on."""

    on = Boxes(_l("On"))


class HoursForm(PageForm):
    """When text messages wait, and when people are reminded of the cut-off."""

    quiet_from = WholeField(_l("No text messages from (hour)"), [InputRequired()], render_kw=_NUMBER)
    quiet_until = WholeField(_l("until (hour)"), [InputRequired()], render_kw=_NUMBER)
    closing_soon_hours = WholeField(
        _l("Hours before the cut-off"),
        [InputRequired()],
        description=_l("Who has goods in the cart is reminded then; 0 is never."),
        render_kw=_NUMBER,
    )


class TextForm(PageForm):
    """The words of one channel in one language."""

    subject = StringField(_l("Title"), validators=[Length(max=fitting.MAX_SUBJECT)])
    body = TextAreaField(_l("Text"), validators=[InputRequired(), Length(max=fitting.MAX_BODY)])


def tabs(current: str) -> list[tuple[str, str, bool]]:
    """Return the pages about notices."""
    pages = ((_("What is told"), "admin.notices"), (_("Sent notices"), "admin.notices_log"))
    return [(url_for(endpoint), text, endpoint == current) for text, endpoint in pages]


@blueprint.route("/notices", methods=["GET", "POST"])
def notices() -> ResponseReturnValue:
    """Show the table of events, roles and channels, and switch channels on and off."""
    form = _table_form()

    def store() -> None:
        on = set(form.on.data or [])
        wanted = {cell: ".".join(cell) in on or rules.is_bound(cell[0], cell[2]) for cell in choices.cells()}
        choices.switch(wanted=wanted, now=utc_now(), actor=actor().name)

    if form.validate_on_submit() and saving.stored(form, store):
        flash(_("Saved."), "ok")
        return redirect(url_for("admin.notices"), 303)
    return _page(form, _hours_form())


@blueprint.post("/notices/hours")
def notices_hours() -> ResponseReturnValue:
    """Set the quiet hours, and when people are reminded of the cut-off."""
    form = _hours_form()

    def store() -> None:
        wanted = Hours(
            form.quiet_from.data or 0, form.quiet_until.data or 0, form.closing_soon_hours.data or 0
        )
        choices.set_hours(wanted=wanted, now=utc_now(), actor=actor().name)

    if form.validate_on_submit() and saving.stored(form, store):
        flash(_("Saved."), "ok")
        return redirect(url_for("admin.notices"), 303)
    return _page(_table_form(), form)


def _table_form() -> TableForm:
    on = [".".join(cell) for cell, is_on in choices.table().items() if is_on]
    form = TableForm(data={"on": on})
    form.on.choices = [SelectChoice(".".join(cell), ".".join(cell)) for cell in choices.cells()]
    return form


def _hours_form() -> HoursForm:
    return HoursForm(obj=choices.hours())


def _page(form: TableForm, hours: HoursForm) -> ResponseReturnValue:
    rows = _rows(set(form.on.data or []))
    channels = [(channel, channel_name(channel)) for channel in rules.ALL_CHANNELS]
    page = file_of("notices", _sheet(rows, channels)) or render_template(
        "admin/notices.html",
        form=form,
        hours=hours,
        rows=rows,
        channels=channels,
        tabs=tabs("admin.notices"),
    )
    return page, 422 if form.errors or hours.errors else 200


def _sheet(rows: Sequence[Switches], channels: Sequence[tuple[str, str]]) -> Rows:
    """Return which channels are on as a file takes it along; a channel without the event stays empty."""
    words = {"always": _("always"), "on": _("on"), "off": _("off")}
    columns = [
        Column(_("Event"), lambda row: row[2], "name", width=24),
        Column(_("Recipient"), lambda row: row[3]),
        *(Column(name, partial(_how, words, channel)) for channel, name in channels),
    ]
    return Rows(_("What is told"), columns, rows)


def _how(words: Mapping[str, str], channel: str, row: Switches) -> str | None:
    return words[row[4][channel][0]] if channel in row[4] else None


def _rows(on: set[str]) -> list[Switches]:
    """Return what the table shows, a row for each event and role."""
    rows: dict[tuple[str, str], dict[str, tuple[str, str]]] = {}
    for cell in choices.cells():
        event, role, channel = cell
        value = ".".join(cell)
        how = "always" if rules.is_bound(event, channel) else "on" if value in on else "off"
        rows.setdefault((event, role), {})[channel] = (how, value)
    return [
        (event, role, event_name(event), str(ROLES[role]), cells) for (event, role), cells in rows.items()
    ]


@blueprint.route("/notices/text/<event>/<role>/<channel>/<language>", methods=["GET", "POST"])
def notices_text(event: str, role: str, channel: str, language: str) -> ResponseReturnValue:
    """Show and change the words of one channel in one language, with a preview."""
    cell, text = (event, role, channel), _text(event, role, channel, language)
    form = TextForm(obj=text)
    form.subject.label.text = _("Template's ID at WeChat") if channel == rules.WECHAT else _("Title")
    do, preview = request.form.get("do", ""), None
    if do == "restore":
        return _restore(cell, language)
    if form.validate_on_submit():
        if do == "preview":
            preview = _preview(form, cell)
        elif saving.stored(form, lambda: _write(form, cell, language)):
            flash(_("Saved."), "ok")
            return redirect(request.path, 303)
    page = render_template(
        "admin/notice_text.html",
        form=form,
        cell=cell,
        language_code=language,
        text=text,
        preview=preview,
        names=(event_name(event), str(ROLES[role]), channel_name(channel), LANGUAGES[language]),
        samples=rules.EVENTS[event].samples,
        others=[(one, channel_name(one)) for one in rules.channels_of(event, role)],
        tongues=LANGUAGES,
        sms_length=fitting.MAX_SMS,
        signature=_signature(),
    )
    return page, 422 if form.errors else 200


def _text(event: str, role: str, channel: str, language: str) -> Text:
    try:
        return texts.text_of(event, role, channel, language)
    except BadInput as error:
        raise NotFound("unknown_notice", "There is no such notice.") from error


def _preview(form: TextForm, cell: Cell) -> tuple[str, str] | None:
    try:
        return texts.preview(cell[0], cell[2], form.subject.data or "", form.body.data or "")
    except BadInput as error:
        saving.blame(form, error)
        return None


def _write(form: TextForm, cell: Cell, language: str) -> None:
    event, role, channel = cell
    texts.write(
        event=event,
        role=role,
        channel=channel,
        language=language,
        subject=form.subject.data or "",
        body=form.body.data or "",
        now=utc_now(),
        actor=actor().name,
    )


def _restore(cell: Cell, language: str) -> ResponseReturnValue:
    event, role, channel = cell
    who = actor().name
    in_transaction(
        lambda: texts.restore(
            event=event, role=role, channel=channel, language=language, now=utc_now(), actor=who
        )
    )
    flash(_("The usual words are back."), "ok")
    return redirect(request.path, 303)


def _signature() -> str:
    return str(current_app.extensions["groupbuy_settings"].sms_signature)
