"""The queue of withdrawals: reviewed, put into payout files, noted as paid."""

from collections.abc import Callable, Mapping

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from wtforms import HiddenField, StringField
from wtforms.validators import InputRequired, Length

from groupbuy.commissions import payout_files, withdrawing
from groupbuy.commissions import withdrawals as stored
from groupbuy.commissions.models import Withdrawal
from groupbuy.commissions.rules import TO_DECIDE
from groupbuy.db.transaction import in_transaction
from groupbuy.kernel.clock import utc_now
from groupbuy.web.admin import saving, wechat_transfers
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.deciding import PlainForm, WhyForm
from groupbuy.web.admin.listing import Column, Listing, asked, by_state, show
from groupbuy.web.kit.downloads import attachment
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
    Column(_l("Pay to"), lambda row: f"{row.payee_name} {row.payee}", width=26),
    Column(_l("State"), lambda row: row.state, "state:withdrawal"),
    Column(_l("Batch"), lambda row: row.batch_id and str(row.batch_id), "code", lambda row: _batch(row)),
)


def _batch(row: Withdrawal) -> str | None:
    if row.batch_id is None:
        return None
    return url_for("admin.withdrawals_file", batch_id=row.batch_id, kind="xlsx")


def _deed(deed: str, *states: str) -> tuple[object, object]:
    def address(row: Withdrawal) -> str | None:
        found = row.state in states
        return url_for("admin.withdrawals_decide", number=row.number, deed=deed) if found else None

    return DEEDS[deed], address


@blueprint.get("/withdrawals")
def withdrawals() -> ResponseReturnValue:
    """List withdrawals, the oldest first."""
    statement = select(Withdrawal).options(joinedload(Withdrawal.leader)).order_by(Withdrawal.id)
    state = asked("state")
    statement = statement.where(Withdrawal.state == state) if state else statement
    listing = Listing(
        "withdrawals",
        _("Withdrawals"),
        statement,
        COLUMNS,
        filters=(by_state("withdrawal"),),
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
        in_file=deed == "reject" and row.batch_id is not None,
        deed=DEEDS[deed],
    )


def _warned(form: RejectForm, batch_id: int | None) -> bool:
    """Tell whether the page that was answered has named the payout file; the next one names it."""
    named = str(batch_id or "")
    found = batch_id is not None and form.batch.data == named
    form.batch.data = named
    return found


@blueprint.post("/withdrawals/batch")
def withdrawals_batch() -> ResponseReturnValue:
    """Put every approved withdrawal into a payout file."""
    batch = in_transaction(lambda: withdrawing.make_batch(now=utc_now(), actor=actor().name))
    flash(_("Payout file %(number)s has %(count)s payouts.", number=batch.id, count=batch.payouts), "ok")
    return redirect(url_for("admin.withdrawals", state="approved"), 303)


@blueprint.get("/withdrawals/batch/<int:batch_id>.<any(xlsx, csv):kind>")
def withdrawals_file(batch_id: int, kind: str) -> ResponseReturnValue:
    """Hand out a payout file; that it was taken is logged."""
    content = payout_files.content_of(payout_files.get_batch(batch_id), kind)
    who = actor().name
    in_transaction(lambda: payout_files.note_taken(batch_id, now=utc_now(), actor=who))
    return attachment(content, f"payout-{batch_id}.{kind}", payout_files.KINDS[kind])
