"""Forms of signing in and up."""

from wtforms import BooleanField, HiddenField, PasswordField, RadioField, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from groupbuy.kernel.phones import normalise_phone
from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l


def check_phone(_form: PageForm, field: StringField) -> None:
    """Refuse what is no mainland mobile number."""
    if normalise_phone(field.data or "") is None:
        raise ValidationError(_("A mobile number has 11 digits, such as 138 1234 5678."))


class NextForm(PageForm):
    """A form that leads somewhere afterwards."""

    next = HiddenField()


class PhoneForm(NextForm):
    """Ask for a code."""

    phone = StringField(
        _l("Mobile number"), validators=[InputRequired(_l("Type your mobile number.")), check_phone]
    )


class CodeForm(PhoneForm):
    """Sign in by code."""

    code = StringField(
        _l("Code"), validators=[InputRequired(_l("Type the code you were sent.")), Length(max=20)]
    )


class NewPhoneForm(CodeForm):
    """Another mobile number, and the code that was sent to it."""

    phone = StringField(
        _l("New mobile number"), validators=[InputRequired(_l("Type your mobile number.")), check_phone]
    )


class PasswordForm(PhoneForm):
    """Sign in by password."""

    password = PasswordField(
        _l("Password"), validators=[InputRequired(_l("Type your password.")), Length(max=128)]
    )


class SignUpForm(NextForm):
    """Become a resident of a leader."""

    name = StringField(
        _l("Your name"), validators=[InputRequired(_l("Tell us what to call you.")), Length(max=30)]
    )
    room = StringField(
        _l("Building and room"),
        validators=[InputRequired(_l("Your building and room, so that your bag finds you.")), Length(max=40)],
    )
    leader = StringField(_l("Leader's code"), validators=[Length(max=64)])
    consent = BooleanField(validators=[InputRequired(_l("Please agree to the privacy terms to go on."))])


class RoleForm(NextForm):
    """Choose in which role to act."""

    role = RadioField(_l("Go on as"), validators=[InputRequired()])
