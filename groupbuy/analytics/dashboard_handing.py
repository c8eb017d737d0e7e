"""What of goods that have left waits for a decision: cases, claims, what leaders found missing, conflicts."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from groupbuy.aftersales.models import AfterSaleCase, LotClaim
from groupbuy.aftersales.rules import CaseState, LotState
from groupbuy.db import db
from groupbuy.delivery.models import DeliveryStop, Discrepancy
from groupbuy.pickup.models import PickupEvent


@dataclass(frozen=True, slots=True)
class HandingDecisions:
    """How much waits: ``discrepancy_day`` is the first day of which something was not as sent."""

    after_sales: int
    claims_unanswered: int
    discrepancies: int
    discrepancy_day: date | None
    conflicts: int

    def __bool__(self) -> bool:
        """Tell whether anything waits."""
        return bool(self.after_sales or self.claims_unanswered or self.discrepancies or self.conflicts)


def handing_decisions(now: datetime) -> HandingDecisions:
    """Return what waits; a claim does so once the time in which its supplier may answer is over."""
    cases = select(func.count(AfterSaleCase.id)).where(AfterSaleCase.state == CaseState.ASKED)
    late = (LotClaim.state == LotState.WITH_SUPPLIER, LotClaim.answer_by <= now)
    open_ = select(func.count(PickupEvent.id)).where(PickupEvent.outcome == "conflict")
    found, first = db.session.execute(
        select(func.count(Discrepancy.id), func.min(DeliveryStop.day))
        .join(DeliveryStop, DeliveryStop.id == Discrepancy.stop_id)
        .where(Discrepancy.decision.is_(None))
    ).one()
    return HandingDecisions(
        after_sales=db.session.scalar(cases) or 0,
        claims_unanswered=db.session.scalar(select(func.count(LotClaim.id)).where(*late)) or 0,
        discrepancies=found,
        discrepancy_day=first,
        conflicts=db.session.scalar(open_) or 0,
    )
