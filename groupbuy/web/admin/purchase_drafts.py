"""Purchase orders that wait for approval: bought more or less, approved, or refused."""

from collections.abc import Iterator

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from wtforms import FieldList, Form, FormField, HiddenField, StringField
from wtforms.validators import InputRequired, Length

from groupbuy.db.transaction import in_transaction
from groupbuy.flows import approving, refusing
from groupbuy.flows.confirming import MAX_NOTE
from groupbuy.http.row_ids import row_id
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import RuleBroken
from groupbuy.kernel.money import format_yuan
from groupbuy.purchasing import drafts
from groupbuy.purchasing.models import PurchaseOrder
from groupbuy.purchasing.queries import purchase_order_of_number
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.fields import WholeField
from groupbuy.web.kit.asking import ask_first
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l


class DraftLineForm(Form):  # type: ignore[misc]  # WTForms ships no types.
    """How many cases of one product are bought."""

    class Meta(PageForm.Meta):
        csrf = False

    code = HiddenField()
    former = HiddenField()
    cases = WholeField(_l("Cases"), validators=[InputRequired()])


class DraftForm(PageForm):
    """How many cases of each product are bought."""

    lines = FieldList(FormField(DraftLineForm), max_entries=2000)


@blueprint.route("/purchasing/<number>/change", methods=["GET", "POST"])
def purchasing_change(number: str) -> ResponseReturnValue:
    """Buy other numbers of cases before an order is approved."""
    order = purchase_order_of_number(number)
    lines = [{"code": line.product.code, "former": line.cases, "cases": line.cases} for line in order.lines]
    form = DraftForm(data={"lines": lines})
    return saving.answer(
        form,
        lambda: _change(number, form),
        template="admin/purchase_change.html",
        title=_("Change the quantities of %(number)s", number=number),
        back=(url_for("admin.purchasing_order", number=number), number),
        lines={line.product.code: line for line in order.lines},
    )


def _change(number: str, form: DraftForm) -> None:
    try:
        drafts.change_draft(number=number, wanted=list(_wanted(form)), now=utc_now(), actor=actor().name)
    except RuleBroken:
        # Who saves once more has seen what stands now.
        stand = {line.product.code: line.cases for line in purchase_order_of_number(number, fresh=True).lines}
        for row in form.lines:
            row.former.data = stand.get(row.code.data, "")
        raise


def _wanted(form: DraftForm) -> Iterator[drafts.Cases]:
    for row in form.lines:
        yield drafts.Cases(row.code.data, row.cases.data, row_id(row.former.data or ""))


class ApprovalForm(PageForm):
    """What the order was worth when one looked."""

    seen = HiddenField()


@blueprint.route("/purchasing/<number>/approve", methods=["GET", "POST"])
def purchasing_approve(number: str) -> ResponseReturnValue:
    """Approve a draft, also one below the supplier's minimum, and send it where there is an address."""
    order = purchase_order_of_number(number)
    form, back = ApprovalForm(), url_for("admin.purchasing_order", number=number)
    seen = row_id(form.seen.data or "")
    if form.validate_on_submit() and saving.stored(
        form,
        lambda: approving.approve_order(number=number, seen_fen=seen, now=utc_now(), actor=actor().name),
    ):
        flash(_("The purchase order is approved."), "ok")
        return redirect(back, 303)
    form.seen.data = order.cost_fen
    question = _("Approve %(number)s?", number=number)
    return ask_first("admin", question, list(_said(order)), deed=_("Approve"), back=back, form=form)


def _said(order: PurchaseOrder) -> Iterator[str]:
    """Say what an approval does."""
    minimum, cost = format_yuan(order.supplier.min_order_fen), format_yuan(order.cost_fen)
    if order.below_minimum:
        yield _("It is worth %(cost)s; the supplier's minimum is %(minimum)s.", cost=cost, minimum=minimum)
    else:
        yield _("It is worth %(cost)s.", cost=cost)
    if missed := sum(line.shortfall for line in order.lines):
        yield _("%(units)s units that residents have ordered will be short.", units=missed)
    if order.supplier.email:
        yield _("It goes to %(mail)s by mail.", mail=order.supplier.email)
    else:
        yield _("The supplier has no mail address: download it and mark it sent.")


class RefusalForm(PageForm):
    """Why nothing is bought."""

    reason = StringField(_l("Reason"), validators=[InputRequired(), Length(max=MAX_NOTE)])


@blueprint.route("/purchasing/<number>/refuse", methods=["GET", "POST"])
def purchasing_refuse(number: str) -> ResponseReturnValue:
    """Refuse a draft: nothing is bought on it."""
    order = purchase_order_of_number(number)
    form, back = RefusalForm(), url_for("admin.purchasing_order", number=number)
    if form.validate_on_submit():
        who, reason = actor(), form.reason.data or ""
        in_transaction(lambda: refusing.refuse_order(number=number, reason=reason, now=utc_now(), actor=who))
        flash(_("The purchase order is refused."), "ok")
        return redirect(back, 303)
    missed = sum(line.ordered - line.from_stock for line in order.lines)
    supplier = order.supplier.name
    sentences = [
        _("Nothing is bought from %(supplier)s on it, and the supplier hears of nothing.", supplier=supplier),
        _("%(units)s units that residents have ordered will be short.", units=missed),
        _("Share them out, swap them or pay them back on the round's page."),
        _("This cannot be undone."),
    ]
    question = _("Refuse %(number)s?", number=number)
    return ask_first("admin", question, sentences, deed=_("Refuse"), back=back, form=form, danger=True)
