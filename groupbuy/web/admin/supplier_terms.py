"""When a supplier is settled with, its rebates, and deductions by hand."""

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue
from wtforms import RadioField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length

from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput
from groupbuy.kernel.money import parse_percent, parse_yuan, plain_yuan
from groupbuy.kernel.width import half_width
from groupbuy.settlements import adjusting, queries
from groupbuy.settlements.rules import Cycle
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.fields import WholeField, YuanField
from groupbuy.web.kit.forms import KeyedForm, PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l

CYCLES = {
    Cycle.WEEK: _l("Every week"),
    Cycle.HALF_MONTH: _l("On the 1st and the 16th"),
    Cycle.MONTH: _l("Every month"),
}


class TermsForm(PageForm):
    """Cycle, days to pay, rebates."""

    cycle = SelectField(_l("Settlement cycle"))
    due_days = WholeField(_l("Days to pay"), validators=[InputRequired()])
    rebates = TextAreaField(
        _l("Rebates"),
        validators=[Length(max=1000)],
        description=_l("A line per step: purchases of a statement from (yuan), percentage of all of them."),
    )


class DeductionForm(KeyedForm):
    """Something off what a supplier is owed, or onto it."""

    kind = RadioField(
        _l("What it is"),
        choices=[SelectChoice("claim", _l("Claim")), SelectChoice("deduction", _l("Deduction"))],
        default="claim",
    )
    amount_fen = YuanField(_l("Amount (yuan)"), validators=[InputRequired()])
    note = StringField(_l("What for; the supplier reads it"), validators=[InputRequired(), Length(max=200)])


@blueprint.route("/suppliers/<code>/terms", methods=["GET", "POST"])
def supplier_terms(code: str) -> ResponseReturnValue:
    """Set when a supplier is settled with and what comes back as rebate."""
    supplier = queries.get_supplier(code)
    terms = queries.terms_of(supplier.id)
    text = "\n".join(f"{plain_yuan(start)} {plain_yuan(rate)}" for start, rate in terms.rebates)
    form = TermsForm(cycle=terms.cycle, due_days=terms.due_days, rebates=text)
    form.cycle.choices = [SelectChoice(cycle.value, name) for cycle, name in CYCLES.items()]

    def store() -> None:
        due_days: Any = form.due_days.data
        adjusting.set_terms(
            supplier=queries.get_supplier(code),
            cycle=form.cycle.data,
            due_days=due_days,
            rebates=[_step(line) for line in (form.rebates.data or "").splitlines() if line.strip()],
            now=utc_now(),
            actor=actor().name,
        )

    return saving.answer(
        form,
        store,
        title=_("Settling with %(supplier)s", supplier=supplier.name),
        back=(url_for("admin.settlements_owed"), _("What is owed")),
    )


def _step(line: str) -> tuple[int, int]:
    cells = half_width(line).replace(",", " ").replace("，", " ").replace("%", " ").replace("¥", " ").split()
    try:
        start, rate = cells
        return parse_yuan(start), parse_percent(rate)
    except (ValueError, OverflowError) as error:
        raise BadInput(
            "not_a_number", f"This step cannot be read: {line.strip()[:60]}", param="rebates"
        ) from error


@blueprint.route("/suppliers/<code>/deduct", methods=["GET", "POST"])
def supplier_deduct(code: str) -> ResponseReturnValue:
    """Take something off what a supplier is owed; sent twice it counts once."""
    supplier, form = queries.get_supplier(code), DeductionForm()

    def store() -> None:
        amount: Any = form.amount_fen.data
        adjusting.adjust(
            supplier_id=supplier.id,
            kind=form.kind.data,
            amount_fen=-amount,
            cause=f"form:{form.submission_key.data}",
            note=form.note.data,
            now=utc_now(),
            actor=actor().name,
        )

    return saving.answer(
        form,
        store,
        title=_("Deduct from %(supplier)s", supplier=supplier.name),
        back=(url_for("admin.settlements_owed"), _("What is owed")),
    )
