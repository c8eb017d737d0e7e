"""Bonuses of campaigns: a fixed amount for each leader who reaches a target in a round."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select

from groupbuy.audit import service as audit
from groupbuy.campaigns.models import Campaign, Round
from groupbuy.commissions.models import CampaignBonus
from groupbuy.db import db
from groupbuy.kernel.errors import BadInput, NotFound
from groupbuy.kernel.money import MAX_FEN

MEASURES = ("turnover", "units")


def add_bonus(
    *, campaign: Campaign, measure: str, target: int, bonus_fen: int, now: datetime, actor: str
) -> CampaignBonus:
    """Promise leaders a bonus in rounds that open from now on; ``target`` is fen or sale units.

    Raise BadInput.
    """
    if measure not in MEASURES:
        raise BadInput("unknown_measure", "The target is turnover or units.", param="measure")
    for name, value in (("target", target), ("bonus_fen", bonus_fen)):
        if not 1 <= value <= MAX_FEN:
            raise BadInput("out_of_range", f"Between 1 and {MAX_FEN}.", param=name)
    row = CampaignBonus(
        campaign_id=campaign.id, measure=measure, target=target, bonus_fen=bonus_fen, valid_from=now
    )
    db.session.add(row)
    db.session.flush()
    _log(campaign, row, "bonus_added", now, actor)
    return row


def end_bonus(*, campaign: Campaign, bonus_id: int, now: datetime, actor: str) -> None:
    """Promise a bonus no longer in rounds that open from now on; again changes nothing. Raise NotFound."""
    row = db.session.get(CampaignBonus, bonus_id, with_for_update=True)
    if row is None or row.campaign_id != campaign.id:
        raise NotFound("unknown_bonus", "There is no such bonus.")
    if row.valid_to is None:
        row.valid_to = now
        db.session.flush()
        _log(campaign, row, "bonus_ended", now, actor)


def bonuses_of(campaign_id: int) -> Sequence[CampaignBonus]:
    """Return the bonuses that hold for rounds to come, the lowest target first."""
    mine = (CampaignBonus.campaign_id == campaign_id, CampaignBonus.valid_to.is_(None))
    order = (CampaignBonus.measure, CampaignBonus.target, CampaignBonus.id)
    return db.session.scalars(select(CampaignBonus).where(*mine).order_by(*order)).all()


def bonuses_in(round_: Round) -> Sequence[CampaignBonus]:
    """Return the bonuses that were promised when a round opened, the lowest target first."""
    row = CampaignBonus
    promised = (
        row.campaign_id == round_.campaign_id,
        row.valid_from <= round_.opens_at,
        or_(row.valid_to.is_(None), row.valid_to > round_.opens_at),
    )
    order = (row.measure, row.target, row.id)
    return db.session.scalars(select(row).where(*promised).order_by(*order)).all()


def _log(campaign: Campaign, row: CampaignBonus, verb: str, now: datetime, actor: str) -> None:
    after = {"measure": row.measure, "target": row.target, "bonus_fen": row.bonus_fen}
    audit.record(at=now, actor=actor, verb=verb, subject_kind="campaign", subject=campaign.code, after=after)
