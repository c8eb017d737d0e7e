"""A resident asks for the invoice of an order, sees how far it is and downloads it."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length

from groupbuy.http.guards import signed_in
from groupbuy.invoicing import queries, rules, service
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import NotFound
from groupbuy.web.admin import saving
from groupbuy.web.invoice_files import invoice_download, red_invoice_download
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.resident.blueprint import blueprint, for_residents
from groupbuy.web.resident.orders import own_order


class InvoiceForm(PageForm):
    """For whom an invoice is, and where it is mailed to."""

    kind = SelectField(
        _l("Invoice for"),
        choices=[SelectChoice(rules.PERSON, _l("a person")), SelectChoice(rules.COMPANY, _l("a company"))],
    )
    title = StringField(_l("Title of the invoice"), validators=[InputRequired(), Length(max=rules.MAX_TITLE)])
    tax_number = StringField(_l("Tax number"), validators=[Length(max=40)])
    email = StringField(_l("Mail address"), validators=[InputRequired(), Length(max=200)])


@blueprint.route("/orders/<number>/invoice", methods=["GET", "POST"])
@for_residents
def order_invoice(number: str) -> ResponseReturnValue:
    """Show how far the invoice of an order is, and ask for it."""
    order, actor = own_order(number), signed_in().actor.name
    form = InvoiceForm(title=order.resident.name)

    def store() -> None:
        names = ("kind", "title", "tax_number", "email")
        buyer = rules.buyer(**{name: form[name].data or "" for name in names})
        service.ask(order=own_order(number), buyer=buyer, now=utc_now(), actor=actor)

    if form.validate_on_submit() and saving.stored(form, store):
        flash(_("The invoice is asked for. You find it here when it is made."), "ok")
        return redirect(url_for("resident.order_invoice", number=number), 303)
    taken_back = queries.reversed_of(order.id)
    page = render_template(
        "resident/invoice.html",
        order=own_order(number),
        form=form,
        request_=queries.latest_request(order.id),
        refusal=service.refusal_of(order),
        kept_fen=queries.kept_of(order),
        taken_back=taken_back,
        with_red_file=queries.with_red_file([one.id for one in taken_back]),
    )
    return page, 422 if form.errors or form.form_errors else 200


@blueprint.get("/orders/<number>/invoice/file")
@for_residents
def order_invoice_file(number: str) -> ResponseReturnValue:
    """Download the invoice of an order."""
    request = queries.live_request(own_order(number).id)
    if request is None:
        raise NotFound("unknown_request", "There is no such request.")
    return invoice_download(request)


@blueprint.get("/orders/<number>/invoice/red/<red_number>")
@for_residents
def order_invoice_red(number: str, red_number: str) -> ResponseReturnValue:
    """Download the red-letter invoice that took an invoice of an order back."""
    return red_invoice_download(queries.taken_back_by(own_order(number).id, red_number))
