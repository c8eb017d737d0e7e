"""Mobile numbers: one's own, and somebody's for an operator, changed with a code sent to the new one.

Whoever changes something has to have got its token lately (``sign_in_again``), as on the pages.
"""

from typing import Annotated, Any

from flask import request
from pydantic import Field

from groupbuy.accounts import queries
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.shapes import Json, Shape
from groupbuy.api.v1.users import USER, WRITE
from groupbuy.http import new_phones
from groupbuy.http.identity import Identity
from groupbuy.http.proving import require_fresh
from groupbuy.http.reading import Body, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.phones import mask_phone

OWN = "account:write"


class NewPhone(Body):
    """A mobile number."""

    phone: Annotated[Text, Field(min_length=1, max_length=20)]


class ProvedPhone(NewPhone):
    """A mobile number and the code that was sent to it; good for five minutes and five tries."""

    code: Annotated[Text, Field(min_length=1, max_length=20)]


class PhoneShape(Shape):
    """A mobile number, masked."""

    phone: str


@endpoint("POST", "/account/phone-code", scope=OWN, body=NewPhone, answers={202: PhoneShape})
def send_phone_code(identity: Identity, body: NewPhone) -> tuple[int, Any]:
    """Send a code to the number that one's account is to get; it is good with this token only."""
    return 202, _send(identity, identity.account_id, body)


@endpoint("PUT", "/account/phone", scope=OWN, body=ProvedPhone, answers={200: PhoneShape})
def change_phone(identity: Identity, body: ProvedPhone) -> tuple[int, Any]:
    """Change one's number (``phone_taken``); browsers are signed out and the number before is told."""
    return 200, _change(identity, identity.account_id, body)


@endpoint("POST", f"{USER}/phone-code", scope=WRITE, body=NewPhone, answers={202: PhoneShape})
def send_user_phone_code(identity: Identity, user_id: int, body: NewPhone) -> tuple[int, Any]:
    """Send a code to the number that somebody's account is to get, to be read out by who holds it."""
    return 202, _send(identity, queries.get_account(user_id).id, body)


@endpoint("PUT", f"{USER}/phone", scope=WRITE, body=ProvedPhone, answers={200: PhoneShape})
def change_user_phone(identity: Identity, user_id: int, body: ProvedPhone) -> tuple[int, Any]:
    """Change somebody's number (``phone_taken``); browsers are signed out and the number before is told."""
    return 200, _change(identity, queries.get_account(user_id).id, body)


def _send(identity: Identity, account_id: int, body: NewPhone) -> Json:
    require_fresh(identity, now=utc_now())
    phone = new_phones.send_code(account_id=account_id, phone=body.phone, visit=_visit(identity))
    return {"phone": mask_phone(phone)}


def _change(identity: Identity, account_id: int, body: ProvedPhone) -> Json:
    require_fresh(identity, now=utc_now())
    new_phones.change(
        account_id=account_id,
        phone=body.phone,
        code=body.code,
        visit=_visit(identity),
        actor=identity.actor.name,
    )
    return {"phone": mask_phone(queries.get_account(account_id).phone)}


def _visit(identity: Identity) -> str:
    """Return the secret that binds a code to who asked for it: the session's, or the token."""
    return identity.session_secret or request.headers["Authorization"].partition(" ")[2].strip()
