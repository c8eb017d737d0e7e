"""Forms in which a resident says something about each line of an order, until the cut-off."""

from collections.abc import Callable

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from groupbuy.db.transaction import in_transaction
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.orders.models import Order
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import translate_sentence
from groupbuy.web.resident.orders import own_order
from groupbuy.web.resident.timeline import progress_of


def answer(
    number: str, *, page: Callable[[Order, PageForm], str], save: Callable[[Order], None]
) -> ResponseReturnValue:
    """Show the form of an order that can still be changed, or save what it says in a transaction."""
    order, back = own_order(number), url_for("resident.order", number=number)
    if not progress_of(order, utc_now()).can_change:
        flash(_("The cut-off has passed; this order can no longer be changed."), "wait")
        return redirect(back, 303)
    form = PageForm()
    if form.validate_on_submit() and _saved(number, form, save):
        flash(_("Saved."), "ok")
        return redirect(back, 303)
    return page(order, form), 422 if form.errors else 200


def _saved(number: str, form: PageForm, save: Callable[[Order], None]) -> bool:
    try:
        in_transaction(lambda: save(own_order(number)))
    except GroupbuyError as error:
        form.form_errors.append(translate_sentence(error.message))
        return False
    return True


def sent(prefix: str) -> dict[str, str]:
    """Return what the form says, by product code; its fields are named by a prefix and the code."""
    return {
        name.removeprefix(prefix): said.strip()
        for name, said in request.form.items()
        if name.startswith(prefix)
    }
