"""The form of a campaign: schedule, goods, leaders, terms; and what it stands for."""

from collections.abc import Mapping
from typing import Any

from wtforms import (
    BooleanField,
    FieldList,
    Form,
    FormField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from groupbuy.campaigns.models import Campaign, CampaignOffer
from groupbuy.campaigns.rules import Kind, Recurrence
from groupbuy.campaigns.service import CampaignPlan, OfferPlan
from groupbuy.catalog.models import Product
from groupbuy.kernel.errors import BadInput
from groupbuy.web.admin.fields import DayField, WholeField, YuanField, optional
from groupbuy.web.kit.forms import PageForm
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


class Boxes(SelectMultipleField):  # type: ignore[misc]  # As above.
    """Several of a list, as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


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


_TERMS = (
    *("cap_orders", "cap_units", "cap_amount_fen", "min_orders", "min_amount_fen", "review_above_fen"),
    *("freight_fen", "freight_free_from_fen"),
)
_OFFER_TERMS = ("price_fen", "list_price_fen", "limit_units", "per_buyer_limit", "min_units", "multiple")


def recurrence_of(form: CampaignForm) -> Recurrence:
    """Return what the schedule says; raise BadInput that names the field at fault."""
    if form.start.data is None:
        raise BadInput("required", "Choose the day of the cut-off.", param="start")
    if form.kind.data not in set(Kind):
        raise BadInput("recurrence", "Choose how the campaign repeats.", param="kind")
    kind = Kind(form.kind.data)
    by_weekday = kind not in (Kind.ONCE, Kind.DAILY)
    return Recurrence(
        kind,
        form.start.data,
        until=None if kind is Kind.ONCE else form.until.data,
        weekdays=tuple(form.weekdays.data or ()) if by_weekday else (),
        every=form.every.data or 1,
        nth=form.nth.data,
    )


def plan_of(form: CampaignForm) -> CampaignPlan:
    """Return the plan that the form stands for; raise BadInput as ``recurrence_of`` does."""
    chosen = tuple(form.leader_ids.data or ()) if form.leaders.data == "chosen" else None
    if chosen == ():
        raise BadInput("required", "Choose at least one leader.", param="leader_ids")
    return CampaignPlan(
        name=form.name.data.strip(),
        recurrence=recurrence_of(form),
        opens=form.opens.data.strip(),
        closes=form.closes.data.strip(),
        open_days_before=form.open_days_before.data or 0,
        pickup_days_after=form.pickup_days_after.data or 0,
        description=(form.description.data or "").strip() or None,
        payment=form.payment.data,
        surplus_policy=form.surplus_policy.data,
        leader_ids=chosen,
        below_policy=form.below_policy.data,
        unreviewed=form.unreviewed.data,
        freight_shared=form.freight_shared.data == "yes",
        extend_minutes=form.extend_minutes.data or 0,
        max_extensions=form.max_extensions.data or 0,
        **{term: form[term].data for term in _TERMS},
    )


def offers_of(form: CampaignForm, products: Mapping[str, Product]) -> list[OfferPlan]:
    """Return the goods of the form as offers; raise BadInput for a product that is gone."""
    offers = []
    for row in form.goods:
        product = products.get(row.code.data)
        if product is None:
            raise BadInput("unknown_product", f"There is no product {row.code.data}.", param="goods")
        terms = {term: row.form[term].data for term in _OFFER_TERMS} | {"multiple": row.multiple.data or 1}
        offers.append(OfferPlan(product_id=product.id, leader_picks=row.leader_picks.data, **terms))
    return offers


_PLAIN = (
    "code",
    "name",
    "description",
    "opens",
    "closes",
    "open_days_before",
    "pickup_days_after",
    "payment",
    "surplus_policy",
    "below_policy",
    "unreviewed",
    "extend_minutes",
    "max_extensions",
)


def filled(
    campaign: Campaign, goods: list[tuple[CampaignOffer, str]], leader_ids: list[int]
) -> dict[str, Any]:
    """Return the form's values for a stored campaign; goods come with their product codes."""
    rows = [
        {"code": code, "leader_picks": offer.leader_picks}
        | {term: getattr(offer, term) for term in _OFFER_TERMS}
        for offer, code in goods
    ]
    schedule = Recurrence.from_json(campaign.recurrence) if campaign.recurrence else None
    return (
        {name: getattr(campaign, name) for name in (*_TERMS, *_PLAIN)}
        | {
            "freight_shared": "yes" if campaign.freight_shared else "no",
            "version": str(campaign.version),
            "goods": rows,
            "leaders": "all" if campaign.all_leaders else "chosen",
            "leader_ids": leader_ids,
        }
        | (_schedule(schedule) if schedule else {})
    )


def _schedule(recurrence: Recurrence) -> dict[str, Any]:
    return {
        "kind": recurrence.kind.value,
        "start": recurrence.start,
        "until": recurrence.until,
        "weekdays": list(recurrence.weekdays),
        "every": recurrence.every,
        "nth": recurrence.nth,
    }
