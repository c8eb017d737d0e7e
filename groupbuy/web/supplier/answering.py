"""What a supplier says will come of an order: the form, for its own page and for an operator's."""

from collections.abc import Collection
from typing import Any

from flask import flash, redirect, render_template
from flask.typing import ResponseReturnValue
from wtforms import FieldList, Form, FormField, HiddenField, StringField
from wtforms.validators import InputRequired, Length

from groupbuy.audit.actor import Actor
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import confirming
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.purchasing import amending
from groupbuy.purchasing.models import PurchaseOrder
from groupbuy.web.admin.fields import DayField, WholeField
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import translate_sentence

OPEN = ("approved", *confirming.ANSWERABLE)


class LineForm(Form):  # type: ignore[misc]  # WTForms ships no types.
    """How much of one product will come."""

    class Meta(PageForm.Meta):
        csrf = False

    code = HiddenField()
    units = WholeField(_l("Will be delivered"), validators=[InputRequired()])


class AnswerForm(PageForm):
    """How much will come, when, and a remark."""

    lines = FieldList(FormField(LineForm), max_entries=2000)
    promised_date = DayField(_l("Delivered on"), validators=[InputRequired()], render_kw={"type": "date"})
    note = StringField(_l("Remark"), validators=[Length(max=confirming.MAX_NOTE)])


def answer(
    order: PurchaseOrder, supplier_ids: Collection[int] | None, actor: Actor, back: tuple[str, str]
) -> ResponseReturnValue:
    """Show an order with the form, or store what was sent and go back."""
    form = AnswerForm(data=_filled(order))
    if form.validate_on_submit() and _store(form, order.number, supplier_ids, actor):
        flash(_("The answer is noted."), "ok")
        return redirect(back[0], 303)
    page = render_template(
        "supplier/answer.html",
        order=order,
        form=form,
        lines={line.product.code: line for line in order.lines},
        open=order.state in OPEN,
        back=back,
        amendments=amending.amendments_of(order.id),
        paper="admin.purchasing_amendment" if supplier_ids is None else "supplier.amendment",
    )
    return page, 422 if form.errors else 200


def _filled(order: PurchaseOrder) -> dict[str, Any]:
    lines = [
        {"code": line.product.code, "units": line.purchased if line.confirmed is None else line.confirmed}
        for line in order.lines
        if line.purchased
    ]
    return {
        "lines": lines,
        "promised_date": order.promised_date or order.due_date,
        "note": order.confirm_note or "",
    }


def _store(form: AnswerForm, number: str, supplier_ids: Collection[int] | None, actor: Actor) -> bool:
    quantities = {row.code.data: row.units.data for row in form.lines}
    answer = confirming.Answer(quantities, form.promised_date.data, form.note.data)
    try:
        in_transaction(
            lambda: confirming.confirm_order(
                number=number, answer=answer, now=utc_now(), actor=actor, supplier_ids=supplier_ids
            )
        )
    except GroupbuyError as error:
        sentence = translate_sentence(error.message)
        at_fault = [row for row in form.lines if row.code.data == error.param]
        for row in at_fault:
            row.units.errors = [*row.units.errors, sentence]
        form.form_errors.append(f"{error.param}: {sentence}" if at_fault else sentence)
        return False
    return True
