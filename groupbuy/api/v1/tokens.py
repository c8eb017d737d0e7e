"""Tokens: a phone and a password against a bearer token."""

from datetime import datetime
from typing import Annotated, Any

from flask import request
from pydantic import Field

from groupbuy.accounts import tokens
from groupbuy.accounts.rules import ROLES
from groupbuy.accounts.signing_in import check_password, choose_role
from groupbuy.api.v1.endpoint import endpoint, public
from groupbuy.api.v1.shapes import Shape
from groupbuy.db.transaction import in_transaction, transaction
from groupbuy.http import proving
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput
from groupbuy.kernel.times import iso

Scopes = Annotated[list[Annotated[Text, Field(max_length=32)]], Field(min_length=1, max_length=32)]


class SignIn(Body):
    """Who wants a token; ``role`` is the highest unless named, ``scopes`` all of the role's.

    ``otp`` is the code of the authenticator app, or a recovery code, for accounts with a second factor.
    """

    phone: Annotated[Text, Field(min_length=1, max_length=32)]
    password: Annotated[Text, Field(min_length=1, max_length=128)]
    role: Annotated[Text, Field(max_length=32)] | None = None
    scopes: Scopes | None = None
    otp: Annotated[Text, Field(min_length=1, max_length=32)] | None = None


class Token(Shape):
    """A bearer token; it is shown this once."""

    token: str
    role: str
    expires_at: str


@public("POST", "/tokens", body=SignIn, answers={201: Token})
def issue_token(body: SignIn) -> tuple[int, Any]:
    """Issue a bearer token for a phone and its password."""
    if body.role is not None and body.role not in ROLES:
        raise BadInput("unknown_value", "There is no such role.", param="role")
    account = check_password(
        phone=body.phone,
        password=body.password,
        address=request.remote_addr or "",
        now=utc_now(),
        transaction=transaction,
    )
    proving.check_for_token(account.id, body.otp, now=utc_now())

    def issue() -> tuple[str, str, datetime]:
        role = choose_role(account, body.role)
        token, expires_at = tokens.issue_token(
            account=account, role=role, now=utc_now(), actor=f"account:{account.id}", scopes=body.scopes
        )
        return role, token, expires_at

    role, token, expires_at = in_transaction(issue)
    return 201, {"token": token, "role": role, "expires_at": iso(expires_at)}


@endpoint("DELETE", "/tokens/current", scope=None, roles=ROLES, answers={204: None})
def revoke_token(identity: Identity) -> tuple[int, Any]:
    """End the token that this request is made with, at once."""
    if not identity.by_token:
        raise BadInput("no_token", "This request is not made with a token.", param="Authorization")
    secret = request.headers["Authorization"].partition(" ")[2].strip()
    tokens.revoke_token(digest=tokens.digest_of(secret), now=utc_now(), actor=identity.actor.name)
    return 204, None
