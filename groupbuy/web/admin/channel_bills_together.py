"""Several differences with a channel's bill settled for one reason: chosen in the list, seen, then done."""

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from groupbuy.flows.settling_bills_together import Key, NotSettled, settle_together
from groupbuy.kernel.clock import utc_now
from groupbuy.payments import reconciling
from groupbuy.payments.bill_differences import Difference
from groupbuy.payments.models import BillSettlement, ChannelBill
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.channel_bills import CHOICES, KINDS, DeedForm, choices_for, day_of
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import ngettext
from groupbuy.web.resident.ways import NAMES

# A name of this field says that the deed was chosen, not only the rows.
DECIDED = "decided"


@blueprint.post("/payments/bills/<channel>/<day>/together")
def payments_bills_together(channel: str, day: str) -> ResponseReturnValue:
    """Show the chosen differences of a day with what they come to, then settle all of them or none."""
    bill = reconciling.get_bill(channel=channel, day=day_of(day))
    back = url_for("admin.payments_bills", day=f"{bill.channel}:{bill.day}")
    seen = _seen(request.form.getlist("chosen"))
    if not seen:
        flash(_("Choose differences first."), "info")
        return redirect(back, 303)
    form = DeedForm() if DECIDED in request.form else DeedForm(formdata=None)
    form.deed.choices = choices_for(seen)
    refused: dict[Key, str] = {}
    if DECIDED in request.form and form.validate() and _settled(form, bill, seen, refused):
        return redirect(back, 303)
    page = render_template(
        "admin/bill_differences.html",
        form=form,
        title=_("Settle differences"),
        back=(back, _("Reconciliation")),
        deed=_("Settle all of them"),
        bill=bill,
        seen=seen,
        refused=refused,
        kinds=KINDS,
        names=NAMES,
        decided=DECIDED,
    )
    return page, 409 if refused else 422 if form.errors or form.form_errors else 200


def _seen(texts: Sequence[str]) -> list[Difference]:
    """Return the ticked rows as they were looked at; what cannot be read was never a row."""
    return [one for text in dict.fromkeys(texts) if (one := _row(text)) is not None]


def _row(text: str) -> Difference | None:
    parts = text.split(":")
    if len(parts) != 4 or parts[0] not in KINDS or not all(map(_is_figure, parts[2:])):
        return None
    ours, theirs = (None if part == "None" else int(part) for part in parts[2:])
    return Difference(parts[0], parts[1], ours, theirs)


def _is_figure(text: str) -> bool:
    digits = text.removeprefix("-")
    return text == "None" or (digits.isascii() and digits.isdecimal() and len(digits) < 16)


def _settled(form: DeedForm, bill: ChannelBill, seen: Sequence[Difference], refused: dict[Key, str]) -> bool:
    """Settle them; False with what was refused, and why, in the form."""
    deed, account = CHOICES[form.deed.data]
    wish: dict[str, Any] = {"deed": deed, "account": account, "reason": form.reason.data or ""}
    rows: list[BillSettlement] = []

    def store() -> None:
        try:
            usual: dict[str, Any] = {"now": utc_now(), "actor": actor().name}
            rows[:] = settle_together(channel=bill.channel, day=bill.day, seen=seen, **wish, **usual)
        except NotSettled as error:
            refused.update({key: saving.sentence_of(one) for key, one in error.refused.items()})
            raise

    if not saving.stored(form, store):
        return False
    flash(_said(rows), "ok")
    return True


def _said(rows: Sequence[BillSettlement]) -> str:
    waiting = sum(one.state == "asked" for one in rows)
    done = len(rows) - waiting
    said = []
    if done:
        said.append(ngettext("%(num)s difference is settled.", "%(num)s differences are settled.", done))
    if waiting:
        said.append(
            ngettext(
                "%(num)s waits until another person wants the same.",
                "%(num)s wait until another person wants the same.",
                waiting,
            )
        )
    return " ".join(said)
