"""Which leaders a member of the staff may deal with: all of them, or some communities' and some others."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, or_, select

from groupbuy.accounts.managing import keep_an_operator
from groupbuy.accounts.models import Account, StaffLimit
from groupbuy.accounts.queries import roles_of
from groupbuy.audit import service as audit
from groupbuy.db import db
from groupbuy.kernel.errors import BadInput
from groupbuy.leaders.models import Community, Leader

MOST = 500


@dataclass(frozen=True, slots=True)
class Limit:
    """Codes of leaders and names of communities; a community stands for the leaders that it has now."""

    communities: tuple[str, ...]
    leaders: tuple[str, ...]


def limit_of(account_id: int) -> Limit | None:
    """Return to what an account is limited; None is to nothing."""
    rows = select(StaffLimit).where(StaffLimit.account_id == account_id)
    limits = db.session.scalars(rows).all()
    if not limits:
        return None
    communities = select(Community.name).where(Community.id.in_([row.community_id for row in limits]))
    leaders = select(Leader.code).where(Leader.id.in_([row.leader_id for row in limits]))
    return Limit(
        tuple(db.session.scalars(communities.order_by(Community.name))),
        tuple(db.session.scalars(leaders.order_by(Leader.code))),
    )


def leaders_within(account_id: int) -> tuple[int, ...] | None:
    """Return the leaders that an account may deal with, by id; None is all."""
    rows = select(StaffLimit.community_id, StaffLimit.leader_id).where(StaffLimit.account_id == account_id)
    limits = db.session.execute(rows).all()
    if not limits:
        return None
    communities = [row.community_id for row in limits if row.community_id is not None]
    leaders = [row.leader_id for row in limits if row.leader_id is not None]
    within = select(Leader.id).where(or_(Leader.id.in_(leaders), Leader.community_id.in_(communities)))
    return tuple(db.session.scalars(within.order_by(Leader.id)))


def limit_to(
    *, account: Account, communities: Sequence[str], leaders: Sequence[str], now: datetime, actor: str
) -> None:
    """Limit an account to some communities, by name, and leaders, by code; it acts on the next request.

    Raise BadInput ``required`` for none at all, ``unknown_reference``, RuleBroken ``last_operator``.
    """
    db.session.refresh(account, with_for_update=True)
    wanted = Limit(tuple(sorted(set(communities))), tuple(sorted(set(leaders))))
    former = limit_of(account.id)
    if wanted == former:
        return
    rows = _rows(account.id, wanted)
    if "operator" in roles_of(account.id):
        keep_an_operator(account)
    _forget(account)
    db.session.add_all(rows)
    db.session.flush()
    _log(account, former, wanted, now, actor)


def lift_limit(*, account: Account, now: datetime, actor: str) -> None:
    """Let an account deal with all leaders again; again changes nothing."""
    db.session.refresh(account, with_for_update=True)
    former = limit_of(account.id)
    if former is not None:
        _forget(account)
        _log(account, former, None, now, actor)


def _rows(account_id: int, wanted: Limit) -> list[StaffLimit]:
    if not 1 <= len(wanted.communities) + len(wanted.leaders) <= MOST:
        raise BadInput("required", "Choose at least one community or leader.", param="communities")
    communities = _ids(select(Community.name, Community.id).where(Community.name.in_(wanted.communities)))
    leaders = _ids(select(Leader.code, Leader.id).where(Leader.code.in_(wanted.leaders)))
    for param, names, found in (
        ("communities", wanted.communities, communities),
        ("leaders", wanted.leaders, leaders),
    ):
        if unknown := [name for name in names if name not in found]:
            raise BadInput("unknown_reference", f"There is no {unknown[0]}.", param=param)
    return [
        *(StaffLimit(account_id=account_id, community_id=one) for one in communities.values()),
        *(StaffLimit(account_id=account_id, leader_id=one) for one in leaders.values()),
    ]


def _ids(statement: object) -> dict[str, int]:
    rows: list[tuple[str, int]] = [(row[0], row[1]) for row in db.session.execute(statement)]  # type: ignore[call-overload] # A selection of two columns.
    return dict(rows)


def _forget(account: Account) -> None:
    theirs = delete(StaffLimit).where(StaffLimit.account_id == account.id)
    db.session.execute(theirs.execution_options(synchronize_session=False))


def _log(account: Account, former: Limit | None, wanted: Limit | None, now: datetime, actor: str) -> None:
    audit.record(
        at=now,
        actor=actor,
        verb="staff_limited" if wanted is not None else "staff_limit_lifted",
        subject_kind="account",
        subject=str(account.id),
        before=_said(former),
        after=_said(wanted),
    )


def _said(limit: Limit | None) -> dict[str, list[str]]:
    return {} if limit is None else {"communities": [*limit.communities], "leaders": [*limit.leaders]}
