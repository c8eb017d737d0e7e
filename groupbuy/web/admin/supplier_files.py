"""The file of a supplier: how it delivers, its licences, and where it is paid to."""

from datetime import date
from functools import cache

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Length

from groupbuy.catalog import supplier_files as files
from groupbuy.catalog.models import SupplierLicence
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import enrolling
from groupbuy.http.guards import signed_in
from groupbuy.http.pictures import store_picture
from groupbuy.http.quotas import count_upload
from groupbuy.kernel.clock import utc_now
from groupbuy.warehouse.rating import LAST, rating_of
from groupbuy.web.admin import saving
from groupbuy.web.admin.blueprint import actor, blueprint
from groupbuy.web.admin.fields import DayField, optional
from groupbuy.web.admin.listing import Column, Rows, file_of
from groupbuy.web.kit.filters import today, zone
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.kit.states import state_choices
from groupbuy.web.leader.people import PersonForm

LICENCES = (
    Column(_l("Licence"), lambda licence: licence.kind, "state:licence", width=20),
    Column(_l("Number"), lambda licence: licence.number, width=26),
    Column(_l("Last day"), lambda licence: licence.expires_on, "day"),
    Column(_l("State"), lambda licence: _standing(licence), "state:batch"),
)


class LicenceForm(PageForm):
    """A licence; its picture is read from the request."""

    kind = SelectField(_l("Licence"))
    number = StringField(_l("Number"), validators=[InputRequired(), Length(max=files.MAX_NUMBER)])
    expires_on = DayField(_l("Last day"), validators=optional())


class BankForm(PageForm):
    """Where a supplier is paid to; what is stored is never filled in."""

    holder = StringField(_l("Account holder"), validators=[InputRequired(), Length(max=files.MAX_BANK)])
    bank = StringField(_l("Bank"), validators=[InputRequired(), Length(max=files.MAX_BANK)])
    account = StringField(_l("Account number"), validators=[InputRequired(), Length(max=files.MAX_BANK)])


@blueprint.route("/suppliers/<code>/file", methods=["GET", "POST"])
def suppliers_file(code: str) -> ResponseReturnValue:
    """Show how a supplier delivers, its licences and its bank; note a licence with its picture."""
    supplier, form = files.get_supplier(code), LicenceForm()
    form.kind.choices = [SelectChoice(kind, name) for kind, name in state_choices("licence")]
    bank, path = files.bank_of(supplier.id), cache(_picture)
    licences = Rows(supplier.name, LICENCES, files.licences_of(supplier.id))
    if taken := file_of(f"licences-{code}", licences):
        return taken

    return saving.answer(
        form,
        lambda: _add_licence(code, form, path()),
        template="admin/supplier_file.html",
        title=_("File of %(supplier)s", supplier=supplier.name),
        back=(url_for("admin.suppliers"), _("Suppliers")),
        then=url_for("admin.suppliers_file", code=code),
        supplier=supplier,
        licences=licences.items,
        standing=_standing,
        rating=rating_of(supplier.id, zone=zone()),
        last=LAST,
        bank=bank,
        masked=files.masked(bank.account) if bank else "",
    )


def _add_licence(code: str, form: LicenceForm, path: str | None) -> None:
    files.add_licence(
        supplier=files.get_supplier(code),
        kind=form.kind.data,
        number=form.number.data or "",
        expires_on=form.expires_on.data,
        now=utc_now(),
        actor=actor().name,
        path=path,
    )


def _picture() -> str | None:
    """Store the picture that was sent, drawn anew; return its path, None where there was none."""
    file = request.files.get("picture")
    content = file.read() if file else b""
    if not content:
        return None
    count_upload(signed_in(), len(content))
    return store_picture(content)


def _standing(licence: SupplierLicence) -> str:
    until: date | None = licence.expires_on
    if until is None or until > today() + files.WARNED:
        return "good"
    return "soon" if until >= today() else "expired"


@blueprint.post("/suppliers/<code>/licences/<int:licence_id>/withdraw")
def suppliers_withdraw(code: str, licence_id: int) -> ResponseReturnValue:
    """Let a licence count no more, because it was entered by mistake."""
    who = actor().name
    in_transaction(
        lambda: files.withdraw_licence(
            supplier=files.get_supplier(code), licence_id=licence_id, now=utc_now(), actor=who
        )
    )
    flash(_("The licence counts no more."), "ok")
    return redirect(url_for("admin.suppliers_file", code=code), 303)


@blueprint.route("/suppliers/<code>/bank", methods=["GET", "POST"])
def suppliers_bank(code: str) -> ResponseReturnValue:
    """Note where a supplier is paid to; whoever does so has just signed in."""
    supplier, form = files.get_supplier(code), BankForm()

    def store() -> None:
        files.set_bank(
            supplier=files.get_supplier(code),
            holder=form.holder.data or "",
            bank=form.bank.data or "",
            account=form.account.data or "",
            now=utc_now(),
            actor=actor().name,
        )

    return saving.answer(
        form,
        store,
        title=_("Bank account of %(supplier)s", supplier=supplier.name),
        back=(url_for("admin.suppliers_file", code=code), supplier.name),
    )


@blueprint.route("/suppliers/<code>/sign-in", methods=["GET", "POST"])
def suppliers_sign_in(code: str) -> ResponseReturnValue:
    """Set who signs in for a supplier; whoever does so has just signed in."""
    supplier, form = files.get_supplier(code), PersonForm()

    def store() -> None:
        enrolling.let_supply(
            supplier=files.get_supplier(code),
            phone=form.phone.data or "",
            name=form.name.data or "",
            now=utc_now(),
            actor=actor(),
        )

    return saving.answer(
        form,
        store,
        title=_("Sign-in for %(supplier)s", supplier=supplier.name),
        back=(url_for("admin.suppliers_file", code=code), supplier.name),
        done=_("This number can sign in for the supplier now."),
    )
