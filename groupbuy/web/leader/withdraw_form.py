"""The form by which a leader asks for money: to an account that was named before, or to another."""

from typing import Any

from wtforms import Field, Form, RadioField, SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Length, StopValidation

from groupbuy.commissions import withdrawals
from groupbuy.commissions.withdrawing import MAX_PAYEE, Payee
from groupbuy.kernel.errors import BadInput
from groupbuy.leaders.models import Leader
from groupbuy.web.admin.fields import YuanField
from groupbuy.web.kit.forms import KeyedForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.payees import METHODS, veiled


def _unless_known(form: Form, _field: Field) -> None:
    """Ask for nothing more where an account is chosen that was named before."""
    if form["known"].data:
        raise StopValidation


class WithdrawForm(KeyedForm):
    """How much to pay out, and where to."""

    amount = YuanField(_l("Amount (yuan)"), validators=[InputRequired()])
    known = RadioField(_l("Account to pay to"), choices=[], validate_choice=False)
    method = SelectField(_l("Pay to"), choices=[SelectChoice(*one) for one in METHODS.items()])
    payee = StringField(
        _l("Account number"), validators=[_unless_known, InputRequired(), Length(max=MAX_PAYEE)]
    )
    payee_name = StringField(
        _l("Name of its holder"), validators=[_unless_known, InputRequired(), Length(max=MAX_PAYEE)]
    )


def withdraw_form(leader: Leader, **given: Any) -> WithdrawForm:
    """Return the form with the accounts to which the leader was paid before, the latest to begin with."""
    form = WithdrawForm(**given)
    found = [SelectChoice(row.number, veiled(row)) for row in withdrawals.payees_of(leader.id)]
    form.known.choices = [*found, SelectChoice("", _("Another account"))] if found else []
    # Only a page that has shown the choice may choose: else money would go elsewhere than was written.
    if found and not form.is_submitted():
        form.known.data = found[0].value
    return form


def payee_of(leader: Leader, form: WithdrawForm) -> Payee:
    """Return where the money is to go; raise BadInput for an account unknown by now, and for two at once."""
    if not form.known.data:
        return Payee(form.method.data, form.payee.data or "", form.payee_name.data or "")
    if (form.payee.data or "").strip():
        sentence = "An account is written below as well: choose another account, or clear it."
        raise BadInput("two_accounts", sentence, param="known")
    # Any withdrawal names its account, not only the latest to it: the same form may come again.
    row = withdrawals.find_paid_to(leader.id, form.known.data)
    if row is None:
        raise BadInput("unknown_payee", "Choose one of the accounts shown.", param="known")
    return Payee(row.method, row.payee, row.payee_name)
