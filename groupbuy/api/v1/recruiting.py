"""Becoming a leader: applications, the agreement, and what operators decide."""

from typing import Annotated, Any, Literal

from pydantic import Field

from groupbuy.accounts import queries as accounts
from groupbuy.accounts.rules import ROLES
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.shapes import Json, Shape
from groupbuy.flows import recruiting
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput, NotFound
from groupbuy.kernel.times import iso
from groupbuy.leaders import agreement, applying, rules
from groupbuy.leaders.models import Leader
from groupbuy.members.service import CONSENT_VERSION

LeaderStateName = Literal["applied", "reviewed", "active", "suspended", "exited", "rejected"]
Degrees = Annotated[int, Field(ge=-180 * rules.E6, le=180 * rules.E6)]


class AgreementShape(Shape):
    """The agreement in force."""

    version: int
    text: str


class NewApplication(Body):
    """What somebody writes to become a leader; places are in millionths of a degree.

    With ``email`` the answer comes by mail too. ``consent_version`` is that of the privacy text that was
    agreed to.
    """

    name: Annotated[Text, Field(min_length=1, max_length=rules.MAX_NAME)]
    community: Annotated[Text, Field(min_length=1, max_length=rules.MAX_COMMUNITY)]
    address: Annotated[Text, Field(min_length=1, max_length=rules.MAX_ADDRESS)]
    why: Annotated[Text, Field(min_length=1, max_length=rules.MAX_WHY)]
    latitude_e6: Degrees | None = None
    longitude_e6: Degrees | None = None
    email: Annotated[Text, Field(max_length=rules.MAX_EMAIL)] = ""
    consent_version: Annotated[Text, Field(min_length=1, max_length=32)]


class ApplicationShape(Shape):
    """Where an application stands; ``reason`` is why, where somebody wrote it."""

    code: str
    name: str
    address: str | None
    state: LeaderStateName
    reason: str | None
    agreement_version: int | None
    agreed_at: str | None


class Acceptance(Body):
    """Which version of the agreement is accepted."""

    version: Annotated[int, Field(ge=1, le=2**31)]


class Decision(Body):
    """Where a leader goes from the state that was seen."""

    seen: LeaderStateName
    state: LeaderStateName
    reason: Annotated[Text, Field(max_length=200)] = ""


@endpoint("GET", "/leader-agreement", scope=None, roles=ROLES, answers={200: AgreementShape})
def show_agreement(identity: Identity) -> tuple[int, Any]:  # noqa: ARG001 - every view gets the identity.
    """Show what leaders agree to."""
    found = agreement.agreement_in_force()
    return 200, {"version": found.version, "text": found.text}


@endpoint(
    "POST",
    "/leader-applications",
    scope=None,
    roles=ROLES,
    body=NewApplication,
    answers={201: ApplicationShape},
)
def apply_to_lead(identity: Identity, body: NewApplication) -> tuple[int, Any]:
    """Apply to be a leader, for oneself."""
    if body.consent_version != CONSENT_VERSION:
        raise BadInput("consent", f"The privacy text in force is {CONSENT_VERSION}.", param="consent_version")
    wanted = applying.wanted_from(**body.model_dump(exclude={"consent_version"}))
    phone = accounts.get_account(identity.account_id).phone
    return 201, _shape(recruiting.apply(phone=phone, wanted=wanted, now=utc_now()))


@endpoint("GET", "/leader-applications/mine", scope=None, roles=ROLES, answers={200: ApplicationShape})
def my_application(identity: Identity) -> tuple[int, Any]:
    """Show where one's own application stands."""
    leader = applying.candidate_of(identity.account_id)
    if leader is None:
        raise NotFound("unknown_application", "You have not applied to be a leader.")
    return 200, _shape(leader)


@endpoint(
    "POST",
    "/leader-applications/mine/accept",
    scope=None,
    roles=ROLES,
    body=Acceptance,
    answers={200: ApplicationShape},
)
def accept_agreement(identity: Identity, body: Acceptance) -> tuple[int, Any]:
    """Accept the agreement after the approval, and begin as a leader."""
    leader = recruiting.accept(account_id=identity.account_id, version=body.version, now=utc_now())
    return 200, _shape(leader)


@endpoint(
    "POST",
    "/leaders/<code>/decide",
    scope="leaders:write",
    roles=("operator",),
    body=Decision,
    answers={200: ApplicationShape},
)
def decide_leader(identity: Identity, code: str, body: Decision) -> tuple[int, Any]:
    """Approve, reject, suspend, take back or let go a leader."""
    leader = recruiting.decide(code=code, **body.model_dump(), now=utc_now(), actor=identity.actor.name)
    return 200, _shape(leader)


def _shape(leader: Leader) -> Json:
    return {
        "code": leader.code,
        "name": leader.name,
        "address": leader.address,
        "state": leader.state,
        "reason": leader.state_reason,
        "agreement_version": leader.agreement_version,
        "agreed_at": None if leader.agreed_at is None else iso(leader.agreed_at),
    }
