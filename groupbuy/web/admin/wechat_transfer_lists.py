"""Transfers through WeChat as a list: sent together, followed, and put right where they are mispaid."""

from typing import Any

from flask import abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import case, select
from sqlalchemy.orm import contains_eager
from wtforms.validators import InputRequired

from groupbuy.commissions import mending_transfers, transfer_batches, transfers
from groupbuy.commissions.models import Withdrawal
from groupbuy.commissions.transfer_models import TransferBatch, WechatTransfer
from groupbuy.flows import transferring_many
from groupbuy.http.charging import transfers_here
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.money import format_yuan
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.deciding import ReasonForm
from groupbuy.web.admin.fields import YuanField
from groupbuy.web.admin.listing import Column, Listing, asked, by_state, in_state, show
from groupbuy.web.admin.wechat_transfers import key_of
from groupbuy.web.admin.words import names_of
from groupbuy.web.kit import filters
from groupbuy.web.kit.forms import Boxes, KeyedForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l

MOST_DIGITS = 9
MEND = _l("Put right")


class SendForm(KeyedForm):
    """Which withdrawals are paid through WeChat."""

    numbers = Boxes(_l("Withdrawals"), validators=[InputRequired(_l("Choose at least one withdrawal."))])


class UnknownAmountForm(ReasonForm):
    """What WeChat has paid, where it does not say so itself."""

    paid_fen = YuanField(_l("Paid by WeChat (yuan)"), validators=[InputRequired()])


def _look(row: WechatTransfer) -> str | None:
    if row.state not in ("queued", "processing", "waiting", "refused", "stuck"):
        return None
    return url_for("admin.withdrawals_transfer", number=row.withdrawal.number, deed="release")


def _mend(row: WechatTransfer) -> str | None:
    return url_for("admin.wechat_transfers_mend", number=row.number) if row.state == "mispaid" else None


def _batch(row: WechatTransfer) -> str | None:
    return url_for("admin.wechat_transfers", batch=row.batch_id) if row.batch_id else None


COLUMNS = (
    Column(_l("Number"), lambda row: row.number, "code", width=18),
    Column(_l("Withdrawal"), lambda row: row.withdrawal.number, "code", width=18),
    Column(_l("Leader"), lambda row: f"{row.withdrawal.leader.code} {row.withdrawal.leader.name}"),
    Column(_l("Begun"), lambda row: row.asked_at, "moment", width=17),
    Column(_l("Amount"), lambda row: row.amount_fen, "money"),
    Column(_l("Paid"), lambda row: row.paid_fen, "money"),
    Column(_l("State"), lambda row: row.state, "state:wechat_transfer"),
    Column(_l("WeChat's number"), lambda row: row.reference, "code", width=26),
    Column(_l("What WeChat says"), lambda row: filters.sentence(row.last_error), width=26),
    Column(_l("Sent together"), lambda row: row.batch_id, "code", _batch),
)


@blueprint.get("/wechat-transfers")
def wechat_transfers() -> ResponseReturnValue:
    """List transfers, those that wait for a person first; of one batch with its progress."""
    batch = _asked_batch()
    first = case((WechatTransfer.state.in_(transfers.TO_LOOK_AT), 0), else_=1)
    whole = contains_eager(WechatTransfer.withdrawal).joinedload(Withdrawal.leader)
    statement = select(WechatTransfer).join(WechatTransfer.withdrawal).options(whole)
    statement = statement.where(*in_state(WechatTransfer.state))
    if batch is not None:
        statement = statement.where(WechatTransfer.batch_id == batch.id)
    listing = Listing(
        "wechat-transfers",
        _("Transfers through WeChat"),
        statement.order_by(first, WechatTransfer.id.desc()),
        COLUMNS,
        filters=(by_state("wechat_transfer"),),
        actions=((_l("Look at it"), _look), (MEND, _mend)),
        personal=True,
        scalars=True,
    )
    return show(
        listing,
        "admin/wechat_transfers.html",
        batch=batch,
        progress=transfer_batches.progress(batch.id) if batch else None,
        empty_text=_("Approved withdrawals are paid through WeChat from the queue of withdrawals."),
    )


def _asked_batch() -> TransferBatch | None:
    text = asked("batch")
    if not text:
        return None
    if not text.isdecimal() or not text.isascii() or len(text) > MOST_DIGITS:
        abort(404)
    return transfer_batches.get_batch(int(text))


@blueprint.route("/wechat-transfers/send", methods=["GET", "POST"])
def wechat_transfers_send() -> ResponseReturnValue:
    """Choose approved withdrawals, all to begin with, and send them through WeChat in one go."""
    rows = transfer_batches.sendable()
    form = SendForm()
    form.numbers.choices = [(one.number, _named(one)) for one in rows]
    if not form.is_submitted():
        form.numbers.data = [one.number for one in rows]
    # What somebody else has sent meanwhile is left out with its reason and is no wrong choice.
    form.numbers.validate_choice = False
    made: list[TransferBatch] = []

    def store() -> None:
        transfers_here()
        wanted: dict[str, Any] = {"numbers": form.numbers.data or [], "submission_key": key_of(form)}
        made[:] = [transferring_many.send_many(**wanted, now=utc_now(), actor=actor().name)]

    if form.validate_on_submit() and saving.stored(form, store):
        return redirect(url_for("admin.wechat_transfers", batch=made[0].id), 303)
    page = render_template(
        "admin/wechat_transfers_send.html",
        form=form,
        title=_("Pay several through WeChat"),
        back=(url_for("admin.withdrawals"), _("Withdrawals")),
        deed=_("Pay through WeChat"),
        rows=rows,
        net_fen=sum(one.net_fen for one in rows),
    )
    return page, 422 if form.errors else 200


def _named(row: Withdrawal) -> str:
    return (
        f"{row.leader.code} {row.leader.name} · {format_yuan(row.net_fen)} · {row.payee_name} · {row.number}"
    )


@blueprint.route("/wechat-transfers/<number>/mend", methods=["GET", "POST"])
def wechat_transfers_mend(number: str) -> ResponseReturnValue:
    """Say what WeChat has paid otherwise than asked, and book it as it is."""
    row = transfers.get_transfer(number)
    form = ReasonForm() if row.paid_fen else UnknownAmountForm(data={"paid_fen": row.mend_fen})

    def store() -> None:
        wanted: dict[str, Any] = {"number": number, "reason": form.reason.data or ""}
        named = form.paid_fen.data if isinstance(form, UnknownAmountForm) else None
        mending_transfers.mend(**wanted, paid_fen=named, now=utc_now(), actor=actor().name)

    paid_fen, asked_by = mending_transfers.amount_of(row), row.mend_asked_by

    return saving.answer(
        form,
        store,
        title=f"{MEND}: {row.withdrawal.leader.name} {row.number}",
        back=(url_for("admin.wechat_transfers"), _("Transfers through WeChat")),
        template="admin/wechat_transfer_mend.html",
        transfer=row,
        row=row.withdrawal,
        paid_fen=paid_fen,
        over_fen=0 if paid_fen is None else mending_transfers.difference(row, paid_fen),
        asked_by=names_of([asked_by]).get(asked_by, asked_by) if asked_by else None,
        done=lambda: _waits(number),
        deed=_("Book it as it was paid"),
    )


def _waits(number: str) -> str:
    """Return what a person is told whose deed another one has to confirm, else nothing."""
    waits = transfers.get_transfer(number).state == "mispaid"
    return _("Another person has to put this right as well; then it is booked.") if waits else ""
