"""Leaders who owe something: what they have paid back is noted, what will not come is written off."""

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import contains_eager
from wtforms import SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Length

from groupbuy.commissions import debts as service
from groupbuy.commissions.debt_models import DebtSettlement
from groupbuy.commissions.debts import Wish
from groupbuy.commissions.withdrawals import money_of
from groupbuy.kernel.clock import utc_now
from groupbuy.leaders.models import Leader
from groupbuy.leaders.queries import get_leader
from groupbuy.web.admin import deciding, saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.deciding import ReasonForm
from groupbuy.web.admin.fields import YuanField
from groupbuy.web.admin.listing import Column, Filter, Listing, by_state, chosen, in_state, show
from groupbuy.web.admin.wechat_transfers import key_of
from groupbuy.web.admin.words import names_of
from groupbuy.web.kit.forms import KeyedForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l

# What the form asks for: what is done, and where a repayment came.
DEEDS = {
    "bank": _l("Paid back by the leader at the bank"),
    "cash": _l("Paid back by the leader in cash"),
    service.WRITTEN_OFF: _l("Written off by the platform"),
}
WAYS = {"bank": _l("At the bank"), "cash": _l("Cash")}


class SettleForm(KeyedForm):
    """What is done about a debt."""

    deed = SelectField(_l("What is done"), choices=[SelectChoice(*one) for one in DEEDS.items()])
    amount = YuanField(_l("Amount (yuan)"), validators=[InputRequired()])
    words = StringField(
        _l("Reference of the payment, or why it is written off"),
        validators=[InputRequired(), Length(max=200)],
    )


OWED = (
    Column(_l("Leader"), lambda row: f"{row.Leader.code} {row.Leader.name}"),
    Column(_l("State"), lambda row: row.Leader.state, "state:leader"),
    Column(_l("Owes"), lambda row: row.debt_fen, "money"),
)
SETTLED = (
    Column(_l("Leader"), lambda row: f"{row.leader.code} {row.leader.name}"),
    Column(_l("What is done"), lambda row: row.deed, "state:debt_deed"),
    Column(_l("Way"), lambda row: WAYS[row.way] if row.way else None),
    Column(_l("Amount"), lambda row: row.amount_fen, "money"),
    Column(_l("Reference or reason"), lambda row: row.words, width=26),
    Column(_l("Noted"), lambda row: row.asked_at, "moment"),
    Column(_l("State"), lambda row: row.state, "state:debt_settlement"),
)


def tabs(current: str) -> list[tuple[str, str, bool]]:
    """Return the pages of debts: address, name, and whether it is this one."""
    pages = (("admin.debts", _("Debts of leaders")), ("admin.debts_settled", _("Paid back and written off")))
    return [(url_for(page), name, page == current) for page, name in pages]


@blueprint.get("/debts")
def debts() -> ResponseReturnValue:
    """List leaders who owe something, the most first."""
    listing = Listing(
        "debts-of-leaders",
        _("Debts of leaders"),
        service.owed().where(*chosen("leader", Leader.code)),
        OWED,
        filters=(Filter("leader", _("Leader's code")),),
        actions=((_l("Settle a debt"), lambda row: url_for("admin.debts_settle", code=row.Leader.code)),),
    )
    empty = _("No leader owes anything: commission that is taken back after it was paid out stands here.")
    return show(listing, tabs=tabs("admin.debts"), empty_text=empty)


@blueprint.get("/debts/settled")
def debts_settled() -> ResponseReturnValue:
    """List what was done about debts, the latest first."""
    statement = select(DebtSettlement).join(DebtSettlement.leader).order_by(DebtSettlement.id.desc())
    narrowed = (*in_state(DebtSettlement.state), *chosen("leader", Leader.code))
    listing = Listing(
        "settled-debts",
        _("Paid back and written off"),
        statement.options(contains_eager(DebtSettlement.leader)).where(*narrowed),
        SETTLED,
        filters=(by_state("debt_settlement"), Filter("leader", _("Leader's code"))),
        actions=deciding.links(("agree", _l("Agree")), _decide),
        scalars=True,
    )
    empty = _("What leaders pay back, and what is written off, stands here.")
    return show(listing, tabs=tabs("admin.debts_settled"), empty_text=empty)


def _decide(row: DebtSettlement, deed: str) -> str | None:
    waits = row.state == service.ASKED
    return url_for("admin.debts_decide", settlement_id=row.id, deed=deed) if waits else None


@blueprint.route("/debts/<code>", methods=["GET", "POST"])
def debts_settle(code: str) -> ResponseReturnValue:
    """Note what a leader has paid back, or write it off; the same form again is the same deed."""
    leader = get_leader(code)
    debt = service.debt_of(leader.id)
    form = SettleForm(amount=debt or None)
    made: list[str] = []

    def store() -> None:
        what = form.deed.data
        repaid = {"deed": service.REPAID, "way": what}
        wanted: dict[str, Any] = repaid if what in service.WAYS else {"deed": what}
        wish = Wish(amount_fen=form.amount.data or 0, words=form.words.data or "", **wanted)
        usual: dict[str, Any] = {"now": utc_now(), "actor": actor().name, "submission_key": key_of(form)}
        made[:] = [service.settle(leader=get_leader(code), wish=wish, **usual).state]

    def done() -> str:
        waits = _("Nothing is written off yet: so much waits for a second person.")
        return waits if made == [service.ASKED] else _("Booked.")

    return saving.answer(
        form,
        store,
        title=f"{_('Settle a debt')}: {leader.code} {leader.name}",
        back=(url_for("admin.debts"), _("Debts of leaders")),
        then=url_for("admin.debts_settled", leader=leader.code),
        template="admin/debt.html",
        debt_fen=debt,
        money=money_of(leader.id),
        done=done,
        deed=_("Book"),
    )


@blueprint.route("/debts/settled/<int:settlement_id>/<any(agree, reject):deed>", methods=["GET", "POST"])
def debts_decide(settlement_id: int, deed: str) -> ResponseReturnValue:
    """Agree as the second person that a debt is written off, or reject that."""
    row = service.get_settlement(settlement_id)

    def store(reason: str) -> None:
        usual: dict[str, Any] = {"now": utc_now(), "actor": actor().name}
        service.decide(settlement_id=settlement_id, agree=deed == "agree", reason=reason, **usual)

    return deciding.page(
        deed,
        _("Agree"),
        store,
        why=ReasonForm,
        about=f"{row.leader.code} {row.leader.name}",
        back=(url_for("admin.debts_settled"), _("Paid back and written off")),
        template="admin/debt_decision.html",
        row=row,
        debt_fen=service.debt_of(row.leader_id),
        asked_by=names_of([row.asked_by]).get(row.asked_by, row.asked_by),
    )
