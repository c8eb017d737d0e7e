"""Members of the staff, their roles, and disabling accounts; each acts on the next request."""

from datetime import datetime

from sqlalchemy import func, select

from groupbuy.accounts import service
from groupbuy.accounts.models import Account, AccountRole, StaffLimit
from groupbuy.accounts.rules import STAFF_ROLES
from groupbuy.audit import service as audit
from groupbuy.db import db
from groupbuy.kernel.errors import BadInput, RuleBroken

OPERATOR = "operator"


def add_staff(
    *, phone: str, name: str, role: str, password: str | None, now: datetime, actor: str
) -> Account:
    """Return the account of a phone with a role of the staff and, where one is given, a password.

    Raise BadInput for what is no phone, no such role or a weak password.
    """
    account = service.account_for(phone=phone, name=name, now=now)
    give_staff_role(account=account, role=role, now=now, actor=actor)
    if password:
        service.set_password(account=account, password=password, now=now, actor=actor)
    return account


def give_staff_role(*, account: Account, role: str, now: datetime, actor: str) -> None:
    """Give an account a role that needs no profile; again changes nothing. Raise BadInput ``role``."""
    _check_staff_role(role)
    service.grant_role(account=account, role=role, now=now, actor=actor)


def take_staff_role(*, account: Account, role: str, now: datetime, actor: str) -> None:
    """Take such a role away; again changes nothing. Raise BadInput ``role``, RuleBroken ``last_operator``."""
    _check_staff_role(role)
    revoke_role(account=account, role=role, now=now, actor=actor)


def _check_staff_role(role: str) -> None:
    if role not in STAFF_ROLES:
        raise BadInput("role", f"Only {', '.join(STAFF_ROLES)} can be given and taken by hand.", param="role")


def revoke_role(*, account: Account, role: str, now: datetime, actor: str) -> None:
    """Take a role away; again changes nothing. Raise RuleBroken ``last_operator``."""
    row = db.session.get(AccountRole, (account.id, role), with_for_update=True)
    if row is None:
        return
    if role == OPERATOR:
        keep_an_operator(account)
    db.session.delete(row)
    db.session.flush()
    audit.record(
        at=now,
        actor=actor,
        verb="role_revoked",
        subject_kind="account",
        subject=str(account.id),
        before={"role": role},
    )


def set_active(*, account: Account, active: bool, now: datetime, actor: str) -> None:
    """Disable an account, which ends its sessions, or let it in again. Raise RuleBroken ``last_operator``."""
    db.session.refresh(account, with_for_update=True)
    if account.active == active:
        return
    if not active and db.session.get(AccountRole, (account.id, OPERATOR)) is not None:
        keep_an_operator(account)
    account.active = active
    account.session_epoch = Account.session_epoch + 1
    db.session.flush()
    verb = "account_enabled" if active else "account_disabled"
    audit.record(at=now, actor=actor, verb=verb, subject_kind="account", subject=str(account.id))


def keep_an_operator(account: Account) -> None:
    """Refuse to lock everybody out of the operators' desk; one with limits does not count.

    Raise RuleBroken ``last_operator``.
    """
    limited = select(StaffLimit.id).where(StaffLimit.account_id == Account.id)
    others = db.session.scalar(
        select(func.count())
        .select_from(AccountRole)
        .join(Account, Account.id == AccountRole.account_id)
        .where(AccountRole.role == OPERATOR, Account.id != account.id, Account.active, ~limited.exists())
    )
    if not others:
        raise RuleBroken("last_operator", "This is the last operator; make another one first.")
