"""Making accounts and giving roles."""

from datetime import datetime

from sqlalchemy import delete, or_, update
from sqlalchemy.exc import IntegrityError

from groupbuy.accounts import queries, rules, telling
from groupbuy.accounts.models import (
    Account,
    AccountRole,
    ApiToken,
    RecoveryCode,
    SecondFactor,
    UploadDay,
    WechatLink,
)
from groupbuy.accounts.passwords import hash_password
from groupbuy.audit import service as audit
from groupbuy.db import db
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.kernel.phones import mask_phone, normalise_phone


def account_for(*, phone: str, name: str, now: datetime) -> Account:
    """Return the account of a phone, made without a password where there is none.

    Raise BadInput when the text is no mainland mobile number.
    """
    normal = normalise_phone(phone)
    if normal is None:
        raise BadInput("phone", f"{phone!r} is no mobile number of eleven digits.", param="phone")
    account = queries.find_account(normal)
    if account is None:
        account = Account(phone=normal, name=name, created_at=now)
        db.session.add(account)
        db.session.flush()
    return account


def speak(*, account_id: int, language: str, unless_known: bool = False) -> None:
    """Note in which language somebody is written to; again changes nothing.

    ``unless_known`` keeps what was noted before.
    """
    unknown = Account.language.is_(None)
    former = unknown if unless_known else or_(unknown, Account.language != language)
    db.session.execute(
        update(Account)
        .where(Account.id == account_id, former)
        .values(language=language)
        .execution_options(synchronize_session=False)
    )


def grant_role(*, account: Account, role: str, now: datetime, actor: str) -> None:
    """Give an account a role; giving it again changes nothing. Raise BadInput for an unknown role."""
    if role not in rules.ROLES:
        raise BadInput("role", f"{role!r} is no role; there are {', '.join(rules.ROLES)}.", param="role")
    if db.session.get(AccountRole, (account.id, role)) is None:
        db.session.add(AccountRole(account_id=account.id, role=role, granted_at=now))
        db.session.flush()
        audit.record(
            at=now,
            actor=actor,
            verb="role_granted",
            subject_kind="account",
            subject=str(account.id),
            after={"role": role},
        )


def set_password(*, account: Account, password: str, now: datetime, actor: str) -> None:
    """Set a password, end the account's other sessions and tell its phone; raise BadInput for a weak one."""
    rules.check_password(password, phone=account.phone)
    account.password_hash = hash_password(password)
    account.session_epoch = Account.session_epoch + 1
    db.session.flush()
    audit.record(at=now, actor=actor, verb="password_set", subject_kind="account", subject=str(account.id))
    # Nobody need be told of a password that an account begins with.
    if account.created_at < now:
        telling.tell(account_id=account.id, what="password", now=now)


def set_phone(*, account: Account, phone: str, now: datetime, actor: str) -> bool:
    """Set the normalised number that an account signs in with; False when it is that already.

    All sessions end and the former number is told. Raise RuleBroken ``phone_taken``, which does not say by
    whom, and ``account_deleted``.
    """
    db.session.refresh(account, with_for_update=True)
    former = account.phone
    if former == phone:
        return False
    if not former.isdigit():
        raise RuleBroken("account_deleted", "This account has been deleted.")
    try:
        with db.session.begin_nested():
            account.phone, account.session_epoch = phone, Account.session_epoch + 1
    except IntegrityError as error:
        raise RuleBroken(
            "phone_taken", "This number cannot be used for this account.", param="phone"
        ) from error
    audit.record(
        at=now,
        actor=actor,
        verb="phone_changed",
        subject_kind="account",
        subject=str(account.id),
        before={"phone": mask_phone(former)},
        after={"phone": mask_phone(phone)},
    )
    telling.tell(account_id=account.id, what="phone", now=now, phone=former)
    return True


def anonymise(*, account: Account) -> None:
    """Take away what makes an account a person; it can never be signed in to again."""
    account.phone, account.name = f"deleted-{account.id}", "已注销"
    account.password_hash, account.language, account.active = None, None, False
    account.session_epoch = Account.session_epoch + 1
    for table in (AccountRole, WechatLink, SecondFactor, RecoveryCode, UploadDay):
        db.session.execute(delete(table).where(table.account_id == account.id))
    db.session.execute(
        update(ApiToken).where(ApiToken.account_id == account.id).values(expires_at=account.created_at)
    )
    db.session.flush()
