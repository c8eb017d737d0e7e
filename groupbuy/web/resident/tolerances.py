"""How many units more a resident takes of goods if that fills a case (凑箱), until the cut-off."""

from flask import render_template
from flask.typing import ResponseReturnValue

from groupbuy.flows import naming_tolerances
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput
from groupbuy.orders.models import Order
from groupbuy.warehouse import planned
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.resident import naming
from groupbuy.web.resident.blueprint import blueprint, for_residents

FIELD = "more-"


@blueprint.route("/orders/<number>/tolerances", methods=["GET", "POST"])
@for_residents
def order_tolerances(number: str) -> ResponseReturnValue:
    """Say line by line how many units more fill a case."""
    return naming.answer(number, page=_page, save=_save)


def _page(order: Order, form: PageForm) -> str:
    named = {code: str(one.units) for code, one in naming_tolerances.named_by(order).items()}
    return render_template(
        "resident/tolerances.html",
        order=order,
        form=form,
        field=FIELD,
        most=naming_tolerances.MOST,
        cases=naming_tolerances.cases_of(order),
        lacking=planned.lacking(order.round),
        units=named | naming.sent(FIELD),
    )


def _save(order: Order) -> None:
    units = {code: _read(code, typed) for code, typed in naming.sent(FIELD).items()}
    naming_tolerances.allow(order=order, units=units, now=utc_now(), actor=signed_in().actor)


def _read(code: str, units: str) -> int:
    """Return a number as it was typed, nothing for an empty field."""
    if units and not (units.isascii() and units.isdigit() and len(units) < 6):
        raise BadInput("out_of_range", f"Between 0 and {naming_tolerances.MOST} more.", param=code)
    return int(units or "0")
