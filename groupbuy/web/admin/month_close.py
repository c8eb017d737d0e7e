"""Closing a month of the books: what of it is still open, that it was seen, then the closing."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField
from wtforms.validators import InputRequired

from groupbuy.analytics import month_open
from groupbuy.analytics.month_open import Open
from groupbuy.db.transaction import in_transaction
from groupbuy.finance import queries, rules
from groupbuy.flows import bookkeeping
from groupbuy.kernel.clock import utc_now
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.resident.ways import NAMES

# What each kind is called, where its rows stand and which of them.
KINDS: dict[str, tuple[Any, str, dict[str, Any]]] = {
    "bill_missing": (
        _l("Bills of channels that were never fetched (days)"),
        "admin.payments_bills_missing",
        {},
    ),
    "bill_difference": (_l("Differences with channels' bills"), "admin.payments_bills", {}),
    "bank_line": (_l("Open lines of the bank statement"), "admin.bank", {"state": "open"}),
    "held_payment": (_l("Payments that are held"), "admin.payments", {"state": "held"}),
    "refund": (
        _l("Refunds through channels that have not ended"),
        "admin.payments_refunds",
        {"stuck": "open"},
    ),
    "refund_request": (
        _l("Large refunds that wait for a second person"),
        "admin.payments_requests",
        {"state": "asked"},
    ),
    "invoice_difference": (
        _l("Lines of suppliers' invoices that wait under “Differences”"),
        "admin.invoices_differences",
        {},
    ),
    "withdrawal": (_l("Withdrawals that have not ended"), "admin.withdrawals", {"open": "1"}),
    "debt_write_off": (
        _l("Write-offs of leaders' debts that wait for a second person"),
        "admin.debts_settled",
        {"state": "asked"},
    ),
    "cash_handover": (_l("Cash noted as handed over, not confirmed"), "admin.cash", {"state": "handed"}),
    "cash": (
        _l("Leaders who hold residents' cash that has not come in"),
        "admin.ledger_journal",
        {"account": "cash:leader"},
    ),
}


class ClosingForm(PageForm):
    """That whoever closes a month has seen what of it is open."""

    seen = BooleanField(
        _l("I have seen what is still open. What of it comes later is booked in the next month."),
        validators=[InputRequired(_l("Look at what is still open, then tick this."))],
    )


@blueprint.route("/ledger/close", methods=["GET", "POST"])
def ledger_close() -> ResponseReturnValue:
    """Show what of a month (the last one, where none is named) is open; close it once that was seen."""
    now, form = utc_now(), ClosingForm()
    period = request.values.get("period", rules.period_before(rules.period_of(now)))[:7]
    found = month_open.open_of(period, now)
    if not found:
        del form.seen
    if form.validate_on_submit():
        who, counts = actor().name, month_open.counts(found)
        in_transaction(lambda: bookkeeping.close_month(period=period, now=now, actor=who, still_open=counts))
        flash(_("The books of %(period)s are closed.", period=period), "ok")
        return redirect(_back(period), 303)
    page = render_template(
        "admin/month_close.html",
        form=form,
        period=period,
        may_close=queries.may_close(period, now),
        back=_back(period),
        found=[(one, KINDS[one.kind][0], _address(one, period)) for one in found],
        bill_of=lambda day: url_for("admin.payments_bills", day=f"{day[0]}:{day[1]}"),
        names=NAMES,
    )
    return page, 422 if form.errors else 200


def _back(period: str) -> str:
    return url_for("admin.ledger", since=period, until=period)


def _last_day(period: str) -> str:
    return rules.period_days(period)[1].isoformat()


def _address(one: Open, period: str) -> str:
    _name, endpoint, values = KINDS[one.kind]
    if one.kind == "bill_missing":
        return url_for(endpoint, month=period)
    if one.kind == "bank_line":
        return url_for(endpoint, **values, until=_last_day(period))
    return url_for(endpoint, **values)
