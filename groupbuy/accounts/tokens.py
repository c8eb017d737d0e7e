"""Bearer tokens and browser sessions: secrets of 256 bits, of which only the SHA-256 is stored."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import Update, update

from groupbuy.accounts.models import Account, ApiToken, WebSession
from groupbuy.accounts.rules import check_scopes, scopes_of
from groupbuy.audit import service as audit
from groupbuy.db import db
from groupbuy.db.bulk import insert_many
from groupbuy.kernel import ids

LIFETIME = timedelta(hours=24)
MAX_DEVICE = 200
# Whether the token with the digest :proof is good for a profile in a role at :now, as ``http.identity``
# reads it.
PROVED = """
SELECT 1 FROM api_token t
JOIN account a ON a.id = t.account_id AND a.active
JOIN account_role o ON o.account_id = t.account_id AND o.role = t.role
WHERE t.digest = :proof AND t.role = '{role}' AND t.revoked_at IS NULL AND t.expires_at > :now
  AND {profile}.account_id = t.account_id AND (t.profile IS NULL OR t.profile = {profile}.code)
"""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who gets a token: an account, and the code of the profile it is to act as."""

    account_id: int
    phone: str
    profile: str | None


def digest_of(secret: str) -> str:
    """Return what is stored of a secret."""
    return sha256(secret.encode()).hexdigest()


def issue_token(
    *,
    account: Account,
    role: str,
    now: datetime,
    actor: str,
    lifetime: timedelta = LIFETIME,
    scopes: Sequence[str] | None = None,
) -> tuple[str, datetime]:
    """Make a token for an account in one of its roles; return it and when it ends.

    Raise BadInput for a scope that the role does not have.
    """
    check_scopes(scopes or (), role=role)
    secret, expires_at = ids.token(), now + lifetime
    token = ApiToken(
        digest=digest_of(secret),
        account_id=account.id,
        role=role,
        scopes=list(scopes) if scopes else scopes_of(role),
        created_at=now,
        expires_at=expires_at,
    )
    db.session.add(token)
    db.session.flush()
    _log(actor, str(account.id), {"role": role, "token": token.id}, now)
    return secret, expires_at


def issue_many(
    *, holders: Sequence[Holder], role: str, now: datetime, actor: str, lifetime: timedelta
) -> Iterator[tuple[Holder, str]]:
    """Make a token for each holder in one go and return them in the same order."""
    secrets = [ids.token() for _ in holders]
    shared = {"role": role, "scopes": scopes_of(role), "created_at": now, "expires_at": now + lifetime}
    insert_many(
        db.metadata.tables[ApiToken.__tablename__],
        (
            shared | {"digest": digest_of(secret), "account_id": holder.account_id, "profile": holder.profile}
            for holder, secret in zip(holders, secrets, strict=True)
        ),
    )
    _log(actor, f"all:{role}", {"role": role, "tokens": len(secrets)}, now)
    return zip(holders, secrets, strict=True)


def revoke_token(*, digest: str, now: datetime, actor: str) -> bool:
    """End a token at once; False when it had ended before."""
    ended = db.session.execute(
        update(ApiToken)
        .where(ApiToken.digest == digest, ApiToken.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(ApiToken.account_id)
        .execution_options(synchronize_session=False)
    ).scalar()
    if ended is not None:
        audit.record(at=now, actor=actor, verb="token_revoked", subject_kind="account", subject=str(ended))
    return ended is not None


def start_session(
    *, account: Account, role: str, device: str, now: datetime, proved_at: datetime | None = None
) -> str:
    """Open a browser's session and return its secret; ``proved_at`` unless its owner proves it just now."""
    secret = ids.token()
    session = WebSession(
        digest=digest_of(secret),
        account_id=account.id,
        role=role,
        epoch=account.session_epoch,
        device=device[:MAX_DEVICE],
        created_at=now,
        seen_at=now,
        proved_at=proved_at,
    )
    db.session.add(session)
    db.session.flush()
    return secret


def touch_session(*, digest: str, now: datetime) -> None:
    """Note that a session is in use."""
    db.session.execute(_session(digest).values(seen_at=now))


def note_proof(*, digest: str, now: datetime) -> None:
    """Note that the owner of a session has proved again who is there."""
    db.session.execute(_session(digest).values(proved_at=now))


def end_session(*, digest: str, now: datetime) -> None:
    """End a browser's session on the server."""
    db.session.execute(_session(digest).where(WebSession.ended_at.is_(None)).values(ended_at=now))


def _session(digest: str) -> Update:
    return update(WebSession).where(WebSession.digest == digest).execution_options(synchronize_session=False)


def _log(actor: str, subject: str, after: dict[str, object], now: datetime) -> None:
    audit.record(
        at=now, actor=actor, verb="token_issued", subject_kind="account", subject=subject, after=after
    )
