"""Who somebody is, proved by phone and password, with limits against guessing."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime

from groupbuy.accounts import guessing, queries
from groupbuy.accounts.guessing import Limit
from groupbuy.accounts.models import Account
from groupbuy.accounts.passwords import password_matches
from groupbuy.accounts.rules import highest
from groupbuy.kernel.errors import GroupbuyError, NotAllowed
from groupbuy.kernel.phones import normalise_phone

FREE_PER_PHONE = 50
FREE_PER_ADDRESS = 200

Transaction = Callable[[], AbstractContextManager[None]]


class WrongCredentials(GroupbuyError):
    """Say that phone and password do not fit, and not which of them is wrong."""

    status = 401


def check_password(
    *, phone: str, password: str, address: str, now: datetime, transaction: Transaction
) -> Account:
    """Return the active account that phone and password belong to.

    The edge lends its ``transaction``: a wrong try is counted whatever becomes of the request, and the
    hash is computed while no transaction is open. An unknown phone takes the same path. Raise
    WrongCredentials, TooMany while this guesser has to wait, Unavailable in a rush.
    """
    normal = normalise_phone(phone) or phone.strip()
    mine = Limit("sign_in", f"{normal}|{address}")
    others = [Limit("sign_in_address", address, FREE_PER_ADDRESS)]
    with transaction():
        # Strangers who guess from many addresses must not lock out who signed in from here before.
        if not guessing.is_trusted(mine):
            others.append(Limit("sign_in_phone", normal, FREE_PER_PHONE))
        for limit in (mine, *others):
            guessing.count_try(limit, now=now)
        account = queries.find_account(normal)
    stored = account.password_hash if account is not None and account.active else None
    if not password_matches(stored, password) or account is None:
        raise WrongCredentials("wrong_credentials", "Phone and password do not fit.")
    with transaction():
        guessing.note_success(mine, now=now)
        for limit in others:
            guessing.take_back(limit)
    return account


def choose_role(account: Account, wanted: str | None) -> str:
    """Return the role to act in: the wanted one, else the highest; raise NotAllowed without it."""
    roles = queries.roles_of(account.id)
    if not roles or (wanted is not None and wanted not in roles):
        raise NotAllowed("role_not_held", "This account does not have that role.", param="role")
    return wanted or highest(roles)
