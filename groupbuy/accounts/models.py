"""Sign-in identities: one account per phone, which may have several roles."""

from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from groupbuy.accounts.rules import ROLES
from groupbuy.db import Base

_ROLE_LIST = ", ".join(f"'{role}'" for role in ROLES)


class Account(Base):
    """A person who can sign in, known by a mobile number."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    phone: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)
    session_epoch: Mapped[int] = mapped_column(default=0)
    language: Mapped[str | None]
    created_at: Mapped[datetime]


class AccountRole(Base):
    """A role that an account holds."""

    __tablename__ = "account_role"
    __table_args__ = (CheckConstraint(f"role IN ({_ROLE_LIST})", name="role"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    granted_at: Mapped[datetime]


class StaffLimit(Base):
    """A community or a leader that a member of the staff deals with; without a row it is all of them."""

    __tablename__ = "staff_limit"
    __table_args__ = (
        CheckConstraint("(community_id IS NULL) <> (leader_id IS NULL)", name="one"),
        UniqueConstraint("account_id", "community_id"),
        UniqueConstraint("account_id", "leader_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    community_id: Mapped[int | None] = mapped_column(ForeignKey("community.id"))
    leader_id: Mapped[int | None] = mapped_column(ForeignKey("leader.id"))


class WechatLink(Base):
    """A WeChat user, by the openid that our app is given, and the account that may be entered with it."""

    __tablename__ = "wechat_link"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True, autoincrement=False)
    openid: Mapped[str] = mapped_column(unique=True)
    linked_at: Mapped[datetime]


class ApiToken(Base):
    """A bearer token of an account in one role; only its SHA-256 is kept.

    ``profile`` is the code of the one leader, resident or supplier it acts as; None is all of the account's.
    """

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    role: Mapped[str]
    profile: Mapped[str | None]
    scopes: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class WebSession(Base):
    """A signed-in browser; its cookie holds a secret of which only the SHA-256 is kept.

    ``proved_at`` is when its owner last proved who is there, None since it was begun.
    """

    __tablename__ = "web_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    role: Mapped[str]
    epoch: Mapped[int]
    device: Mapped[str]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    proved_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class SecondFactor(Base):
    """The authenticator app of an account.

    The secret of its codes follows from ``seed`` and the installation's own key, so that a stolen copy of
    the table makes no code. No code of a time step up to ``last_step`` is taken again.
    """

    __tablename__ = "second_factor"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True, autoincrement=False)
    seed: Mapped[str]
    confirmed_at: Mapped[datetime]
    last_step: Mapped[int]


class RecoveryCode(Base):
    """A code on paper that takes the place of the authenticator app once; only its digest is kept."""

    __tablename__ = "recovery_code"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True, autoincrement=False)
    digest: Mapped[str] = mapped_column(primary_key=True)
    used_at: Mapped[datetime | None]


class UploadDay(Base):
    """What an account has sent on a day, in UTC."""

    __tablename__ = "upload_day"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(primary_key=True, index=True)
    files: Mapped[int]
    bytes: Mapped[int]


class Guess(Base):
    """Wrong passwords and codes of one guesser against one target, and until when it has to wait.

    ``trusted_at`` is when this guesser last guessed right.
    """

    __tablename__ = "guess"

    kind: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime] = mapped_column(index=True)
    blocked_until: Mapped[datetime | None]
    trusted_at: Mapped[datetime | None]


class PhoneCode(Base):
    """A code sent to a phone for one purpose in one browser's visit.

    The digest takes in the visit's secret, which only the browser holds: who reads the table cannot try
    out a million codes against it.
    """

    __tablename__ = "phone_code"
    __table_args__ = (Index("ix_phone_code_phone", "phone", "created_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    phone: Mapped[str]
    purpose: Mapped[str]
    visit: Mapped[str]
    digest: Mapped[str]
    address: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(index=True)
    expires_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None]
