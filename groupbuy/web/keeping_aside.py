"""The page on which a leader or an operator keeps an order aside until a day."""

from typing import Any

from flask import flash, redirect
from flask.typing import ResponseReturnValue
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from groupbuy.audit.actor import Actor
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import setting_aside
from groupbuy.kernel.clock import utc_now
from groupbuy.orders.models import Order
from groupbuy.orders.queries import get_order
from groupbuy.pickup.unfetched import asides_of
from groupbuy.web.admin import saving
from groupbuy.web.admin.fields import DayField
from groupbuy.web.kit.filters import zone
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l


class AsideForm(PageForm):
    """Until when an order is kept."""

    day = DayField(
        _l("Keep until the end of"),
        validators=[InputRequired(_l("Choose a day."))],
        render_kw={"type": "date"},
    )
    note = StringField(_l("Note"), validators=[Length(max=setting_aside.MAX_NOTE)])


def aside_page(
    order: Order, *, back: tuple[str, str], template: str, actor: Actor, **values: Any
) -> ResponseReturnValue:
    """Show until when an order is kept aside, and store another day."""
    aside, number = asides_of([order.id]).get(order.id), order.number
    form = AsideForm(obj=aside)

    def store() -> None:
        day: Any = form.day.data
        setting_aside.set_aside(
            order=get_order(number),
            day=day,
            note=form.note.data,
            now=utc_now(),
            zone=zone(),
            actor=actor,
        )

    return saving.answer(
        form,
        store,
        title=_("Keep order %(number)s aside", number=number),
        back=back,
        template=template,
        done=_("The order is kept aside; the resident has been told."),
        **values,
    )


def end_aside(order: Order, *, back: str, actor: Actor) -> ResponseReturnValue:
    """Keep an order aside no longer."""
    number = order.number
    in_transaction(lambda: setting_aside.end(order=get_order(number), now=utc_now(), actor=actor))
    flash(_("The order is kept aside no longer."), "ok")
    return redirect(back, 303)
