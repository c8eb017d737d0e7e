"""What the form of a campaign stands for, and the form of a stored one."""

from collections.abc import Mapping
from typing import Any

from groupbuy.campaigns.models import Campaign, CampaignOffer
from groupbuy.campaigns.recurrence import Kind, Recurrence
from groupbuy.campaigns.service import CampaignPlan, OfferPlan
from groupbuy.catalog.models import Product
from groupbuy.kernel.errors import BadInput
from groupbuy.web.admin.campaign_forms import CampaignForm

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
