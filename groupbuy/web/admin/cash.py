"""Residents' cash that leaders hand over, and money that is owed back on orders."""

from flask import url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import contains_eager, joinedload
from wtforms import SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Length

from groupbuy.analytics.sales_note import is_sale
from groupbuy.db import db
from groupbuy.flows import refunding
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import NotFound
from groupbuy.leaders.models import Leader
from groupbuy.orders.models import Order
from groupbuy.orders.queries import get_order
from groupbuy.payments import handing_over
from groupbuy.payments.models import CashHandover
from groupbuy.web.admin import deciding, saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.deciding import WhyForm
from groupbuy.web.admin.fields import YuanField
from groupbuy.web.admin.listing import Column, Filter, Listing, by_state, chosen, in_state, show
from groupbuy.web.kit.forms import KeyedForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l


class PayBackForm(KeyedForm):
    """How much of an order is paid back, where to and why."""

    amount = YuanField(_l("Amount (yuan)"), validators=[InputRequired()])
    target = SelectField(
        _l("Pay back"),
        choices=[
            SelectChoice(refunding.SOURCES, _l("the way it was paid")),
            SelectChoice("wallet", _l("to the wallet")),
            SelectChoice("cash", _l("in cash, by the leader")),
        ],
    )
    reason = StringField(_l("Reason, shown to residents"), validators=[InputRequired(), Length(max=200)])


HANDOVERS = (
    Column(_l("Leader"), lambda row: f"{row.leader.code} {row.leader.name}"),
    Column(_l("Handed over"), lambda row: row.handed_at, "moment"),
    Column(_l("Amount"), lambda row: row.amount_fen, "money"),
    Column(_l("Note"), lambda row: row.note),
    Column(_l("State"), lambda row: row.state, "state:handover"),
)
OWED = (
    Column(_l("Order"), lambda row: row.number, "code", lambda row: _order(row)),
    Column(_l("Resident"), lambda row: row.resident.name),
    Column(_l("Paid"), lambda row: row.paid_fen, "money"),
    Column(_l("Amount"), lambda row: row.amount_fen, "money"),
    Column(_l("To give back"), lambda row: row.paid_fen - row.amount_fen, "money"),
)


def _order(row: Order) -> str:
    return url_for("admin.orders_detail", number=row.number)


def _decide(row: CashHandover, deed: str) -> str | None:
    return url_for("admin.cash_decide", handover_id=row.id, deed=deed) if row.state == "handed" else None


@blueprint.get("/cash")
def cash() -> ResponseReturnValue:
    """List hand-overs of cash, the oldest first."""
    statement = select(CashHandover).options(contains_eager(CashHandover.leader)).order_by(CashHandover.id)
    statement = statement.join(CashHandover.leader).where(*chosen("leader", Leader.code))
    listing = Listing(
        "cash",
        _("Cash handed over"),
        statement.where(*in_state(CashHandover.state)),
        HANDOVERS,
        filters=(by_state("handover"), Filter("leader", _("Leader's code"))),
        actions=deciding.links(("confirm", _l("Confirm")), _decide),
        scalars=True,
    )
    return show(listing, empty_text=_("Leaders note here what they have handed over."))


@blueprint.route("/cash/<int:handover_id>/<any(confirm, reject):deed>", methods=["GET", "POST"])
def cash_decide(handover_id: int, deed: str) -> ResponseReturnValue:
    """Confirm that cash has arrived, or reject the note of it."""
    row = db.session.get(CashHandover, handover_id)
    if row is None:
        raise NotFound("unknown_handover", "There is no such hand-over.")

    def store(reason: str) -> None:
        handing_over.decide(
            handover_id=handover_id,
            confirm=deed == "confirm",
            reason=reason,
            now=utc_now(),
            actor=actor().name,
        )

    return deciding.page(
        deed,
        _("Confirm"),
        store,
        why=WhyForm,
        about=row.leader.name,
        back=(url_for("admin.cash"), _("Cash handed over")),
        template="admin/handover.html",
        row=row,
    )


@blueprint.get("/refunds")
def refunds() -> ResponseReturnValue:
    """List orders on which more was paid than is delivered."""
    statement = select(Order).options(joinedload(Order.resident)).where(Order.paid_fen > Order.amount_fen)
    listing = Listing(
        "refunds",
        _("To give back"),
        statement.order_by(Order.id),
        OWED,
        actions=(
            (_("Pay back"), lambda row: url_for("admin.refunds_pay", number=row.number)),
            (_("Sales note"), _sales_note),
        ),
        personal=True,
        scalars=True,
    )
    return show(listing, empty_text=_("Nothing is owed back."))


def _sales_note(row: Order) -> str | None:
    """Return the address of an order's sales note, None where it was no sale."""
    return url_for("admin.orders_sales_note", number=row.number, suffix="pdf") if is_sale(row) else None


@blueprint.route("/refunds/<number>", methods=["GET", "POST"])
def refunds_pay(number: str) -> ResponseReturnValue:
    """Pay back what is owed on an order; the same form again is the same refund."""
    order = get_order(number)
    form = PayBackForm(amount=max(order.paid_fen - order.amount_fen, 0), reason=order.cancel_reason or "")

    asked: list[str] = []

    def store() -> None:
        request = refunding.refund(
            order=get_order(number),
            amount_fen=form.amount.data or 0,
            reason=form.reason.data or "",
            target=form.target.data,
            now=utc_now(),
            actor=actor().name,
            submission_key=(form.submission_key.data or "")[:64] or None,
        )
        asked[:] = [request.state]

    def done() -> str:
        waits = _(
            "Nothing is paid yet: so large a refund waits under “Refunds asked for” for a second person."
        )
        return waits if asked == [refunding.ASKED] else _("Paid back.")

    return saving.answer(
        form,
        store,
        title=f"{_('Pay back')}: {number}",
        back=(url_for("admin.refunds"), _("To give back")),
        done=done,
        deed=_("Pay back"),
    )
