"""A campaign becomes rounds: the next days of its recurrence, each with a snapshot of its offers."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from groupbuy.audit import service as audit
from groupbuy.audit.service import SCHEDULER
from groupbuy.campaigns import lifecycle, service, snapshots
from groupbuy.campaigns.models import Campaign, CampaignOffer, MarketClosedDay, Round
from groupbuy.campaigns.recurrence import Kind, Recurrence, occurrences
from groupbuy.campaigns.rules import Window, round_name, window_for
from groupbuy.campaigns.service import CampaignPlan, OfferPlan
from groupbuy.catalog import supplier_files
from groupbuy.commissions import floors
from groupbuy.db import db
from groupbuy.kernel.errors import RuleBroken
from groupbuy.leaders import resting

HORIZON = timedelta(days=7)


def due_to_plan(*, now: datetime, zone: ZoneInfo) -> Sequence[Campaign]:
    """Return published recurring campaigns whose rounds are not planned a week ahead."""
    last = now.astimezone(zone).date() + HORIZON
    return db.session.scalars(
        select(Campaign)
        .where(Campaign.state == "published", Campaign.recurrence.is_not(None))
        .where((Campaign.planned_until.is_(None)) | (Campaign.planned_until < last))
        .order_by(Campaign.id)
    ).all()


def plan_rounds(*, campaign: Campaign, now: datetime, zone: ZoneInfo) -> list[str]:
    """Make a campaign's rounds up to a week ahead, a single one at any distance; return their names.

    A cut-off that has passed already makes no round; goods of suppliers with an expired licence go into
    none.
    """
    db.session.refresh(campaign, with_for_update=True)
    today = now.astimezone(zone).date()
    recurrence = Recurrence.from_json(campaign.recurrence)
    first = max(today, (campaign.planned_until or date.min) + timedelta(days=1))
    last = today + HORIZON
    if recurrence.kind is Kind.ONCE:
        last = max(last, recurrence.start)
    made = [round_.name for round_ in _make(campaign, first, last, now, zone)] if first <= last else []
    campaign.planned_until = max(last, campaign.planned_until or last)
    db.session.flush()
    return made


def publish(*, campaign: Campaign, now: datetime, zone: ZoneInfo, actor: str) -> list[str]:
    """Publish a campaign and make its first rounds at once; return their names.

    Raise RuleBroken ``licence_expired`` while a licence of one of its suppliers has expired, ``no_rounds``
    when its days are past or the market is closed on all of them, BadInput ``below_commission``.
    """
    floors.check_prices(_prices(campaign))
    supplier_files.refuse_barred(snapshots.suppliers_of(campaign.id), now.astimezone(zone).date())
    service.publish(campaign=campaign, now=now, actor=actor)
    names = plan_rounds(campaign=campaign, now=now, zone=zone)
    if not names and Recurrence.from_json(campaign.recurrence).kind is Kind.ONCE:
        raise RuleBroken("no_rounds", "Its cut-off is past, or the market is closed that day.")
    return names


def edit(
    *,
    campaign: Campaign,
    version: int,
    plan: CampaignPlan,
    offers: Sequence[OfferPlan],
    now: datetime,
    zone: ZoneInfo,
    actor: str,
) -> list[str]:
    """Change a campaign; return the rounds made anew.

    Raise as ``service.edit_campaign`` does, BadInput ``below_commission`` where a price is lowered below
    the commission per unit.
    """
    former = _prices(campaign)
    service.edit_campaign(campaign=campaign, version=version, plan=plan, offers=offers, now=now, actor=actor)
    prices = _prices(campaign)
    floors.check_prices({id_: fen for id_, fen in prices.items() if fen < former.get(id_, fen + 1)})
    return replan(campaign=campaign, now=now, zone=zone)


def _prices(campaign: Campaign) -> dict[int, int]:
    """Return the campaign's prices by product."""
    mine = CampaignOffer.campaign_id == campaign.id
    rows = db.session.execute(select(CampaignOffer.product_id, CampaignOffer.price_fen).where(mine))
    return {row.product_id: row.price_fen for row in rows}


def replan(*, campaign: Campaign, now: datetime, zone: ZoneInfo) -> list[str]:
    """Make the rounds that have neither opened nor been ordered from anew, after an edit."""
    if campaign.state != "published":
        return []
    for round_ in snapshots.untouched_rounds(campaign_id=campaign.id, now=now):
        snapshots.discard(round_)
    campaign.planned_until = None
    db.session.flush()
    return plan_rounds(campaign=campaign, now=now, zone=zone)


def _make(campaign: Campaign, first: date, last: date, now: datetime, zone: ZoneInfo) -> Iterator[Round]:
    closed = frozenset(db.session.scalars(select(MarketClosedDay.day).where(MarketClosedDay.day >= first)))
    recurrence = Recurrence.from_json(campaign.recurrence)
    barred = supplier_files.barred(now.astimezone(zone).date())
    planned = set(db.session.scalars(select(Round.name).where(Round.campaign_id == campaign.id)))
    for day in occurrences(recurrence, first=first, last=last, closed_days=closed):
        window = window_for(
            day,
            open_days_before=campaign.open_days_before,
            opens=campaign.opens,
            closes=campaign.closes,
            pickup_days_after=campaign.pickup_days_after,
            zone=zone,
        )
        name = round_name(campaign.code, day, recurring=recurrence.kind is not Kind.ONCE)
        if window.closes_at > now and name not in planned:
            yield make_round(campaign=campaign, name=name, window=window, day=day, now=now, barred=barred)


def open_round(*, round_: Round, now: datetime, zone: ZoneInfo) -> bool:
    """Open a round whose window has begun, without goods of suppliers whose licence has expired since.

    False when that is not so any more.
    """
    if not lifecycle.open_round(round_=round_, now=now, actor=SCHEDULER):
        return False
    if barred := supplier_files.barred(now.astimezone(zone).date()):
        lifecycle.withdraw_unsold(round_=round_, supplier_ids=barred, now=now, actor=SCHEDULER)
    return True


def make_round(
    *,
    campaign: Campaign,
    name: str,
    window: Window,
    day: date,
    now: datetime,
    actor: str = SCHEDULER,
    barred: Mapping[int, str] | None = None,
) -> Round:
    """Make one round with a snapshot of the campaign's offers, prices and leaders.

    Leaders who rest on the pickup day take no part, nor do goods of ``barred`` suppliers, by id with
    their names.
    """
    absent, barred = resting.resting_on(window.pickup_date), barred or {}
    round_ = snapshots.take(campaign=campaign, name=name, window=window, resting=absent, barred=list(barred))
    missing = [barred[id_] for id_ in sorted(snapshots.suppliers_of(campaign.id) & barred.keys())]
    after = {"day": str(day)} | ({"licence_expired": missing} if missing else {})
    audit.record(at=now, actor=actor, verb="round_planned", subject_kind="round", subject=name, after=after)
    return round_
