"""A leader's money: what commission has come to, statements, withdrawals, and residents' cash."""

from collections.abc import Iterable, Mapping

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from groupbuy.analytics import leader_statement
from groupbuy.analytics.leader_statement_sheet import statement_sheet
from groupbuy.commissions import transfers, withdrawals, withdrawing
from groupbuy.commissions.transfer_models import WechatTransfer
from groupbuy.documents import csv_files, pdf, xlsx
from groupbuy.documents.sheet import Sheet
from groupbuy.finance import queries, rules
from groupbuy.finance.dials import dials
from groupbuy.http import proving
from groupbuy.http.charging import charging_here
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import NotFound
from groupbuy.payments import asking, handing_over
from groupbuy.web.admin import saving
from groupbuy.web.admin.fields import YuanField
from groupbuy.web.kit.downloads import attachment
from groupbuy.web.kit.forms import KeyedForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.leader.blueprint import blueprint, for_leaders, the_leader
from groupbuy.web.leader.withdraw_form import WithdrawForm, payee_of, withdraw_form
from groupbuy.web.signin.again import send_to_prove

# What WeChat's own browser calls itself; only there a leader can confirm the receipt of a transfer.
IN_WECHAT = "MicroMessenger"
EXPORTS = ("xlsx", "csv", "pdf")
SOURCES = {
    "commission": _l("Commission"),
    "referral": _l("Referral reward"),
    "referral_2": _l("Referral reward, second level"),
    "bonus": _l("Bonus"),
    "helper_share": _l("Share of helpers"),
    "helper_payment": _l("Paid to helpers"),
    "withdrawal": _l("Withdrawal"),
    "wechat_transfer": _l("Transfer put right"),
    "debt_settlement": _l("Debt settled"),
}
STEPS = {
    "accrue": _l("Booked at the close"),
    "freeze": _l("Picked up, frozen"),
    "settle": _l("After-sale days over, settled"),
    "accrue_back": _l("Taken back after a refund or a shortage"),
    "freeze_back": _l("Frozen accordingly less"),
    "settle_back": _l("Available accordingly less"),
    "share": _l("Settled with the commission"),
    "paid": _l("Confirmed by the helper"),
    "ask": _l("Withdrawal asked for"),
    "back": _l("Withdrawal given back"),
    "mend": _l("Booked as WeChat has paid it"),
    "repaid": _l("Paid back by the leader"),
    "written_off": _l("Written off by the platform"),
}


class HandOverForm(KeyedForm):
    """How much cash goes to the operator."""

    amount = YuanField(_l("Amount (yuan)"), validators=[InputRequired()])
    note = StringField(_l("Note"), validators=[Length(max=handing_over.MAX_NOTE)])


@blueprint.get("/money")
@for_leaders
def money() -> ResponseReturnValue:
    """Show what commission has come to, and withdrawals."""
    return _money(withdraw_form(the_leader(), formdata=None))


def _money(form: WithdrawForm) -> ResponseReturnValue:
    leader = the_leader()
    mine = withdrawals.withdrawals_of(leader.id)
    tries = transfers.latest_of([one.id for one in mine])
    accounts = [rules.commission(leader.id, stage) for stage in leader_statement.STAGES]
    page = render_template(
        "leader/money.html",
        money=withdrawals.money_of(leader.id),
        withdrawals=mine,
        transfers=tries,
        confirmations=_confirmations(tries.values()),
        in_wechat=IN_WECHAT in request.user_agent.string,
        periods=queries.periods_of(accounts),
        dials=dials(),
        form=form,
    )
    return page, 422 if form.errors else 200


def _confirmations(tries: Iterable[WechatTransfer]) -> Mapping[int, Mapping[str, str]]:
    """Return by withdrawal what the page hands to WeChat so that the leader can confirm the receipt."""
    waiting = [(one.withdrawal_id, one.package) for one in tries if one.state == "waiting" and one.package]
    channel = asking.find_transfers(charging_here().gateways)
    return {} if channel is None else {key: channel.confirmation(package) for key, package in waiting}


@blueprint.post("/money")
@for_leaders
def money_withdraw() -> ResponseReturnValue:
    """Ask for a withdrawal; the same form again is the same withdrawal."""
    form = withdraw_form(the_leader())

    def store() -> None:
        withdrawing.ask(
            leader=the_leader(),
            amount_fen=form.amount.data or 0,
            payee=payee_of(the_leader(), form),
            now=utc_now(),
            actor=signed_in().actor.name,
            submission_key=(form.submission_key.data or "")[:64] or None,
        )

    if form.validate_on_submit() and (prove := _prove_for(form)):
        return prove
    if not form.errors and saving.stored(form, store):
        flash(_("The withdrawal is asked for; the operator reviews it."), "ok")
        return redirect(url_for("leader.money"), 303)
    return _money(form)


def _prove_for(form: WithdrawForm) -> ResponseReturnValue | None:
    """Send a leader who names a new payout account to prove who it is; None where that is not needed."""
    payee = {"method": form.method.data, "payee": form.payee.data, "payee_name": form.payee_name.data}
    identity = signed_in()
    if form.known.data or withdrawals.has_paid_to(the_leader().id, **payee):
        return None
    if proving.misses_factor(identity):
        flash(_("A new payout account needs a second factor; set it up, then ask again."), "info")
        return redirect(url_for("signin.second_factor"), 303)
    return None if proving.is_fresh(identity, now=utc_now()) else send_to_prove(url_for("leader.money"))


@blueprint.get("/money/<period>")
@for_leaders
def money_month(period: str) -> ResponseReturnValue:
    """Show a month's statement; each row opens to its round's lines. ``?export=`` makes a file."""
    leader = the_leader()
    rows = leader_statement.statement(leader.id, period)
    if not rows:
        raise NotFound("unknown_period", "Nothing moved in this month.")
    kind, carried = request.args.get("export"), leader_statement.carried(leader.id, period)
    if kind in EXPORTS:
        named = f"{leader.code} {leader.name}"
        sheet = statement_sheet(period, named, rows, carried_fen=carried, now=utc_now())
        return sheet_file(sheet, f"{_('Statement')}-{leader.code}-{period}", kind)
    return render_template(
        "leader/money_month.html",
        period=period,
        rows=rows,
        carried_fen=carried,
        sums=leader_statement.sums_by_source(rows),
        sources=SOURCES,
        steps=STEPS,
    )


def sheet_file(sheet: Sheet, name: str, kind: str) -> ResponseReturnValue:
    """Return a sheet as a workbook, as CSV or for print."""
    if kind == "xlsx":
        return attachment(xlsx.write_xlsx([sheet]), f"{name}.xlsx", xlsx.CONTENT_TYPE)
    if kind == "pdf":
        return attachment(pdf.write_pdf([sheet]), f"{name}.pdf", pdf.CONTENT_TYPE)
    return attachment(csv_files.csv_for_people(sheet), f"{name}.csv", csv_files.CONTENT_TYPE)


@blueprint.route("/cash", methods=["GET", "POST"])
@for_leaders
def cash() -> ResponseReturnValue:
    """Show residents' cash that is due to the operator, and hand it over."""
    leader = the_leader()
    due = handing_over.cash_due(leader.id)
    form = HandOverForm(amount=due)

    def store() -> None:
        handing_over.hand_over(
            leader=the_leader(),
            amount_fen=form.amount.data or 0,
            note=form.note.data or "",
            now=utc_now(),
            actor=signed_in().actor.name,
            submission_key=(form.submission_key.data or "")[:64] or None,
        )

    if form.validate_on_submit() and saving.stored(form, store):
        flash(_("Noted; it counts once the operator has confirmed it."), "ok")
        return redirect(url_for("leader.cash"), 303)
    page = render_template(
        "leader/cash.html",
        due=due,
        handed=handing_over.handed(leader.id),
        handovers=handing_over.handovers(leader_id=leader.id),
        form=form,
    )
    return page, 422 if form.errors else 200
