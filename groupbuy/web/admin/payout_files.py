"""Payout files (付款文件): made, taken to the bank, and what the bank says of each withdrawal in them."""

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import String, cast, func, literal, select
from wtforms import StringField
from wtforms.validators import Length

from groupbuy.accounts.models import Account
from groupbuy.commissions import payout_files as stored
from groupbuy.commissions.models import PayoutBatch, Withdrawal
from groupbuy.commissions.payout_files import LeftOut, Result
from groupbuy.commissions.rules import WithdrawalState
from groupbuy.db.transaction import in_transaction
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput
from groupbuy.kernel.money import format_yuan
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.listing import Column, Listing, show
from groupbuy.web.admin.words import PREFIX, actor_name
from groupbuy.web.kit.downloads import attachment
from groupbuy.web.kit.forms import Boxes, PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import translate_sentence


class ResultsForm(PageForm):
    """Which withdrawals of a payout file the bank has paid; the others failed, or are still on their way."""

    paid = Boxes(_l("Paid by the bank"))
    proof = StringField(_l("Reference of the payment"), validators=[Length(max=200)])
    reason = StringField(
        _l("Why the others failed, shown to the leaders"),
        validators=[Length(max=200)],
        description=_l("What is not ticked is rejected with it and goes back. Empty: it stays open."),
    )


def _all_in(row: Any) -> str:
    return url_for("admin.withdrawals", batch=row.PayoutBatch.id)


def _results(row: Any) -> str | None:
    return url_for("admin.payout_files_results", batch_id=row.PayoutBatch.id) if row.open else None


def _file(kind: str) -> Any:
    return lambda row: url_for("admin.withdrawals_file", batch_id=row.PayoutBatch.id, kind=kind)


COLUMNS = (
    Column(_l("Number"), lambda row: str(row.PayoutBatch.id), "code", _all_in),
    Column(_l("Made"), lambda row: row.PayoutBatch.made_at, "moment", width=17),
    Column(_l("Made by"), lambda row: actor_name(row.PayoutBatch.made_by, row.name)),
    Column(_l("Payouts"), lambda row: row.PayoutBatch.payouts, "number", _all_in),
    Column(_l("To pay"), lambda row: row.PayoutBatch.net_fen, "money"),
    Column(_l("Not decided yet"), lambda row: row.open, "number"),
    Column(_l("Paid"), lambda row: row.paid, "number"),
    Column(_l("Rejected, given back"), lambda row: row.rejected, "number"),
)


@blueprint.get("/payout-files")
def payout_files() -> ResponseReturnValue:
    """List payout files, the latest first, with how far each is paid."""
    by_account = PayoutBatch.made_by == literal(PREFIX).concat(cast(Account.id, String))
    paid, rejected = (_count(state) for state in (WithdrawalState.PAID, WithdrawalState.REJECTED))
    still_open = PayoutBatch.payouts - paid - rejected
    counts = (paid.label("paid"), rejected.label("rejected"), still_open.label("open"))
    statement = select(PayoutBatch, Account.name, *counts).outerjoin(Account, by_account)
    listing = Listing(
        "payout-files",
        _("Payout files"),
        statement.order_by(PayoutBatch.id.desc()),
        COLUMNS,
        actions=((_l("Enter results"), _results), ("Excel", _file("xlsx")), ("CSV", _file("csv"))),
    )
    return show(listing, empty_text=_("Payout files are made of approved withdrawals, in their queue."))


def _count(state: WithdrawalState) -> Any:
    mine = (Withdrawal.batch_id == PayoutBatch.id, Withdrawal.state == state)
    return select(func.count()).where(*mine).correlate(PayoutBatch).scalar_subquery()


@blueprint.post("/withdrawals/batch")
def withdrawals_batch() -> ResponseReturnValue:
    """Put every approved withdrawal, or those of one way of paying, into a payout file."""
    method = request.form.get("method") or None
    batch = in_transaction(lambda: stored.make(method=method, now=utc_now(), actor=actor().name))
    flash(_("Payout file %(number)s has %(count)s payouts.", number=batch.id, count=batch.payouts), "ok")
    return redirect(url_for("admin.withdrawals", batch=batch.id), 303)


@blueprint.get("/withdrawals/batch/<int:batch_id>.<any(xlsx, csv):kind>")
def withdrawals_file(batch_id: int, kind: str) -> ResponseReturnValue:
    """Hand out a payout file; that it was taken is logged."""
    content = stored.content_of(stored.get_batch(batch_id), kind)
    who = actor().name
    in_transaction(lambda: stored.note_taken(batch_id, now=utc_now(), actor=who))
    return attachment(content, f"payout-{batch_id}.{kind}", stored.KINDS[kind])


@blueprint.route("/payout-files/<int:batch_id>/results", methods=["GET", "POST"])
def payout_files_results(batch_id: int) -> ResponseReturnValue:
    """Note what the bank has paid of a payout file, all to begin with, and what it has not."""
    stored.get_batch(batch_id)
    rows = [row for row in stored.withdrawals_in(batch_id) if row.state == WithdrawalState.APPROVED]
    form = ResultsForm()
    form.paid.choices = [(row.number, _named(row)) for row in rows]
    if not form.is_submitted():
        form.paid.data = [row.number for row in rows]
    # What somebody else has decided meanwhile is left out with its reason and is no wrong choice.
    form.paid.validate_choice = False
    left_out: list[LeftOut] = []

    def store() -> None:
        results = _results_of(form, [row.number for row in rows])
        usual: dict[str, Any] = {"now": utc_now(), "actor": actor().name}
        left_out[:] = stored.note_results(batch_id=batch_id, results=results, **usual)

    return saving.answer(
        form,
        store,
        title=f"{_('Enter results')}: {_('Payout file')} {batch_id}",
        back=(url_for("admin.payout_files"), _("Payout files")),
        then=url_for("admin.withdrawals", batch=batch_id),
        done=lambda: _left_out(left_out),
    )


def _named(row: Withdrawal) -> str:
    return (
        f"{row.leader.code} {row.leader.name} · {format_yuan(row.net_fen)} · {row.payee_name} · {row.number}"
    )


def _results_of(form: ResultsForm, numbers: list[str]) -> list[Result]:
    """Return what the form says of each withdrawal; raise BadInput where it says nothing."""
    paid, proof, reason = form.paid.data or [], form.proof.data or "", (form.reason.data or "").strip()
    if paid and not proof.strip():
        raise BadInput("required", "Write the reference of the payment.", param="proof")
    failed = [number for number in numbers if number not in paid] if reason else []
    if not paid and not failed:
        raise BadInput("required", "Tick what was paid, or write why the others failed.", param="reason")
    return [Result(one, proof=proof) for one in paid] + [Result(one, reason=reason) for one in failed]


def _left_out(found: list[LeftOut]) -> str:
    if not found:
        return _("The results are noted.")
    named = " ".join(f"{one.number}: {translate_sentence(one.message)}" for one in found)
    return _("Noted, but for %(named)s", named=named)
