"""Orders that staff place after the close, and the amendments that they cause."""

from flask import current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from wtforms import BooleanField, FieldList, FormField, StringField
from wtforms.validators import InputRequired, Length

from groupbuy.campaigns import queries as campaigns
from groupbuy.campaigns.models import Offer, OfferVersion, Round
from groupbuy.catalog.models import Product
from groupbuy.config import Settings
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import late_orders
from groupbuy.flows.ordering import MAX_REMARK, Wish
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.members.queries import get_resident
from groupbuy.purchasing import amending
from groupbuy.purchasing.queries import get_purchase_order
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.order_deeds import LineForm
from groupbuy.web.amendments import amendment_file
from groupbuy.web.kit.forms import KeyedForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import translate_sentence


class LateOrderForm(KeyedForm):
    """For whom, and how much of what."""

    resident = StringField(
        _l("Resident's number"),
        validators=[InputRequired(), Length(max=64)],
        description=_l("As the list of residents shows it, such as R12."),
    )
    lines = FieldList(FormField(LineForm), max_entries=1000)
    remark = StringField(_l("Remark"), validators=[Length(max=MAX_REMARK)])
    confirmed = BooleanField(_l("Yes, it is really so many."))
    asks = False


@blueprint.route("/rounds/<name>/late-order", methods=["GET", "POST"])
def campaigns_round_late_order(name: str) -> ResponseReturnValue:
    """Order for a resident after the close; suppliers get the difference."""
    round_ = campaigns.get_round(name)
    offered = db.session.execute(
        select(Product.code, OfferVersion.name, OfferVersion.price_fen)
        .join(Offer, Offer.product_id == Product.id)
        .join(OfferVersion, (OfferVersion.offer_id == Offer.id) & (OfferVersion.number == Offer.version_no))
        .where(Offer.round_id == round_.id, Offer.state == "active")
        .order_by(Product.code)
    ).all()
    form = LateOrderForm(data={"lines": [{"code": row.code, "quantity": None} for row in offered]})
    if form.validate_on_submit() and (number := _place(form, round_)):
        flash(_("The order is placed; suppliers and the leader get the difference."), "ok")
        return redirect(url_for("admin.orders_detail", number=number), 303)
    page = render_template(
        "admin/late_order.html", round=round_, form=form, offered={row.code: row for row in offered}
    )
    return page, 422 if form.errors else 200


def _place(form: LateOrderForm, round_: Round) -> str | None:
    settings: Settings = current_app.extensions["groupbuy_settings"]
    try:
        return in_transaction(
            lambda: (
                late_orders.place_late_order(
                    round_=round_,
                    resident=get_resident((form.resident.data or "").strip()),
                    wishes=[
                        Wish(row.code.data, row.quantity.data) for row in form.lines if row.quantity.data
                    ],
                    now=utc_now(),
                    zone=settings.timezone,
                    actor=actor(),
                    remark=form.remark.data,
                    submission_key=form.submission_key.data or None,
                    confirmed=bool(form.confirmed.data),
                ).number
            )
        )
    except GroupbuyError as error:
        form.form_errors.append(translate_sentence(error.message))
        form.asks = error.code == "unusual_quantity"
        return None


@blueprint.get("/purchasing/amendments/<number>.<any(xlsx, pdf):suffix>")
def purchasing_amendment(number: str, suffix: str) -> ResponseReturnValue:
    """Download what changed on an order after it had left."""
    return amendment_file(number, suffix)


@blueprint.post("/purchasing/amendments/<number>/told")
def purchasing_amendment_told(number: str) -> ResponseReturnValue:
    """Note that the supplier has an amendment by phone, message or paper."""

    def note() -> str:
        changed = amending.get_amendment(number)
        amending.note_told(amendment=changed, now=utc_now(), actor=actor().name)
        return get_purchase_order(changed.purchase_order_id).number

    order = in_transaction(note)
    flash(_("Saved."), "ok")
    return redirect(url_for("admin.purchasing_order", number=order), 303)
