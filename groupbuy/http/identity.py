"""Who asks: found by bearer token or by the browser's session, with one query a request."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from flask import Flask, current_app, g, request, session
from flask_login import LoginManager, current_user, login_user, logout_user
from sqlalchemy import ColumnElement, Select, and_, bindparam, or_, select

from groupbuy.accounts import tokens
from groupbuy.accounts.models import Account, AccountRole, ApiToken, WebSession
from groupbuy.accounts.rules import scopes_of, session_limits
from groupbuy.audit.actor import Actor
from groupbuy.catalog.models import Supplier
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.http.rights import LIMITABLE
from groupbuy.kernel.clock import monotonic_seconds, utc_now
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.leaders.limiting import leaders_within
from groupbuy.leaders.models import Leader, LeaderHelper
from groupbuy.members.models import Resident

# How exactly the last use of a session is known; a write on every request would be dear.
SEEN_STEP = timedelta(minutes=5)
MAX_TOKEN = 200


# Whose token was good lately, by its digest, for writes whose own statement looks whether it still is.
VOUCHED = ("resident", "leader")
REMEMBERED = "groupbuy_remembered"
REMEMBERED_SECONDS = 300.0
MOST_REMEMBERED = 20_000


class NotSignedIn(GroupbuyError):
    """Say that nobody is signed in, or that the token or session has ended."""

    status = 401


@dataclass(frozen=True, slots=True)
class Home:
    """The leader of a resident, and until when another was."""

    leader_id: int
    former_leader_id: int | None
    since: datetime | None

    def leader_in(self, opens_at: datetime) -> int:
        """Return who hands out in a round that opens at a moment; equals ``Resident.leader_in``."""
        former = self.former_leader_id
        return (
            former
            if former is not None and self.since is not None and opens_at < self.since
            else self.leader_id
        )


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks, in which role, for what, and whom the role stands for.

    Only what belongs to the role is filled in: a leader's own leaders (a helper's whom it helps), a
    resident's own residents and, as ``homes``, who hands out to them. ``limited_to`` are the leaders that a
    member of the staff deals with, None for all.
    """

    account_id: int
    role: str
    scopes: frozenset[str]
    name: str = ""
    resident_ids: tuple[int, ...] = ()
    homes: tuple["Home", ...] = ()
    leader_ids: tuple[int, ...] = ()
    supplier_ids: tuple[int, ...] = ()
    # When it was last proved who this is: by signing in, or once more since.
    proved_at: datetime | None = None
    limited_to: tuple[int, ...] | None = None
    # The digest of a token that was good lately, while nobody has looked whether it still is.
    proof: str | None = field(default=None, repr=False)
    session_secret: str | None = field(default=None, repr=False)
    # What Flask-Login asks of a user.
    is_authenticated: bool = field(default=True, repr=False)
    is_active: bool = field(default=True, repr=False)
    is_anonymous: bool = field(default=False, repr=False)

    @property
    def actor(self) -> Actor:
        """Return how the audit log names this account."""
        return Actor(f"account:{self.account_id}", self.account_id)

    @property
    def limited(self) -> bool:
        """Tell whether this is staff who deals with some leaders only."""
        return self.limited_to is not None

    @property
    def seen_leaders(self) -> tuple[int, ...] | None:
        """Return the leaders whose orders and residents a leader or the staff may see; None is all."""
        return self.leader_ids if self.role == "leader" else self.limited_to

    @property
    def by_token(self) -> bool:
        """Tell whether a program asks, not a browser; a browser's writes need a CSRF token."""
        return self.session_secret is None

    def get_id(self) -> str | None:
        """Return what the browser's cookie holds."""
        return self.session_secret


Remembered = dict[str, tuple[Identity, float]]


def init_identity(app: Flask) -> None:
    """Let Flask-Login find who is signed in by the session's secret in the cookie."""
    app.extensions[REMEMBERED] = {}
    manager = LoginManager(app)
    manager.user_loader(lambda secret: _by_session(secret, utc_now()))


def current_identity() -> Identity | None:
    """Return who asks, or None; a bearer token is looked at first, then the browser's session.

    Raise NotSignedIn for a token that is wrong, revoked or expired: its program should know.
    """
    if "identity" not in g:
        g.identity = _from_request()
    found: Identity | None = g.identity
    return found


def _from_request() -> Identity | None:
    header = request.headers.get("Authorization")
    if header is not None:
        return _by_token(header, utc_now())
    user = current_user._get_current_object()
    return user if isinstance(user, Identity) else None


def _by_token(header: str, now: datetime) -> Identity:
    scheme, _, secret = header.partition(" ")
    secret = secret.strip()
    if scheme.lower() != "bearer" or not secret or len(secret) > MAX_TOKEN:
        raise NotSignedIn("bad_token", "Send the header: Authorization: Bearer TOKEN.")
    digest = tokens.digest_of(secret)
    rows = db.session.connection().execute(_token_holder(), {"digest": digest, "now": now}).all()
    if not rows:
        raise NotSignedIn("bad_token", "This token is unknown, revoked or expired.")
    found = _joined(rows, rows[0].scopes, rows[0].created_at)
    _remember(found, digest)
    return found


def _remember(identity: Identity, digest: str) -> None:
    remembered: Remembered = current_app.extensions[REMEMBERED]
    if identity.role not in VOUCHED or len(identity.leader_ids) > 1:
        return
    if len(remembered) >= MOST_REMEMBERED:
        remembered.clear()
    remembered[digest] = (replace(identity, proof=digest), monotonic_seconds())


def remembered_identity() -> Identity | None:
    """Return which resident's or leader's token was good lately; its ``proof`` is still to be looked at.

    Only for a write that looks at it in the statement that writes, so that a token that was revoked, an
    account that was disabled or a role that was taken away acts at once.
    """
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    remembered: Remembered = current_app.extensions[REMEMBERED]
    found = remembered.get(tokens.digest_of(secret.strip()))
    return None if found is None or monotonic_seconds() - found[1] > REMEMBERED_SECONDS else found[0]


@cache
def _token_holder() -> Select[*tuple[Any, ...]]:
    """Return the statement that every request of a program runs; to make it takes longer than to run it."""
    wanted = (
        ApiToken.digest == bindparam("digest"),
        ApiToken.revoked_at.is_(None),
        ApiToken.expires_at > bindparam("now"),
    )
    return _of_role(ApiToken).add_columns(ApiToken.scopes, ApiToken.created_at).where(*wanted)


def _by_session(secret: str, now: datetime) -> Identity | None:
    digest = tokens.digest_of(secret)
    rows = db.session.execute(
        _of_role(WebSession)
        .add_columns(WebSession.created_at, WebSession.seen_at, WebSession.proved_at)
        .where(WebSession.digest == digest, WebSession.ended_at.is_(None))
        .where(WebSession.epoch == Account.session_epoch)
    ).all()
    if not rows:
        return None
    idle, longest = session_limits(rows[0].role)
    if rows[0].seen_at + idle <= now or rows[0].created_at + longest <= now:
        return None
    if rows[0].seen_at + SEEN_STEP <= now:
        in_transaction(lambda: tokens.touch_session(digest=digest, now=now))
    return _joined(rows, scopes_of(rows[0].role), rows[0].proved_at or rows[0].created_at, secret)


def _joined(rows: Any, scopes: list[str], proved_at: datetime, secret: str | None = None) -> Identity:
    def ids(name: str) -> tuple[int, ...]:
        return tuple(sorted({value for row in rows if (value := getattr(row, name)) is not None}))

    return Identity(
        account_id=rows[0].account_id,
        role=rows[0].role,
        scopes=frozenset(scopes),
        name=rows[0].name,
        resident_ids=ids("resident_id"),
        homes=tuple({Home(*row[4:7]) for row in rows if row.resident_id is not None}),
        leader_ids=ids("leader_id") + ids("helped_id"),
        supplier_ids=ids("supplier_id"),
        proved_at=proved_at,
        limited_to=leaders_within(rows[0].account_id) if rows[0].role in LIMITABLE else None,
        session_secret=secret,
    )


def _of_role(proof: type[ApiToken] | type[WebSession]) -> Select[*tuple[Any, ...]]:
    """Select the account and the profiles of its role; the joins exclude each other by the role."""
    return (
        select(
            Account.id.label("account_id"),
            Account.name,
            proof.role,
            Resident.id.label("resident_id"),
            Resident.leader_id.label("home_leader_id"),
            Resident.former_leader_id,
            Resident.leader_since,
            Leader.id.label("leader_id"),
            LeaderHelper.leader_id.label("helped_id"),
            Supplier.id.label("supplier_id"),
        )
        .join(Account, and_(Account.id == proof.account_id, Account.active))
        .join(AccountRole, and_(AccountRole.account_id == Account.id, AccountRole.role == proof.role))
        .outerjoin(Resident, _profile(proof, "resident", Resident) & Resident.active)
        .outerjoin(Leader, _profile(proof, "leader", Leader))
        .outerjoin(Supplier, _profile(proof, "supplier", Supplier))
        .outerjoin(
            LeaderHelper,
            and_(proof.role == "pickup_verifier", LeaderHelper.account_id == proof.account_id),
        )
    )


def _profile(
    proof: type[ApiToken] | type[WebSession], role: str, table: type[Resident] | type[Leader] | type[Supplier]
) -> ColumnElement[bool]:
    own = and_(proof.role == role, table.account_id == proof.account_id)
    if proof is ApiToken:
        return and_(own, or_(ApiToken.profile.is_(None), ApiToken.profile == table.code))
    return own


def sign_in(account: Account, role: str) -> Identity:
    """Start a fresh session of an account in one of its roles; whatever the browser held before ends.

    Who only changes the role has proved nothing anew. Raise NotSignedIn for a role that the account does
    not have or an account that is not active.
    """
    former = current_user._get_current_object()
    same = isinstance(former, Identity) and former.account_id == account.id
    proved_at = former.proved_at if same else None
    sign_out()
    now = utc_now()
    device = request.headers.get("User-Agent", "")
    secret = in_transaction(
        lambda: tokens.start_session(account=account, role=role, device=device, now=now, proved_at=proved_at)
    )
    identity = _by_session(secret, now)
    if identity is None:
        raise NotSignedIn("not_signed_in", "This account cannot sign in.")
    login_user(identity)
    session.permanent = True
    g.identity = identity
    return identity


def sign_out() -> None:
    """End the browser's session, on the server too."""
    user = current_user._get_current_object()
    if isinstance(user, Identity) and user.session_secret is not None:
        digest = tokens.digest_of(user.session_secret)
        in_transaction(lambda: tokens.end_session(digest=digest, now=utc_now()))
    logout_user()
    session.clear()
    g.identity = None
