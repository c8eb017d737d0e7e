"""A leader's helpers and their shares of its commission."""

from typing import Annotated, Any

from pydantic import Field

from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.rest_days import own_leader
from groupbuy.api.v1.shapes import Json, Shape
from groupbuy.commissions.helpers import helpers_of
from groupbuy.flows import enrolling
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.money import BASIS
from groupbuy.leaders.models import Leader

PATH = "/leaders/<code>/helpers"


class HelperShape(Shape):
    """A helper; ``share_bp`` of what the leader earns in rounds that close from now on is the helper's."""

    account_id: int
    name: str
    share_bp: int


class Helpers(Shape):
    """Who helps a leader, by name."""

    helpers: list[HelperShape]


class ShareWish(Body):
    """The share of a helper in basis points."""

    share_bp: Annotated[int, Field(strict=True, ge=0, le=BASIS)]


@endpoint("GET", PATH, scope="people:read", roles=("operator", "leader"), answers={200: Helpers})
def list_helpers(identity: Identity, code: str) -> tuple[int, Any]:
    """List who helps a leader."""
    return 200, _helpers(own_leader(identity, code))


@endpoint("PUT", f"{PATH}/<int:account_id>", scope="leaders:write", body=ShareWish, answers={200: Helpers})
def share_with_helper(identity: Identity, code: str, account_id: int, body: ShareWish) -> tuple[int, Any]:
    """Give a helper a share of the commission of rounds that close from now on."""
    leader = own_leader(identity, code)
    enrolling.share_with(
        leader=leader,
        account_id=account_id,
        share_bp=body.share_bp,
        now=utc_now(),
        actor=identity.actor,
    )
    return 200, _helpers(leader)


def _helpers(leader: Leader) -> Json:
    found = helpers_of(leader.id)
    return {
        "helpers": [{"account_id": one.id, "name": one.name, "share_bp": share_bp} for one, share_bp in found]
    }
