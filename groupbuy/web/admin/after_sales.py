"""After-sale cases: those that wait, what was wrong, and deciding one."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, select
from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import Length

from groupbuy.aftersales import queries, rules
from groupbuy.aftersales.models import AfterSaleCase, AfterSaleLine
from groupbuy.aftersales.rules import Goods, Kind
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import putting_right
from groupbuy.flows.putting_right import Charge
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident
from groupbuy.orders.models import Order
from groupbuy.orders.rules import parse_quantity, part_of
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.listing import (
    Column,
    Filter,
    Listing,
    by_state,
    chosen,
    in_state,
    searched,
    show,
    within_days,
)
from groupbuy.web.after_sales import KINDS, REASONS
from groupbuy.web.kit.filters import zone
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l

GOODS = {
    Goods.KEPT: _l("stay with the resident"),
    Goods.RETURNED: _l("come back and are sold again"),
    Goods.WRITTEN_OFF: _l("come back and are written off"),
}


def _refund_of(case: AfterSaleCase) -> int | None:
    """Return what a case has taken off its order, in fen; None where no refund was approved."""
    return case.refund_fen if case.refund_fen or _is_refund(case, "closed") else None


def _is_refund(case: AfterSaleCase, state: str) -> bool:
    return case.kind == Kind.REFUND and case.state == state


COLUMNS = (
    Column(
        _l("Number"),
        lambda row: row.AfterSaleCase.number,
        "code",
        lambda row: url_for("admin.aftersales_case", number=row.AfterSaleCase.number),
        width=18,
    ),
    Column(_l("Asked"), lambda row: row.AfterSaleCase.asked_at, "moment"),
    Column(_l("Resident"), lambda row: row.Resident.name, "name"),
    Column(_l("Leader"), lambda row: row.Leader.name, "name"),
    Column(_l("Request"), lambda row: KINDS[row.AfterSaleCase.kind]),
    Column(_l("Reason"), lambda row: REASONS[row.AfterSaleCase.reason]),
    Column(
        _l("Refund"),
        lambda row: _refund_of(row.AfterSaleCase),
        "money",
        absent=lambda row: _("not decided yet") if _is_refund(row.AfterSaleCase, "asked") else None,
    ),
    Column(_l("State"), lambda row: row.AfterSaleCase.state, "state:after_sale"),
)


class DecisionForm(PageForm):
    """What is decided about a case, and what becomes of the goods."""

    answer = TextAreaField(_l("Answer to the resident"), validators=[Length(max=rules.MAX_TEXT)])
    goods = SelectField(
        _l("The goods"),
        choices=lambda: [SelectChoice(*pair) for pair in GOODS.items()],
        description=_l(
            "What comes back moves the stock, in the batch that expires first of those it may be."
        ),
    )
    instead = StringField(
        _l("Exchange for (product code)"),
        validators=[Length(max=64)],
        description=_l(
            "Empty for the same goods. Others cost what they cost in the round that brings them;"
            " the difference is paid back or paid on pickup."
        ),
    )
    charge_supplier = BooleanField(_l("Charge the supplier with their cost"))


@blueprint.get("/after-sales")
def aftersales() -> ResponseReturnValue:
    """List after-sale cases, the latest first."""
    counted = queries.cases_by_reason()
    reasons = [(reason, f"{label} ({counted.get(reason, 0)})") for reason, label in REASONS.items()]
    listing = Listing(
        "after-sales",
        _("After-sales"),
        _statement(),
        COLUMNS,
        filters=(
            Filter("q", _("Number, resident or leader")),
            by_state("after_sale"),
            Filter("reason", _("Reason"), reasons, _("All reasons")),
            Filter("from", _("Day of the request"), until="until"),
        ),
    )
    return show(listing, tabs=tabs("admin.aftersales"), empty_text=_("Nobody has asked for anything."))


def tabs(current: str) -> list[tuple[str, str, bool]]:
    """Return the pages about cases."""
    pages = ((_("After-sales"), "admin.aftersales"), (_("Reasons"), "admin.aftersales_reasons"))
    return [(url_for(endpoint), text, endpoint == current) for text, endpoint in pages]


def _statement() -> Select[*tuple[Any, ...]]:
    return (
        select(AfterSaleCase, Order, Resident, Leader)
        .join(Order, Order.id == AfterSaleCase.order_id)
        .join(Resident, Resident.id == Order.resident_id)
        .join(Leader, Leader.id == Order.leader_id)
        .order_by(AfterSaleCase.id.desc())
        .where(*within_days(AfterSaleCase.asked_at, "from", "until"))
        .where(*in_state(AfterSaleCase.state), *chosen("reason", AfterSaleCase.reason))
        .where(*searched(AfterSaleCase.number, Order.number, Resident.name, Leader.name))
    )


@blueprint.route("/after-sales/<number>", methods=["GET", "POST"])
def aftersales_case(number: str) -> ResponseReturnValue:
    """Show a case and decide it; of two people at once the second is told."""
    case, form = queries.get_case(number), DecisionForm()

    def store(approve: bool) -> None:
        putting_right.decide(
            number=number,
            approve=approve,
            answer=form.answer.data or "",
            goods=Goods(form.goods.data),
            charge=Charge() if form.charge_supplier.data else None,
            instead=form.instead.data or None,
            agreed=_agreed(case) if approve else None,
            now=utc_now(),
            zone=zone(),
            actor=actor(),
        )

    if form.validate_on_submit() and saving.stored(form, lambda: store(approve=_approves())):
        flash(_("Decided."), "ok")
        return redirect(url_for("admin.aftersales_case", number=number), 303)
    page = render_template(
        "admin/after_sale.html",
        case=case,
        form=form,
        kinds=KINDS,
        reasons=REASONS,
        goods=GOODS,
        worth={line.order_line_id: _worth(line) for line in case.lines},
        field_of=_field_of,
    )
    return page, 422 if form.errors else 200


def _worth(line: AfterSaleLine) -> int:
    """Return what a refund of a case's line comes to now, in fen."""
    bought = line.line
    return part_of(bought.amount_fen, min(line.units, bought.quantity), bought.quantity)


def _field_of(line: AfterSaleLine) -> str:
    return f"units-{line.order_line_id}"


def _agreed(case: AfterSaleCase) -> dict[int, int]:
    """Return the units typed by line; an empty box is all that was asked for. Raise BadInput."""
    typed = {line.order_line_id: request.form.get(_field_of(line), "").strip() for line in case.lines}
    try:
        return {line_id: parse_quantity(text) for line_id, text in typed.items() if text}
    except (ValueError, OverflowError) as error:
        raise BadInput("not_a_number", "Type whole numbers.", param="units") from error


def _approves() -> bool:
    return request.form.get("decision") == "approve"


@blueprint.post("/after-sales/<number>/fulfilled")
def aftersales_fulfilled(number: str) -> ResponseReturnValue:
    """Note that promised goods have been handed over."""
    who = actor()
    in_transaction(lambda: putting_right.fulfil(number=number, now=utc_now(), actor=who))
    flash(_("Noted."), "ok")
    return redirect(url_for("admin.aftersales_case", number=number), 303)
