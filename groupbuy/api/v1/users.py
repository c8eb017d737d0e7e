"""Users: who of the staff has which roles, deals with which leaders, and may come in at all.

Whoever changes something has to have got its token lately (``sign_in_again``), as on the pages.
"""

from typing import Annotated, Any, Literal

from pydantic import Field

from groupbuy.accounts import managing, queries, second_factor
from groupbuy.accounts.models import Account
from groupbuy.accounts.rules import MAX_PASSWORD, ROLES
from groupbuy.api.v1 import cursors
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.shapes import Code, Json, Name, Page, Shape
from groupbuy.http.identity import Identity
from groupbuy.http.proving import require_fresh
from groupbuy.http.reading import Body, Text
from groupbuy.http.rights import check_limitable
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.phones import mask_phone
from groupbuy.kernel.times import iso
from groupbuy.leaders import limiting

READ, WRITE = "users:read", "users:write"
USER = "/users/<int(max=2147483647):user_id>"
StaffRole = Literal["operator", "finance", "warehouse", "customer_service"]
OtherRole = Literal["leader", "supplier", "pickup_verifier", "resident"]


class NewUser(Body):
    """A member of the staff; without a password it signs in with codes by text message."""

    name: Annotated[Text, Field(min_length=1, max_length=60)]
    phone: Annotated[Text, Field(min_length=1, max_length=20)]
    role: StaffRole
    password: Annotated[Text, Field(min_length=1, max_length=MAX_PASSWORD)] | None = None


class WantedRole(Body):
    """A role that is given; leaders, residents and suppliers get theirs with their profile."""

    role: StaffRole


class WantedLimit(Body):
    """Communities by name and leaders by code, at least one of both."""

    communities: Annotated[list[Name], Field(default_factory=list, max_length=limiting.MOST)]
    leaders: Annotated[list[Code], Field(default_factory=list, max_length=limiting.MOST)]


class Users(Page):
    """``role`` is one role, ``staff`` or ``all``; ``q`` a part of the name or the end of the phone."""

    role: StaffRole | OtherRole | Literal["staff", "all"] = "staff"
    q: Annotated[Text, Field(max_length=100)] = ""


class LimitShape(Shape):
    """Which leaders somebody deals with: those of the communities, and the ones named."""

    communities: list[str]
    leaders: list[str]


class UserInList(Shape):
    """An account in a list."""

    id: int
    name: str
    phone: str
    roles: list[str]
    active: bool
    created_at: str


class UserShape(UserInList):
    """An account; ``limit`` null is all leaders, ``second_factor`` tells whether it is on."""

    limit: LimitShape | None
    second_factor: bool


class UserPage(Shape):
    """A page of accounts, the oldest first."""

    items: list[UserInList]
    next_cursor: str | None


@endpoint("GET", "/users", scope=READ, query=Users, answers={200: UserPage})
def list_users(identity: Identity, query: Users) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """List accounts, the staff unless another role is asked for; phones are masked."""
    after = cursors.id_after(query.cursor)
    found = queries.accounts_page(role=query.role, text=query.q, after=after, most=query.limit + 1)
    rows, cursor = cursors.page(found, limit=query.limit, key=lambda row: (row.id,))
    roles = queries.roles_by_account([row.id for row in rows])
    items = [_in_list(row, roles.get(row.id, [])) for row in rows]
    return 200, {"items": items, "next_cursor": cursor}


@endpoint("GET", USER, scope=READ, answers={200: UserShape})
def show_user(identity: Identity, user_id: int) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """Show an account, its roles and its limit."""
    return 200, _user(user_id)


@endpoint("POST", "/users", scope=WRITE, body=NewUser, answers={201: UserShape})
def add_user(identity: Identity, body: NewUser) -> tuple[int, Any]:
    """Make a member of the staff, or give the account of the phone a role."""
    now = utc_now()
    require_fresh(identity, now=now)
    account = managing.add_staff(
        phone=body.phone,
        name=body.name,
        role=body.role,
        password=body.password,
        now=now,
        actor=identity.actor.name,
    )
    return 201, _user(account.id)


@endpoint("POST", f"{USER}/roles", scope=WRITE, body=WantedRole, answers={200: UserShape})
def give_role(identity: Identity, user_id: int, body: WantedRole) -> tuple[int, Any]:
    """Give an account a role; again changes nothing."""
    account, deed = _to_change(identity, user_id)
    managing.give_staff_role(account=account, role=body.role, **deed)
    return 200, _user(user_id)


@endpoint("DELETE", f"{USER}/roles/<role>", scope=WRITE, answers={200: UserShape})
def take_role(identity: Identity, user_id: int, role: str) -> tuple[int, Any]:
    """Take a role of the staff away; again changes nothing, the last operator's stays (``last_operator``)."""
    account, deed = _to_change(identity, user_id)
    managing.take_staff_role(account=account, role=role, **deed)
    return 200, _user(user_id)


@endpoint("PUT", f"{USER}/limit", scope=WRITE, body=WantedLimit, answers={200: UserShape})
def limit_user(identity: Identity, user_id: int, body: WantedLimit) -> tuple[int, Any]:
    """Let somebody of the staff deal with some leaders only; it acts on the next request."""
    account, deed = _to_change(identity, user_id)
    check_limitable(queries.roles_of(user_id))
    limiting.limit_to(account=account, communities=body.communities, leaders=body.leaders, **deed)
    return 200, _user(user_id)


@endpoint("DELETE", f"{USER}/limit", scope=WRITE, answers={200: UserShape})
def lift_limit(identity: Identity, user_id: int) -> tuple[int, Any]:
    """Let somebody deal with all leaders again; again changes nothing."""
    account, deed = _to_change(identity, user_id)
    limiting.lift_limit(account=account, **deed)
    return 200, _user(user_id)


@endpoint("POST", f"{USER}/disable", scope=WRITE, answers={200: UserShape})
def disable_user(identity: Identity, user_id: int) -> tuple[int, Any]:
    """Let an account in no more and end its sessions; again changes nothing."""
    account, deed = _to_change(identity, user_id)
    managing.set_active(account=account, active=False, **deed)
    return 200, _user(user_id)


@endpoint("POST", f"{USER}/enable", scope=WRITE, answers={200: UserShape})
def enable_user(identity: Identity, user_id: int) -> tuple[int, Any]:
    """Let a disabled account in again; again changes nothing."""
    account, deed = _to_change(identity, user_id)
    managing.set_active(account=account, active=True, **deed)
    return 200, _user(user_id)


@endpoint("DELETE", f"{USER}/second-factor", scope=WRITE, answers={200: UserShape})
def reset_second_factor(identity: Identity, user_id: int) -> tuple[int, Any]:
    """Switch the second factor of somebody off who has lost phone and recovery codes."""
    account, deed = _to_change(identity, user_id)
    second_factor.remove(account_id=account.id, **deed)
    return 200, _user(user_id)


def _to_change(identity: Identity, user_id: int) -> tuple[Account, dict[str, Any]]:
    """Return the account, and when and by whom it is changed; raise NotAllowed, NotFound."""
    now = utc_now()
    require_fresh(identity, now=now)
    return queries.get_account(user_id), {"now": now, "actor": identity.actor.name}


def _user(user_id: int) -> Json:
    account = queries.get_account(user_id)
    limit = limiting.limit_of(user_id)
    return _in_list(account, sorted(queries.roles_of(user_id), key=ROLES.index)) | {
        "limit": None
        if limit is None
        else {"communities": [*limit.communities], "leaders": [*limit.leaders]},
        "second_factor": second_factor.is_on(user_id),
    }


def _in_list(account: Account, roles: list[str]) -> Json:
    return {
        "id": account.id,
        "name": account.name,
        "phone": mask_phone(account.phone),
        "roles": roles,
        "active": account.active,
        "created_at": iso(account.created_at),
    }
