"""What a resident wants in the place of goods that may be short, until the cut-off."""

from flask import render_template
from flask.typing import ResponseReturnValue

from groupbuy.flows import naming_substitutes
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.orders.models import Order
from groupbuy.orders.substitutes import offer_codes
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.resident import naming
from groupbuy.web.resident.blueprint import blueprint, for_residents

FIELD = "instead-"


@blueprint.route("/orders/<number>/substitutes", methods=["GET", "POST"])
@for_residents
def order_substitutes(number: str) -> ResponseReturnValue:
    """Choose line by line: another product, only the money back, or what the operator finds."""
    return naming.answer(number, page=_page, save=_save)


def _page(order: Order, form: PageForm) -> str:
    codes = offer_codes([line.offer_id for line in order.lines])
    return render_template(
        "resident/substitutes.html",
        order=order,
        form=form,
        codes=codes,
        field=FIELD,
        chosen=naming_substitutes.choices_of(order) | naming.sent(FIELD),
        candidates=naming_substitutes.candidates(order),
    )


def _save(order: Order) -> None:
    naming_substitutes.choose(order=order, choices=naming.sent(FIELD), now=utc_now(), actor=signed_in().actor)
