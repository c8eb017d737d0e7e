"""Days of the channels' own books beside ours: where they differ, and what finance does about it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField, RadioField, StringField
from wtforms.validators import InputRequired, Length

from groupbuy.flows import settling_bills
from groupbuy.kernel.clock import utc_now
from groupbuy.payments import bill_differences, reconciling
from groupbuy.payments.bill_differences import Difference
from groupbuy.payments.models import BillSettlement, ChannelBill
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.listing import Column, Rows, asked, file_of
from groupbuy.web.admin.payments import tabs
from groupbuy.web.admin.words import names_of
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.resident.ways import NAMES

KINDS = {"pay": _l("Payment"), "refund": _l("Refund")}
# What a person chooses, and the deed and account behind it.
CHOICES: dict[str, tuple[str, str | None]] = {
    "explain": (settling_bills.EXPLAIN, None),
    "differences": (settling_bills.BOOK, "differences"),
    "held": (settling_bills.BOOK, "held"),
    "receive": (settling_bills.RECEIVE, None),
}
WORDS = {
    "explain": _l("Explain it: nothing is booked"),
    "differences": _l("Accept it: book it as our loss or gain"),
    "held": _l("Keep it apart until somebody knows whose it is"),
    "receive": _l("Receive the payment: too late it goes back by itself, another amount is held"),
}
DIFFERENCES = (
    Column(_l("Number"), lambda one: one.number, "code", width=24),
    Column(_l("Kind"), lambda one: str(KINDS[one.kind])),
    Column(_l("Our books"), lambda one: one.ours_fen, "money"),
    Column(_l("The channel's bill"), lambda one: one.theirs_fen, "money"),
)


ONLY: Mapping[str, tuple[Any, Callable[[Difference], bool]]] = {
    "ours": (_l("Missing in the bill"), lambda one: one.theirs_fen is None),
    "theirs": (_l("Missing in our books"), lambda one: one.ours_fen is None),
    "amount": (_l("Amounts differ"), lambda one: None not in (one.ours_fen, one.theirs_fen)),
}


class DeedForm(PageForm):
    """What is done about differences."""

    deed = RadioField(_l("What to do"), validators=[InputRequired()])
    reason = StringField(_l("Reason"), validators=[InputRequired(), Length(max=settling_bills.MAX_REASON)])


class SettleForm(DeedForm):
    """What is done about a difference, as it was looked at."""

    seen = HiddenField()


@blueprint.get("/payments/bills")
def payments_bills() -> ResponseReturnValue:
    """Show a day of a channel's own book beside ours: what differs, and what was done about it."""
    days = reconciling.stored_days()
    wanted = asked("day")
    day = next((one for one in days if f"{one.channel}:{one.day}" == wanted), days[0] if days else None)
    mine: dict[str, Any] = {"channel": day.channel, "day": day.day} if day else {}
    found = _chosen(bill_differences.differences(**mine)) if day else ()
    settled = bill_differences.settlements_of(**mine) if day else ()
    return file_of("reconciliation", Rows(_("Reconciliation"), DIFFERENCES, found)) or render_template(
        "admin/reconciliation.html",
        tabs=tabs("admin.payments_bills"),
        days=days,
        day=day,
        differences=found,
        settled=settled,
        people=_people(settled),
        word_of=word_of,
        kinds=KINDS,
        names=NAMES,
        only=[(name, sort[0]) for name, sort in ONLY.items()],
        waiting={(one.kind, one.number): one for one in settled if one.state == "asked"},
    )


def _chosen(found: Sequence[Difference]) -> Sequence[Difference]:
    """Return those of one sort where the address asks for it."""
    only = asked("only")
    return [one for one in found if ONLY[only][1](one)] if only in ONLY else found


def _people(settled: Sequence[BillSettlement]) -> dict[str, object]:
    """Return the names of those who have asked and decided."""
    actors = {name for one in settled for name in (one.asked_by, one.decided_by) if name}
    return {name: name for name in actors} | dict(names_of(sorted(actors)))


def word_of(row: BillSettlement) -> str:
    """Return what was done about a difference."""
    return str(next(WORDS[name] for name, deed in CHOICES.items() if deed == (row.deed, row.account)))


@blueprint.route("/payments/bills/<channel>/<day>/<any(pay, refund):kind>/<number>", methods=["GET", "POST"])
def payments_bills_settle(channel: str, day: str, kind: str, number: str) -> ResponseReturnValue:
    """Settle one difference; a large one waits for a second person, who does the same."""
    bill = reconciling.get_bill(channel=channel, day=day_of(day))
    mine: dict[str, Any] = {"channel": bill.channel, "day": bill.day, "kind": kind, "number": number}
    back = url_for("admin.payments_bills", day=f"{bill.channel}:{bill.day}")
    found = bill_differences.find_difference(**mine)
    if found is None:
        flash(_("The books agree on this number."), "info")
        return redirect(back, 303)
    form = _form_for(found)
    done: list[BillSettlement] = []

    def store() -> None:
        deed, account = CHOICES[form.deed.data]
        wish = settling_bills.Wish(deed, form.reason.data or "", *_seen(form, found), account)
        done[:] = [settling_bills.settle(**mine, wish=wish, now=utc_now(), actor=actor().name)]

    return saving.answer(
        form,
        store,
        title=f"{_('Settle a difference')}: {number}",
        back=(back, _("Reconciliation")),
        template="admin/bill_difference.html",
        deed=_("Settle it"),
        done=lambda: _said(done[0]),
        found=found,
        bill=bill,
        names=NAMES,
        **_waiting(bill, found),
    )


def day_of(text: str) -> date:
    """Return the day in an address; what is none is not found."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        abort(404)


def _form_for(found: Difference) -> SettleForm:
    form = SettleForm(seen=f"{found.ours_fen}:{found.theirs_fen}")
    form.deed.choices = choices_for([found])
    return form


def choices_for(found: Sequence[Difference]) -> list[tuple[str, Any]]:
    """Return what can be done about all of these differences."""
    receivable = settling_bills.are_receivable(found)
    return [(name, word) for name, word in WORDS.items() if name != "receive" or receivable]


def _seen(form: SettleForm, found: Difference) -> tuple[int | None, int | None]:
    """Return the figures that were looked at; what cannot be read is none that the books have said."""
    now = f"{found.ours_fen}:{found.theirs_fen}"
    return (found.ours_fen, found.theirs_fen) if form.seen.data == now else (-1, -1)


def _waiting(bill: ChannelBill, found: Difference) -> dict[str, Any]:
    """Return what somebody has asked for of this difference, and who."""
    rows = bill_differences.settlements_of(channel=bill.channel, day=bill.day)
    asked_for = [
        one for one in rows if (one.kind, one.number, one.state) == (found.kind, found.number, "asked")
    ]
    waits = asked_for[-1] if asked_for else None
    by = _people(asked_for).get(waits.asked_by) if waits else None
    return {"waits": waits, "waits_by": by, "waits_for": word_of(waits) if waits else None}


def _said(row: BillSettlement) -> str:
    if row.state == "asked":
        return _("Another person has to want the same; then it is done.")
    return _("The difference is settled.")
