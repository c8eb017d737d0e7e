"""Members of the staff with a password, at a browser and by token."""

import html
import re
from typing import Any

import pyotp
from flask import Flask

from groupbuy.accounts import service
from groupbuy.accounts.models import Account
from groupbuy.db.transaction import transaction
from groupbuy.kernel.clock import utc_now
from tests.web.shopping import Visitor

PASSWORD = "correct horse"


def add_staff(phone: str, role: str) -> Account:
    """Give a phone an account with a password and a role."""
    now = utc_now()
    with transaction():
        account = service.account_for(phone=phone, name="王女士", now=now)
        service.grant_role(account=account, role=role, now=now, actor="test")
        service.set_password(account=account, password=PASSWORD, now=now, actor="test")
    return account


def token(app: Flask, phone: str, **more: str) -> Any:
    """Ask for a token and return the answer."""
    body = {"phone": phone, "password": PASSWORD} | more
    return app.test_client().post("/api/v1/tokens", json=body)


def code_at(secret: str) -> str:
    """Return what the app shows now."""
    return pyotp.TOTP(secret).at(utc_now())


def enrol(visitor: Visitor) -> tuple[str, list[str]]:
    """Learn the factor from its page and confirm it; return the secret and the recovery codes."""
    page = visitor.get("/second-factor")
    found = re.search(r"<code>([A-Z2-7 ]+)</code>", html.unescape(page))
    assert found is not None
    secret = found[1].replace(" ", "")
    answer = visitor.send("/second-factor", {"otp": code_at(secret)})
    assert answer.status_code == 200, answer.text
    return secret, re.findall(r"<code>([a-z2-9-]{19})</code>", answer.text)
