"""What a browser's session remembers before anybody has signed in, and what outlives signing in."""

import secrets
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from flask import session, url_for

from groupbuy.accounts import queries, wechat
from groupbuy.accounts.models import Account
from groupbuy.accounts.rules import STAFF_ROLES
from groupbuy.db.transaction import in_transaction
from groupbuy.http.identity import Identity, current_identity, sign_in, sign_out
from groupbuy.kernel.clock import utc_now
from groupbuy.orders import carts
from groupbuy.web.signin import speaking

VISIT = "visit"
LEADER = "leader"
REMARK = "remark"
PHONE = "phone"
PROVEN = "proven"
OPENID = "openid"
# How long after a phone was proved the rest of the sign-up may take.
PROOF_LASTS = timedelta(minutes=30)
OUTLIVES_SIGNING_IN = (LEADER, REMARK)
RESIDENT_PATHS = ("/r/", "/l/", "/cart", "/orders", "/me")
APPLICANT_PATH = "/become-leader"
MAX_PATH = 500


def visit_secret() -> str:
    """Return the secret that this browser's visit is known by; made on first use."""
    if VISIT not in session:
        session[VISIT] = secrets.token_urlsafe(24)
        # A guest's cart must live through closing the browser.
        session.permanent = True
    secret: str = session[VISIT]
    return secret


def guest_owner() -> str | None:
    """Return whose a guest's cart is; None while this browser has put nothing into one."""
    return f"guest:{session[VISIT]}" if VISIT in session else None


def note_proof(phone: str) -> None:
    """Remember that this browser has proved to hold a phone."""
    session[PROVEN] = {"phone": phone, "at": utc_now().isoformat()}


def proven_phone() -> str | None:
    """Return the phone that this browser has proved to hold lately."""
    proof = session.get(PROVEN)
    if proof is None or datetime.fromisoformat(proof["at"]) + PROOF_LASTS <= utc_now():
        return None
    phone: str = proof["phone"]
    return phone


def note_openid(openid: str) -> None:
    """Remember who this browser has proved to be at WeChat, until the phone is proved too."""
    session[OPENID] = {"openid": openid, "at": utc_now().isoformat()}


def pending_openid() -> str | None:
    """Return who this browser has proved to be at WeChat lately, not yet linked to an account."""
    proof = session.get(OPENID)
    if proof is None or datetime.fromisoformat(proof["at"]) + PROOF_LASTS <= utc_now():
        return None
    openid: str = proof["openid"]
    return openid


def phone_of(identity: Identity) -> str:
    """Return the phone of who is signed in, which was proved by signing in."""
    return queries.get_account(identity.account_id).phone


def phone_of_visitor() -> str | None:
    """Return the phone of who is signed in, else the one this browser has proved to hold lately."""
    identity = current_identity()
    return proven_phone() if identity is None else phone_of(identity)


def enter(account: Account, role: str) -> Identity:
    """Sign in; a cart filled before comes along, and whom WeChat vouched for is linked."""
    openid = pending_openid()
    kept = {key: session[key] for key in OUTLIVES_SIGNING_IN if key in session}
    guest = guest_owner()
    identity = sign_in(account, role)
    speaking.note_first(identity.account_id)
    session.update(kept)
    if guest is not None:
        former, owner = guest, f"account:{account.id}"
        in_transaction(lambda: carts.take_over(guest=former, owner=owner, now=utc_now()))
    if openid is not None:
        link_wechat(identity, openid)
    return identity


def link_wechat(identity: Identity, openid: str) -> bool:
    """Link a WeChat user to who is signed in; False for staff, and when linked to another account."""
    if queries.roles_of(identity.account_id) & set(STAFF_ROLES):
        return False
    return in_transaction(
        lambda: wechat.link(
            account_id=identity.account_id, openid=openid, now=utc_now(), actor=identity.actor.name
        )
    )


def leave() -> None:
    """Sign out; only which leader's link was opened stays known."""
    leader = session.get(LEADER)
    sign_out()
    if leader is not None:
        session[LEADER] = leader


def own_path(text: str | None) -> str | None:
    """Return a path of this site as it was given, None for anything that may lead elsewhere."""
    if not text or not text.startswith("/") or len(text) > MAX_PATH:
        return None
    if text.startswith("//") or "\\" in text or any(char <= " " or char == "\x7f" for char in text):
        return None
    # Escaped control characters and backslashes: no page of ours has them, and browsers differ.
    if any(escape in text.lower() for escape in ("%0", "%1", "%5c")):
        return None
    parts = urlsplit(text)
    return None if parts.scheme or parts.netloc else text


def is_for_residents(path: str | None) -> bool:
    """Tell whether a page is one that residents use."""
    return path is not None and path.startswith(RESIDENT_PATHS)


def is_for_applicants(path: str | None) -> bool:
    """Tell whether a page is the one where people apply to be leaders, which needs no role."""
    return path is not None and path.startswith(APPLICANT_PATH)


def start_page() -> str:
    """Return the address of the start page, which leads each role to its desk."""
    return url_for("resident.home")
