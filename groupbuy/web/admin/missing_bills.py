"""Days whose bill of a channel was never fetched: how far each is, and the button that fetches it."""

from datetime import date

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from groupbuy.db.transaction import in_transaction
from groupbuy.finance import rules
from groupbuy.http.charging import charging_here
from groupbuy.kernel.clock import utc_now
from groupbuy.payments import fetching_bills
from groupbuy.payments.fetching_bills import MissingBill
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.channel_bills import day_of
from groupbuy.web.admin.listing import Column, Rows, file_of
from groupbuy.web.admin.payments import tabs
from groupbuy.web.kit import filters
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import ngettext
from groupbuy.web.resident.ways import NAMES

STATES = {
    fetching_bills.UNASKED: (_l("Never fetched"), "warn"),
    fetching_bills.QUEUED: (_l("Is being fetched"), "wait"),
    fetching_bills.AGAIN: (_l("Is tried again by itself"), "wait"),
    fetching_bills.FAILED: (_l("Was given up"), "bad"),
}
MISSING = (
    Column(_l("Day"), lambda one: one.day.isoformat(), "code"),
    Column(_l("Channel"), lambda one: str(NAMES[one.channel])),
    Column(_l("State"), lambda one: str(STATES[one.state][0])),
    Column(_l("Last fault"), lambda one: filters.sentence(one.error), width=40),
)


@blueprint.route("/payments/bills/missing", methods=["GET", "POST"])
def payments_bills_missing() -> ResponseReturnValue:
    """List the days of a month whose bill is missing, or let chosen ones be fetched."""
    if request.method == "POST":
        return _fetch(request.form.getlist("bill"))
    month = request.args.get("month", rules.period_of(utc_now()))[:7]
    found = _of_month(month)
    return file_of("missing-bills", Rows(_("Bills never fetched"), MISSING, found)) or render_template(
        "admin/missing_bills.html",
        tabs=tabs("admin.payments_bills"),
        month=month,
        found=found,
        states=STATES,
        names=NAMES,
        asked=fetching_bills.QUEUED,
    )


def _of_month(month: str) -> list[MissingBill]:
    first, last = rules.period_days(month)
    return fetching_bills.missing_bills(first=first, last=last, now=utc_now())


def _fetch(texts: list[str]) -> ResponseReturnValue:
    """Ask for bills, each a channel and a day such as ``wechat:2026-11-21``."""
    wanted = [(channel, day_of(day)) for channel, _colon, day in (text.partition(":") for text in texts)]
    channels, who = charging_here().gateways, actor().name

    def ask() -> None:
        for channel, day in wanted:
            fetching_bills.ask_for_bill(channel=channel, day=day, channels=channels, now=utc_now(), actor=who)

    in_transaction(ask)
    if wanted:
        said = ngettext("%(num)s bill is being fetched.", "%(num)s bills are being fetched.", len(wanted))
        flash(said, "ok")
    return redirect(_back(wanted), 303)


def _back(wanted: list[tuple[str, date]]) -> str:
    return url_for("admin.payments_bills_missing", month=f"{wanted[0][1]:%Y-%m}" if wanted else None)
