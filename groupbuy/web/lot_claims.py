"""What a buyer says of a batch that may be bad, by themselves or by the leader on their behalf."""

from collections.abc import Sequence

from flask import flash, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_wtf.file import MultipleFileField
from wtforms.validators import InputRequired

from groupbuy.aftersales import lots
from groupbuy.aftersales.models import LotReply
from groupbuy.aftersales.rules import LotState
from groupbuy.flows import claiming_lots
from groupbuy.http.guards import signed_in
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import NotFound
from groupbuy.orders.models import Order
from groupbuy.web.admin import saving
from groupbuy.web.admin.fields import WholeField
from groupbuy.web.after_sales import stored_photos
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l


class ReplyForm(PageForm):
    """How many pieces are bad, and pictures of them."""

    bad_units = WholeField(_l("How many are bad? (0 for none)"), validators=[InputRequired()])
    photos = MultipleFileField(_l("Pictures (up to 3)"))


def page(order: Order, claim_number: str, *, desk: str, here: str, back: str) -> ResponseReturnValue:
    """Ask how many pieces of an order are bad, and show what became of the answer; raise NotFound."""
    claim, form, now = lots.get_claim(claim_number), ReplyForm(), utc_now()
    reply = _of_order(lots.replies_of(claim, resident_ids=[order.resident_id]), order)

    def store() -> None:
        claiming_lots.answer(
            claim=lots.get_claim(claim_number),
            order_number=order.number,
            bad_units=form.bad_units.data or 0,
            resident_ids=[order.resident_id],
            now=now,
            actor=signed_in().actor,
            photos=stored_photos(form.photos.data) if form.bad_units.data else (),
        )

    if form.validate_on_submit() and saving.stored(form, store):
        flash(_("Thank you, your answer is noted."), "ok")
        return redirect(here, 303)
    asks = claim.state == LotState.ASKING and claim.until > now and reply.bad_units is None
    shown = {"order": order, "claim": claim, "reply": reply, "asks": asks, "form": form}
    return render_template("lot_claim.html", desk=desk, back=back, **shown), 422 if form.errors else 200


def _of_order(replies: Sequence[LotReply], order: Order) -> LotReply:
    for reply in replies:
        if reply.line.order_id == order.id:
            return reply
    raise NotFound("unknown_claim", "There is no such claim.")
