"""Browsers of people who have signed in, without the page on which they would."""

from datetime import datetime

from flask import Flask
from flask.testing import FlaskClient

from groupbuy.accounts import service, tokens
from groupbuy.accounts.models import Account
from groupbuy.db.transaction import transaction


def seat(app: Flask, account: Account, role: str, now: datetime) -> FlaskClient:
    """Return a browser with a session of an account in a role that it has."""
    with transaction():
        secret = tokens.start_session(account=account, role=role, device="test", now=now)
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"], session["_fresh"] = secret, True
    return client


def appoint(app: Flask, account: Account, role: str, now: datetime) -> FlaskClient:
    """Give an account a role, and return its browser."""
    with transaction():
        service.grant_role(account=account, role=role, now=now, actor="test")
    return seat(app, account, role, now)
