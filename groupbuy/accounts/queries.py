"""Reading accounts."""

from sqlalchemy import select

from groupbuy.accounts.models import Account, AccountRole
from groupbuy.accounts.rules import highest
from groupbuy.db import db
from groupbuy.kernel.errors import NotFound


def find_account(phone: str) -> Account | None:
    """Return the account of a normalised phone, or None."""
    return db.session.scalar(select(Account).where(Account.phone == phone))


def get_account(account_id: int) -> Account:
    """Return an account; raise NotFound."""
    account = db.session.get(Account, account_id)
    if account is None:
        raise NotFound("unknown_account", "There is no such account.")
    return account


def roles_of(account_id: int) -> set[str]:
    """Return the roles of an account."""
    return set(db.session.scalars(select(AccountRole.role).where(AccountRole.account_id == account_id)))


def highest_role(account_id: int) -> str | None:
    """Return the highest role of an account, or None where it has none."""
    roles = roles_of(account_id)
    return highest(roles) if roles else None
