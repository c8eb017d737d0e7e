"""When a supplier is settled with, and its rebates."""

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue
from wtforms import SelectField, TextAreaField
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
from groupbuy.web.admin.fields import WholeField
from groupbuy.web.kit.forms import PageForm
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
