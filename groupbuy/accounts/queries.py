"""Reading accounts."""

from collections.abc import Sequence

from sqlalchemy import Select, or_, select

from groupbuy.accounts.models import Account, AccountRole
from groupbuy.accounts.rules import ROLES, STAFF_ROLES
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


def lock_account(account_id: int) -> None:
    """Let one request of an account after the other do what they must not do at once."""
    mine = select(Account.id).where(Account.id == account_id)
    # Rows that name the account need not wait.
    db.session.execute(mine.with_for_update(key_share=True))


def roles_of(account_id: int) -> set[str]:
    """Return the roles of an account."""
    return set(db.session.scalars(select(AccountRole.role).where(AccountRole.account_id == account_id)))


def accounts(*, role: str, text: str) -> Select[Account]:
    """Return accounts by id: those with a role, of the ``staff`` or ``all``, and a part of name or phone."""
    wanted = STAFF_ROLES if role == "staff" else [] if role == "all" else [role]
    statement = select(Account).order_by(Account.id)
    if wanted:
        held = select(AccountRole.account_id).where(AccountRole.account_id == Account.id)
        statement = statement.where(held.where(AccountRole.role.in_(wanted)).exists())
    if text:
        by_name = Account.name.icontains(text, autoescape=True)
        statement = statement.where(or_(by_name, Account.phone.endswith(text, autoescape=True)))
    return statement


def accounts_page(*, role: str, text: str, after: int | None, most: int) -> Sequence[Account]:
    """Return the accounts after an id."""
    statement = accounts(role=role, text=text)
    if after is not None:
        statement = statement.where(Account.id > after)
    return db.session.scalars(statement.limit(most)).all()


def roles_by_account(account_ids: Sequence[int] | None) -> dict[int, list[str]]:
    """Return the roles of some accounts, None is all, the highest first, in one query."""
    statement = select(AccountRole.account_id, AccountRole.role)
    if account_ids is not None:
        statement = statement.where(AccountRole.account_id.in_(account_ids))
    roles: dict[int, list[str]] = {}
    for account_id, role in db.session.execute(statement):
        roles.setdefault(account_id, []).append(role)
    return {account_id: sorted(held, key=ROLES.index) for account_id, held in roles.items()}
