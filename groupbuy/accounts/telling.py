"""Telling people by text message what was changed about their account, so that they notice a thief."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from groupbuy.accounts.models import Account
from groupbuy.db import db
from groupbuy.jobs import service as jobs
from groupbuy.jobs.service import Patience
from groupbuy.kernel import ids

TELL_JOB = "account_note"
# Whoever was robbed is helped by hearing of it soon, or not at all.
PATIENCE = Patience(attempts=8)
TEXTS: Mapping[str, str] = {
    "password": "您的登录密码已修改，其他设备已退出。若非本人操作，请立即联系平台。",
    "phone": "您的登录手机号已更换，本号码不再能登录。若非本人操作，请立即联系平台。",
    "factor_on": "您的账号已启用动态口令。若非本人操作，请立即联系平台。",
    "factor_off": "您的账号已停用动态口令。若非本人操作，请立即联系平台。",
    "recovery": "您的账号刚用备用码登录。若非本人操作，请立即联系平台。",
}


def tell(*, account_id: int, what: str, now: datetime, phone: str | None = None) -> None:
    """Queue one of ``TEXTS`` for the phone of an account, or for a former one; it leaves after the commit."""
    payload = {"account": account_id, "what": what} | ({"phone": phone} if phone else {})
    jobs.enqueue(kind=TELL_JOB, key=f"{account_id}-{what}-{ids.token()[:12]}", payload=payload, now=now)


def message(payload: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return phone and text of a queued note; None when the account is gone."""
    account = db.session.get(Account, payload["account"])
    if account is None or not account.phone.isdigit():
        return None
    return payload.get("phone", account.phone), TEXTS[payload["what"]]
