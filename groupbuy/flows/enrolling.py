"""A leader takes in a resident, or lets somebody help with handing out; a supplier gets a sign-in."""

from datetime import datetime

from sqlalchemy import select

from groupbuy.accounts import managing
from groupbuy.accounts import service as accounts
from groupbuy.accounts.models import Account
from groupbuy.audit import service as audit
from groupbuy.audit.actor import Actor
from groupbuy.catalog.models import Supplier
from groupbuy.commissions.rules import check_shares
from groupbuy.db import db
from groupbuy.kernel.errors import NotFound, RuleBroken
from groupbuy.leaders import service as leaders
from groupbuy.leaders.models import Leader, LeaderHelper
from groupbuy.members import service as members
from groupbuy.members.models import Resident
from groupbuy.members.queries import residents_of


def enrol(
    *, leader: Leader, phone: str, name: str, room: str | None, now: datetime, actor: Actor
) -> Resident:
    """Make a resident of the leader, who consents to the privacy terms at the first sign-in.

    A resident of this leader with this phone is returned unchanged; None is a room that is not known
    yet. Raise BadInput, and RuleBroken
    ``bound_elsewhere`` for one of another leader: only residents themselves change leader.
    """
    name = members.check_name(name)
    room = None if room is None else members.check_room(room)
    account = accounts.account_for(phone=phone, name=name, now=now)
    own = residents_of(account.id)
    if own and own[0].leader_id == leader.id:
        return own[0]
    if own or not account.active:
        raise RuleBroken(
            "bound_elsewhere",
            "This number cannot be taken in here; ask the resident to open your link and join.",
            param="phone",
        )
    accounts.grant_role(account=account, role="resident", now=now, actor=actor.name)
    resident = members.resident_for(account=account, name=name, leader_code=leader.code, now=now)
    if room is not None:
        members.edit_profile(resident=resident, name=name, room=room, now=now, actor=actor.name)
    return resident


def let_help(*, leader: Leader, phone: str, name: str, now: datetime, actor: Actor) -> Account:
    """Let somebody hand out for a leader; again changes nothing. Raise BadInput, RuleBroken."""
    account = accounts.account_for(phone=phone, name=members.check_name(name), now=now)
    if not account.active or account.id == leader.account_id:
        raise RuleBroken("no_helper", "This number cannot help here.", param="phone")
    accounts.grant_role(account=account, role="pickup_verifier", now=now, actor=actor.name)
    leaders.add_helper(account=account, leader_code=leader.code)
    _log(leader, account, "helper_added", now, actor)
    return account


def let_supply(*, supplier: Supplier, phone: str, name: str, now: datetime, actor: Actor) -> Account:
    """Let somebody sign in for a supplier, in place of whoever did before; again changes nothing.

    Raise BadInput, and RuleBroken ``no_supplier`` for one who is disabled or signs in for another supplier.
    """
    account = accounts.account_for(phone=phone, name=members.check_name(name), now=now)
    other = select(Supplier.id).where(Supplier.account_id == account.id, Supplier.id != supplier.id)
    if not account.active or db.session.scalar(other.limit(1)) is not None:
        raise RuleBroken("no_supplier", "This number cannot sign in for this supplier.", param="phone")
    if supplier.account_id == account.id:
        return account
    accounts.grant_role(account=account, role="supplier", now=now, actor=actor.name)
    former, supplier.account_id = supplier.account_id, account.id
    db.session.flush()
    if former is not None:
        left = db.session.get_one(Account, former)
        managing.revoke_role(account=left, role="supplier", now=now, actor=actor.name)
    audit.record(
        at=now,
        actor=actor.name,
        verb="supplier_account_set",
        subject_kind="supplier",
        subject=supplier.code,
        before={"account": former},
        after={"account": account.id},
    )
    return account


def stop_help(*, leader: Leader, account_id: int, now: datetime, actor: Actor) -> None:
    """Let somebody hand out for a leader no longer; again changes nothing."""
    helper = db.session.get(LeaderHelper, (leader.id, account_id))
    if helper is not None:
        account = db.session.get_one(Account, account_id)
        db.session.delete(helper)
        db.session.flush()
        _log(leader, account, "helper_removed", now, actor)


def share_with(*, leader: Leader, account_id: int, share_bp: int, now: datetime, actor: Actor) -> None:
    """Give a helper a share of the leader's commission of rounds that close from now on.

    Raise NotFound, BadInput, RuleBroken ``above_whole``.
    """
    # One change of a leader's shares at a time, so that two cannot add up to more than the whole.
    db.session.execute(select(Leader.id).where(Leader.id == leader.id).with_for_update())
    theirs = select(LeaderHelper).where(LeaderHelper.leader_id == leader.id)
    rows = {row.account_id: row for row in db.session.scalars(theirs)}
    if account_id not in rows:
        raise NotFound("unknown_helper", "There is no such helper.")
    check_shares({one: row.share_bp for one, row in rows.items()} | {account_id: share_bp})
    former, rows[account_id].share_bp = rows[account_id].share_bp, share_bp
    db.session.flush()
    audit.record(
        at=now,
        actor=actor.name,
        verb="helper_share_set",
        subject_kind="leader",
        subject=leader.code,
        before={"account": account_id, "share_bp": former},
        after={"account": account_id, "share_bp": share_bp},
    )


def _log(leader: Leader, account: Account, verb: str, now: datetime, actor: Actor) -> None:
    audit.record(
        at=now,
        actor=actor.name,
        verb=verb,
        subject_kind="leader",
        subject=leader.code,
        after={"account": account.id},
    )
