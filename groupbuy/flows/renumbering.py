"""Somebody gets another mobile number: the account, and the profiles that show it, at once."""

from datetime import datetime

from sqlalchemy import update

from groupbuy.accounts import queries as accounts
from groupbuy.accounts import service as account_service
from groupbuy.db import db
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident


def change_phone(*, account_id: int, phone: str, now: datetime, actor: str) -> None:
    """Set an account's normalised number, which a code has proved; the same one again changes nothing.

    Raise NotFound, RuleBroken ``phone_taken`` and ``account_deleted``.
    """
    account = accounts.get_account(account_id)
    if account_service.set_phone(account=account, phone=phone, now=now, actor=actor):
        for profile in (Resident, Leader):
            db.session.execute(update(profile).where(profile.account_id == account_id).values(phone=phone))
