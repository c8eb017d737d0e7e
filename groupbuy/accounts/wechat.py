"""Which WeChat user may enter which account: linked once both were proved, the phone and the openid."""

from datetime import datetime

from sqlalchemy import select

from groupbuy.accounts.models import Account, WechatLink
from groupbuy.audit import service as audit
from groupbuy.db import db


def account_of(openid: str) -> Account | None:
    """Return the account that a WeChat user is linked to, or None."""
    linked = select(Account).join(WechatLink, WechatLink.account_id == Account.id)
    return db.session.scalar(linked.where(WechatLink.openid == openid))


def is_linked(account_id: int) -> bool:
    """Tell whether an account can be entered from WeChat."""
    return db.session.get(WechatLink, account_id) is not None


def openid_of(account_id: int) -> str | None:
    """Return the WeChat user that an account is linked to, or None."""
    row = db.session.get(WechatLink, account_id)
    return None if row is None else row.openid


def link(*, account_id: int, openid: str, now: datetime, actor: str) -> bool:
    """Link a WeChat user to an account in place of who was; the edge has seen both proofs.

    Return False, and change nothing, when that user is linked to another account.
    """
    db.session.get(Account, account_id, with_for_update=True)
    holder = db.session.scalar(select(WechatLink.account_id).where(WechatLink.openid == openid))
    if holder is not None:
        return holder == account_id
    row = db.session.get(WechatLink, account_id)
    if row is None:
        db.session.add(WechatLink(account_id=account_id, openid=openid, linked_at=now))
    else:
        row.openid, row.linked_at = openid, now
    _log("wechat_linked", account_id, now, actor)
    return True


def unlink(*, account_id: int, now: datetime, actor: str) -> None:
    """Let nobody enter the account from WeChat any more; again changes nothing."""
    row = db.session.get(WechatLink, account_id, with_for_update=True)
    if row is not None:
        db.session.delete(row)
        _log("wechat_unlinked", account_id, now, actor)


def _log(verb: str, account_id: int, now: datetime, actor: str) -> None:
    db.session.flush()
    audit.record(at=now, actor=actor, verb=verb, subject_kind="account", subject=str(account_id))
