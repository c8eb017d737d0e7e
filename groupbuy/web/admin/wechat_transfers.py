"""Paying a withdrawal through WeChat, and ending a try of which WeChat says nothing more."""

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue

from groupbuy.commissions import transfers
from groupbuy.commissions import withdrawals as stored
from groupbuy.commissions.models import Withdrawal
from groupbuy.commissions.rules import WithdrawalState
from groupbuy.flows import transferring
from groupbuy.http.charging import transfers_here
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import RuleBroken
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.deciding import ReasonForm
from groupbuy.web.kit.forms import KeyedForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import translate_sentence

DEEDS = {"transfer": _l("Pay through WeChat"), "release": _l("End the transfer")}
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


@blueprint.route("/withdrawals/<number>/<any(transfer, release):deed>", methods=["GET", "POST"])
def withdrawals_transfer(number: str, deed: str) -> ResponseReturnValue:
    """Say who gets what, and send it through WeChat; or end a try after looking at WeChat's own pages."""
    row = stored.get_withdrawal(number)
    form = KeyedForm() if deed == "transfer" else ReasonForm()

    def store() -> None:
        usual: dict[str, Any] = {"number": number, "now": utc_now(), "actor": actor().name}
        if isinstance(form, ReasonForm):
            transferring.release(**usual, reason=form.reason.data or "")
            return
        transfers_here()
        transferring.send(**usual, submission_key=(form.submission_key.data or "")[:64] or None)

    return saving.answer(
        form,
        store,
        title=f"{DEEDS[deed]}: {row.leader.name} {row.number}",
        back=(url_for("admin.withdrawals"), _("Withdrawals")),
        template="admin/withdrawal.html",
        row=row,
        transfer=transfers.latest_of([row.id]).get(row.id),
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
