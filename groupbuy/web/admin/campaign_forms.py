"""The form of a campaign: schedule, goods, leaders, terms."""

from typing import Any

from wtforms import (
    BooleanField,
    FieldList,
    Form,
    FormField,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length

from groupbuy.campaigns.recurrence import Kind
from groupbuy.web.admin.fields import DayField, WholeField, YuanField, optional
from groupbuy.web.kit.forms import Boxes, PageForm
from groupbuy.web.kit.i18n import gettext as _
from groupbuy.web.kit.i18n import lazy_gettext as _l

MAX_GOODS = 500
_NUMBER: dict[str, Any] = {"inputmode": "numeric"}
_YUAN: dict[str, Any] = {"inputmode": "decimal"}


class GoodsForm(Form):  # type: ignore[misc]  # WTForms ships no types.
    """One product of a campaign."""

    class Meta(PageForm.Meta):
        csrf = False

    code = HiddenField()
    price_fen = YuanField(_l("Price"), validators=[InputRequired(_l("Fill in the price."))], render_kw=_YUAN)
    list_price_fen = YuanField(_l("List price"), validators=optional(), render_kw=_YUAN)
    limit_units = WholeField(_l("Limit"), validators=optional(), render_kw=_NUMBER)
    per_buyer_limit = WholeField(_l("Per person"), validators=optional(), render_kw=_NUMBER)
    min_units = WholeField(_l("Threshold"), validators=optional(), render_kw=_NUMBER)
    multiple = WholeField(_l("Multiple"), validators=optional(), render_kw=_NUMBER)
    leader_picks = BooleanField(_l("Leaders choose"))


def _kinds() -> list[SelectChoice]:
    names = {
        Kind.ONCE: _("Once"),
        Kind.DAILY: _("Every day"),
        Kind.WEEKLY: _("Every week"),
        Kind.EVERY_N_WEEKS: _("Every n weeks"),
        Kind.NTH_WEEKDAY: _("A weekday of the month"),
    }
    return [SelectChoice(kind.value, name) for kind, name in names.items()]


def _nths() -> list[SelectChoice]:
    names = (_("first"), _("second"), _("third"), _("fourth"), _("fifth"), _("last"))
    return [SelectChoice(n, name) for n, name in zip((1, 2, 3, 4, 5, -1), names, strict=True)]


class CampaignForm(PageForm):
    """Everything about a campaign."""

    version = HiddenField(default="0")
    code = StringField(_l("Item code"), validators=[InputRequired(), Length(max=48)])
    name = StringField(
        _l("Title"), validators=[InputRequired(_l("Give the campaign a title.")), Length(max=60)]
    )
    description = TextAreaField(_l("Description"), validators=[Length(max=1000)])

    kind = SelectField(_l("Recurrence"), choices=_kinds)
    start = DayField(
        _l("Day of the (first) cut-off"), validators=[InputRequired()], render_kw={"type": "date"}
    )
    until = DayField(_l("Last day"), validators=optional(), render_kw={"type": "date"})
    weekdays = Boxes(_l("Weekdays"), coerce=int)
    every = WholeField(_l("Every how many weeks"), validators=optional(), render_kw=_NUMBER)
    nth = SelectField(_l("Which in the month"), coerce=int, choices=_nths)
    opens = StringField(_l("Opens at"), validators=[InputRequired(), Length(max=5)])
    closes = StringField(_l("Cut-off at"), validators=[InputRequired(), Length(max=5)])
    open_days_before = WholeField(
        _l("Opens days before the cut-off"), validators=optional(), render_kw=_NUMBER
    )
    pickup_days_after = WholeField(
        _l("Pickup days after the cut-off"), validators=optional(), render_kw=_NUMBER
    )

    goods = FieldList(FormField(GoodsForm), max_entries=MAX_GOODS)
    find = StringField(_l("Find a product"), validators=[Length(max=100)])
    paste = TextAreaField(_l("Paste from a spreadsheet"), validators=[Length(max=50_000)])

    leaders = RadioField(
        _l("Who takes part"),
        choices=[SelectChoice("all", _l("All leaders")), SelectChoice("chosen", _l("Chosen leaders only"))],
        default="all",
    )
    leader_ids = Boxes(_l("Leaders"), coerce=int)

    payment = RadioField(
        _l("Payment"),
        choices=[
            SelectChoice("to_leader", _l("To the leader at pickup")),
            SelectChoice("prepaid", _l("Prepaid when ordering")),
        ],
        default="to_leader",
    )
    surplus_policy = RadioField(
        _l("Broken cases"),
        choices=[
            SelectChoice("surplus", _l("Buy whole cases, keep the rest")),
            SelectChoice("shortfall", _l("Buy whole cases only, list the shortfall")),
        ],
        default="surplus",
    )
    min_orders = WholeField(_l("At least so many orders"), validators=optional(), render_kw=_NUMBER)
    min_amount_fen = YuanField(_l("At least so much turnover (yuan)"), validators=optional(), render_kw=_YUAN)
    below_policy = RadioField(
        _l("When a threshold is missed"),
        choices=[
            SelectChoice("cancel", _l("Cancel and give back")),
            SelectChoice("extend", _l("Extend the round")),
        ],
        default="cancel",
    )
    extend_minutes = WholeField(_l("Extend by minutes"), validators=optional(), render_kw=_NUMBER)
    max_extensions = WholeField(_l("Extend at most times"), validators=optional(), render_kw=_NUMBER)
    review_above_fen = YuanField(
        _l("Review orders from (yuan)"),
        validators=optional(),
        render_kw=_YUAN,
        description=_l("0 reviews every order; empty reviews none."),
    )
    unreviewed = RadioField(
        _l("Orders nobody has reviewed by the cut-off"),
        choices=[SelectChoice("keep", _l("Deliver them")), SelectChoice("cancel", _l("Cancel them"))],
        default="keep",
    )
    freight_fen = YuanField(
        _l("Freight (yuan)"), validators=optional(), render_kw=_YUAN, description=_l("Empty takes none.")
    )
    freight_shared = RadioField(
        _l("Who pays it"),
        choices=[
            SelectChoice("no", _l("Each order, when it is placed")),
            SelectChoice("yes", _l("The orders of a leader together, shared by amount at the cut-off")),
        ],
        default="no",
    )
    freight_free_from_fen = YuanField(_l("Free from (yuan of goods)"), validators=optional(), render_kw=_YUAN)
    cap_orders = WholeField(_l("End early at orders"), validators=optional(), render_kw=_NUMBER)
    cap_units = WholeField(_l("End early at units"), validators=optional(), render_kw=_NUMBER)
    cap_amount_fen = YuanField(_l("End early at turnover (yuan)"), validators=optional(), render_kw=_YUAN)
