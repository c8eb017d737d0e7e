"""The form for a person whom a leader takes in."""

from wtforms import StringField
from wtforms.validators import InputRequired, Length

from groupbuy.web.kit.forms import PageForm
from groupbuy.web.kit.i18n import lazy_gettext as _l
from groupbuy.web.signin.forms import check_phone


class PersonForm(PageForm):
    """Who comes in, by name and mobile number."""

    name = StringField(_l("Name"), validators=[InputRequired(_l("Type the name.")), Length(max=30)])
    phone = StringField(
        _l("Mobile number"), validators=[InputRequired(_l("Type the mobile number.")), check_phone]
    )
