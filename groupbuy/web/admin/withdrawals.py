"""The queue of withdrawals: reviewed, put into payout files, noted as paid."""

from collections.abc import Callable, Mapping

from flask import url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import contains_eager
from wtforms import HiddenField, StringField
from wtforms.validators import InputRequired, Length

from groupbuy.commissions import payout_files, withdrawing
from groupbuy.commissions import withdrawals as stored
from groupbuy.commissions.models import Withdrawal
from groupbuy.commissions.rules import IN_FLIGHT, TO_DECIDE
from groupbuy.kernel.clock import utc_now
from groupbuy.leaders.models import Leader
from groupbuy.web import payees
from groupbuy.web.admin import saving, wechat_transfers
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.deciding import PlainForm, WhyForm
from groupbuy.web.admin.listing import (
    Column,
    Filter,
    Listing,
    asked,
    asked_id,
    by_state,
    chosen,
    in_state,
    show,
)
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l


class ProofForm(PageForm):
    """What shows that money has left."""

    proof = StringField(_l("Reference of the payment"), validators=[InputRequired(), Length(max=200)])


class RejectForm(WhyForm):
    """A refusal; ``batch`` is the payout file of which the page has warned."""

    batch = HiddenField()


FORMS = {"approve": PlainForm, "reject": RejectForm, "paid": ProofForm}
DEEDS = {"approve": _l("Approve"), "reject": _l("Reject"), "paid": _l("Note as paid")}
COLUMNS = (
    Column(_l("Number"), lambda row: row.number, "code"),
    Column(_l("Leader"), lambda row: f"{row.leader.code} {row.leader.name}"),
    Column(_l("Asked for"), lambda row: row.asked_at, "moment"),
    Column(_l("Amount"), lambda row: row.amount_fen, "money"),
    Column(_l("Fee"), lambda row: row.fee_fen, "money"),
    Column(_l("Tax"), lambda row: row.tax_fen, "money"),
    Column(_l("To pay"), lambda row: row.net_fen, "money"),
    Column(_l("Pay to"), payees.named, width=32),
    Column(_l("State"), lambda row: row.state, "state:withdrawal"),
    Column(_l("Payout file"), lambda row: row.batch_id, "code", lambda row: _batch(row)),
)


def _batch(row: Withdrawal) -> str | None:
    return None if row.batch_id is None else url_for("admin.withdrawals", batch=row.batch_id)


def _deed(deed: str, *states: str) -> tuple[object, object]:
    def address(row: Withdrawal) -> str | None:
        found = row.state in states
        return url_for("admin.withdrawals_decide", number=row.number, deed=deed) if found else None

    return DEEDS[deed], address


@blueprint.get("/withdrawals")
def withdrawals() -> ResponseReturnValue:
    """List withdrawals, the oldest first."""
    statement = select(Withdrawal).join(Withdrawal.leader).options(contains_eager(Withdrawal.leader))
    narrowed = (
        *in_state(Withdrawal.state),
        *chosen("leader", Leader.code),
        *chosen("method", Withdrawal.method),
    )
    statement = statement.where(*narrowed).order_by(Withdrawal.id)
    if asked("open"):
        statement = statement.where(Withdrawal.state.in_(IN_FLIGHT))
    batch_id = asked_id("batch")
    if batch_id is not None:
        statement = statement.where(Withdrawal.batch_id == batch_id)
    listing = Listing(
        "withdrawals",
        _("Withdrawals"),
        statement,
        COLUMNS,
        filters=(
            by_state("withdrawal"),
            Filter("open", _("Ended or not"), [("1", _("Not ended"))], _("Ended or not")),
            Filter("method", _("Pay to"), list(payees.METHODS.items()), _("All ways")),
            Filter("leader", _("Leader's code")),
        ),
        actions=(
            _deed("approve", "asked", "checked"),
            _deed("reject", *TO_DECIDE),
            (wechat_transfers.DEEDS["transfer"], wechat_transfers.send_address),
            _deed("paid", "approved"),
            (wechat_transfers.LOOK, wechat_transfers.release_address),
        ),  # type: ignore[arg-type] # Addresses of rows.
        personal=True,
        scalars=True,
    )
    return show(
        listing,
        "admin/withdrawals.html",
        batch=None if batch_id is None else payout_files.get_batch(batch_id),
        standing=None if batch_id is None else payout_files.standing([batch_id])[batch_id],
        method=payees.METHODS.get(asked("method")),
        empty_text=_("Leaders ask for withdrawals on their own pages."),
    )


@blueprint.route("/withdrawals/<number>/<any(approve, reject, paid):deed>", methods=["GET", "POST"])
def withdrawals_decide(number: str, deed: str) -> ResponseReturnValue:
    """Say what is paid to whom, and approve it, refuse it or note it as paid."""
    row, form = stored.get_withdrawal(number), FORMS[deed]()
    warned = {"confirmed": _warned(form, row.batch_id)} if isinstance(form, RejectForm) else {}
    deeds: Mapping[str, Callable[..., object]] = {
        "approve": withdrawing.approve,
        "reject": withdrawing.reject,
        "paid": withdrawing.note_paid,
    }

    def store() -> None:
        words = {name: form[name].data or "" for name in ("reason", "proof") if name in form}
        deeds[deed](number=number, **words, **warned, now=utc_now(), actor=actor().name)

    return saving.answer(
        form,
        store,
        title=f"{DEEDS[deed]}: {row.leader.name} {row.number}",
        back=(url_for("admin.withdrawals"), _("Withdrawals")),
        template="admin/withdrawal.html",
        row=row,
        payee=payees.named(row),
        in_file=deed == "reject" and row.batch_id is not None,
        deed=DEEDS[deed],
    )


def _warned(form: RejectForm, batch_id: int | None) -> bool:
    """Tell whether the page that was answered has named the payout file; the next one names it."""
    named = str(batch_id or "")
    found = batch_id is not None and form.batch.data == named
    form.batch.data = named
    return found
