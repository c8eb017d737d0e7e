"""What a resident wants in the place of goods that may be short, until the cut-off."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from groupbuy.db.transaction import in_transaction
from groupbuy.flows import naming_substitutes
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.orders.models import Order
from groupbuy.orders.substitutes import offer_codes
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import translate_sentence
from groupbuy.web.resident.blueprint import blueprint, for_residents
from groupbuy.web.resident.orders import own_order
from groupbuy.web.resident.timeline import progress_of

FIELD = "instead-"


@blueprint.route("/orders/<number>/substitutes", methods=["GET", "POST"])
@for_residents
def order_substitutes(number: str) -> ResponseReturnValue:
    """Choose line by line: another product, only the money back, or what the operator finds."""
    order, back = own_order(number), url_for("resident.order", number=number)
    if not progress_of(order, utc_now()).can_change:
        flash(_("The cut-off has passed; this order can no longer be changed."), "wait")
        return redirect(back, 303)
    form = PageForm()
    if form.validate_on_submit() and _save(number, form):
        flash(_("Saved."), "ok")
        return redirect(back, 303)
    return _page(order, form), 422 if form.errors else 200


def _page(order: Order, form: PageForm) -> str:
    codes = offer_codes([line.offer_id for line in order.lines])
    return render_template(
        "resident/substitutes.html",
        order=order,
        form=form,
        codes=codes,
        field=FIELD,
        chosen=naming_substitutes.choices_of(order) | _sent(),
        candidates=naming_substitutes.candidates(order),
    )


def _sent() -> dict[str, str]:
    """Return what the form says, by product code."""
    return {
        name.removeprefix(FIELD): choice for name, choice in request.form.items() if name.startswith(FIELD)
    }


def _save(number: str, form: PageForm) -> bool:
    who = signed_in().actor
    try:
        in_transaction(
            lambda: naming_substitutes.choose(
                order=own_order(number), choices=_sent(), now=utc_now(), actor=who
            )
        )
    except GroupbuyError as error:
        form.form_errors.append(translate_sentence(error.message))
        return False
    return True
