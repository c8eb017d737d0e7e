"""The form that asks for something after the sale, the same for residents and for leaders on their behalf."""

from collections.abc import Sequence

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.file import MultipleFileField
from werkzeug.datastructures import FileStorage
from wtforms import SelectField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length

from groupbuy.aftersales import queries, rules
from groupbuy.aftersales.models import AfterSaleCase
from groupbuy.aftersales.rules import Kind, Reason
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import putting_right
from groupbuy.flows.putting_right import Request
from groupbuy.http.guards import signed_in
from groupbuy.http.pictures import store_picture
from groupbuy.http.quotas import add_upload
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput, GroupbuyError
from groupbuy.orders.models import Order
from groupbuy.orders.rules import parse_quantity
from groupbuy.web.kit.filters import zone
from groupbuy.web.kit.forms import KeyedForm
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.i18n import translate_sentence

KINDS = {
    Kind.REFUND: _l("Refund"),
    Kind.REPLACEMENT: _l("Replacement in the next round"),
    Kind.EXCHANGE: _l("Exchange"),
    Kind.COMPLAINT: _l("Complaint"),
}
REASONS = {
    Reason.SPOILED: _l("Spoiled or mouldy"),
    Reason.DAMAGED: _l("Damaged"),
    Reason.WRONG: _l("Wrong goods"),
    Reason.MISSING: _l("Something is missing"),
    Reason.NOT_AS_SHOWN: _l("Not as shown"),
    Reason.OTHER: _l("Something else"),
}
_FIELDS = {"text": "text", "photos": "photos", "picture": "photos"}


class AfterSaleForm(KeyedForm):
    """What was wrong with which goods, and what is asked for."""

    kind = SelectField(
        _l("What do you ask for?"), choices=lambda: [SelectChoice(*pair) for pair in KINDS.items()]
    )
    reason = SelectField(
        _l("What is wrong?"), choices=lambda: [SelectChoice(*pair) for pair in REASONS.items()]
    )
    text = TextAreaField(
        _l("Describe it"),
        validators=[InputRequired(_l("Describe what is wrong.")), Length(max=rules.MAX_TEXT)],
    )
    photos = MultipleFileField(_l("Pictures (up to 3)"))


def page(order: Order, template: str, *, here: str, done: str) -> ResponseReturnValue:
    """Show an order's cases and the form for another; asking again with the same key changes nothing."""
    form, now, lines = AfterSaleForm(), utc_now(), queries.askable(order.id)
    if form.is_submitted() and asked(form, order):
        flash(done, "ok")
        return redirect(here, 303)
    shown = render_template(
        template,
        order=order,
        form=form,
        cases=queries.cases_of(order.id),
        askable={code: one for code, one in lines.items() if rules.in_time(one.until, now)},
        over=[one for one in lines.values() if not rules.in_time(one.until, now)],
        field_of=field_of,
        kinds=KINDS,
        reasons=REASONS,
    )
    return shown, 422 if form.errors else 200


def asked(form: AfterSaleForm, order: Order) -> AfterSaleCase | None:
    """Open a case of what was sent; None when something about it is wrong, which the form then says."""
    if not form.validate():
        return None
    identity, now = signed_in(), utc_now()

    def work() -> AfterSaleCase:
        request_ = Request(
            Kind(form.kind.data),
            Reason(form.reason.data),
            form.text.data,
            _units(order),
            stored_photos(form.photos.data),
        )
        return putting_right.ask(
            order=order,
            request=request_,
            now=now,
            zone=zone(),
            actor=identity.actor,
            submission_key=form.submission_key.data or None,
        )

    try:
        return in_transaction(work)
    except GroupbuyError as error:
        _blame(form, error)
        return None


def _blame(form: AfterSaleForm, error: GroupbuyError) -> None:
    """Put an error beside the pictures or the words that it is about, else above the goods."""
    sentence, field = translate_sentence(error.message), _FIELDS.get(error.param or "")
    if field is None:
        form.form_errors.append(sentence)
    else:
        form[field].errors = [*form[field].errors, sentence]


def field_of(product_code: str) -> str:
    """Return the name of the box for a product's units."""
    return f"units-{product_code}"


def _units(order: Order) -> dict[str, int]:
    typed = {code: request.form.get(field_of(code), "").strip() for code in queries.askable(order.id)}
    try:
        return {code: parse_quantity(text) for code, text in typed.items() if text.strip("0")}
    except (ValueError, OverflowError) as error:
        raise BadInput("not_a_number", "Type whole numbers.", param="units") from error


def stored_photos(sent: Sequence[FileStorage] | None) -> list[str]:
    """Store the pictures of a form and return their paths; raise BadInput, TooMany."""
    files = [file for file in sent or () if file]
    if len(files) > rules.MAX_PHOTOS:
        raise BadInput("out_of_range", f"At most {rules.MAX_PHOTOS} pictures.", param="photos")
    stored = []
    for file in files:
        # The transaction may run again: each file is read from its beginning each time.
        file.seek(0)
        content = file.read()
        add_upload(signed_in(), len(content))
        stored.append(store_picture(content))
    return stored
