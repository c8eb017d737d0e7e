"""Paying a withdrawal through WeChat, calling that back, ending a try of which WeChat says nothing more."""

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue

from groupbuy.commissions import transfers
from groupbuy.commissions import withdrawals as stored
from groupbuy.commissions.models import Withdrawal
from groupbuy.commissions.rules import WithdrawalState
from groupbuy.commissions.transfer_models import WechatTransfer
from groupbuy.flows import calling_transfers_back, transferring
from groupbuy.http.charging import transfers_here
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import RuleBroken
from groupbuy.web import payees
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.deciding import ReasonForm
from groupbuy.web.kit.forms import KeyedForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import translate_sentence

DEEDS = {
    "transfer": _l("Pay through WeChat"),
    "release": _l("End the transfer"),
    "call-back": _l("Call the transfer back"),
}
# A list leads by this word to a transfer that is on its way, which is seldom to be ended.
LOOK = _l("Transfer through WeChat")


def send_address(row: Withdrawal) -> str | None:
    """Return where a withdrawal is paid through WeChat, None where it is not or was put into a file."""
    if row.method != transfers.CHANNEL or row.state != WithdrawalState.APPROVED or row.batch_id is not None:
        return None
    return url_for("admin.withdrawals_transfer", number=row.number, deed="transfer")


def release_address(row: Withdrawal) -> str | None:
    """Return where one looks after a withdrawal that is on its way."""
    if row.state != WithdrawalState.SENDING:
        return None
    return url_for("admin.withdrawals_transfer", number=row.number, deed="release")


def call_back_address(row: Withdrawal, transfer: WechatTransfer | None) -> str | None:
    """Return where a transfer is called back that waits for the leader."""
    if transfer is None or transfer.state != "waiting":
        return None
    return url_for("admin.withdrawals_transfer", number=row.number, deed="call-back")


def key_of(form: KeyedForm) -> str | None:
    """Return the key of a form as the services keep it."""
    return (form.submission_key.data or "")[:64] or None


@blueprint.route("/withdrawals/<number>/<any(transfer, release, 'call-back'):deed>", methods=["GET", "POST"])
def withdrawals_transfer(number: str, deed: str) -> ResponseReturnValue:
    """Say who gets what, and send it through WeChat; call it back; or end a try after a look at WeChat."""
    row = stored.get_withdrawal(number)
    form = ReasonForm() if deed == "release" else KeyedForm()

    def store() -> None:
        usual: dict[str, Any] = {"number": number, "now": utc_now(), "actor": actor().name}
        if isinstance(form, ReasonForm):
            transferring.release(**usual, reason=form.reason.data or "")
            return
        transfers_here()
        if deed == "call-back":
            calling_transfers_back.call_back(**usual)
        else:
            transferring.send(**usual, submission_key=key_of(form))

    transfer = transfers.latest_of([row.id]).get(row.id)
    return saving.answer(
        form,
        store,
        title=f"{DEEDS[deed]}: {row.leader.name} {row.number}",
        back=(url_for("admin.withdrawals"), _("Withdrawals")),
        template="admin/withdrawal.html",
        row=row,
        payee=payees.named(row),
        transfer=transfer,
        call_back=call_back_address(row, transfer) if deed == "release" else None,
        obstacle=_obstacle(row) if deed == "transfer" else None,
        deed=DEEDS[deed],
    )


def _obstacle(row: Withdrawal) -> str | None:
    """Return why a withdrawal cannot be paid through WeChat, None where it can."""
    try:
        transfers_here()
        transfers.check(row)
    except RuleBroken as broken:
        return translate_sentence(broken.message)
    return None
