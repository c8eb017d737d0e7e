"""What leaders agree to: versions that are kept as they were."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from groupbuy.audit import service as audit
from groupbuy.db import db
from groupbuy.kernel.errors import RuleBroken
from groupbuy.leaders import rules
from groupbuy.leaders.models import LeaderAgreement

# In force until an operator writes one; stored as version 1 with the first acceptance.
FIRST = """一、团长为所在小区的邻居组织团购，代收居民订单，在自提点保管并发放商品。
二、团长如实告知商品、价格、截单和提货时间，不加价，不代替居民同意任何条款。
三、团长只为团购服务使用居民的姓名、电话和房号，不对外提供。
四、佣金按平台公布的规则计算，退款的商品不计佣金。
五、一方可提前告知对方终止合作；终止前的订单照常发放，佣金照常结算。"""


@dataclass(frozen=True, slots=True)
class Agreement:
    """A version and its text."""

    version: int
    text: str


def agreement_in_force() -> Agreement:
    """Return the newest version."""
    row = db.session.scalar(select(LeaderAgreement).order_by(LeaderAgreement.version.desc()).limit(1))
    return Agreement(1, FIRST) if row is None else Agreement(row.version, row.text)


def keep_agreement(*, now: datetime) -> Agreement:
    """Return the newest version, stored; so what somebody agrees to can be read for ever."""
    found = agreement_in_force()
    if db.session.get(LeaderAgreement, found.version) is None:
        db.session.add(LeaderAgreement(version=found.version, text=found.text, created_at=now))
        db.session.flush()
    return found


def write_agreement(*, text: str, seen: int, now: datetime, actor: str) -> Agreement:
    """Put a new version in force; the same text changes nothing. Leaders who agreed before stay bound.

    Raise BadInput, and RuleBroken ``agreement_changed`` when ``seen`` is not the version in force.
    """
    plain = rules.check_text(text, most=rules.MAX_AGREEMENT, param="text")
    former = keep_agreement(now=now)
    if former.version != seen:
        raise RuleBroken("agreement_changed", "Somebody else has changed the agreement; read it once more.")
    if former.text == plain:
        return former
    db.session.add(LeaderAgreement(version=seen + 1, text=plain, created_at=now))
    db.session.flush()
    audit.record(
        at=now,
        actor=actor,
        verb="agreement_written",
        subject_kind="leader_agreement",
        subject=str(seen + 1),
        before={"version": seen},
        after={"version": seen + 1},
    )
    return Agreement(seen + 1, plain)
