"""A leader falls ill: another one hands out the bags of a day."""

from dataclasses import asdict
from typing import Annotated, Any

from pydantic import Field

from groupbuy.api.v1.delivery import day_of_path
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.shapes import Code, Json, Shape
from groupbuy.delivery.models import Reroute
from groupbuy.delivery.rerouting import order_ids_of, reroutes_of
from groupbuy.flows import rerouting
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Body, Text
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.times import iso
from groupbuy.leaders.queries import get_leader

PATH = "/deliveries/<day>/reroutes"


class Wanted(Body):
    """Whose bags go to whom, and why: residents read it.

    ``confirmed`` says that more bags than the pickup point has room for are meant so.
    """

    from_leader: Code
    to_leader: Code
    reason: Annotated[Text, Field(min_length=1, max_length=rerouting.MAX_REASON)]
    confirmed: bool = False


class Pair(Body):
    """Whose bags would go to whom."""

    from_leader: Code
    to_leader: Code


class Moving(Shape):
    """What a re-routing would move; ``kept`` orders are handed out in part and stay.

    ``to_door`` orders are still brought to the door, ``no_door`` are fetched and their ``fee_fen`` goes back.
    ``too_many`` bags are above what the pickup point has room for.
    """

    orders: int
    residents: int
    units: int
    amount_fen: int
    kept: int
    to_door: int
    no_door: int
    fee_fen: int
    too_many: int


class Rerouted(Shape):
    """A re-routing of a day and how many orders it moved."""

    reroute: int
    day: str
    from_leader: str
    to_leader: str
    reason: str
    orders: int
    at: str
    undone_at: str | None


class ReroutesOfDay(Shape):
    """What was re-routed on a day, the latest first."""

    reroutes: list[Rerouted]


@endpoint("GET", PATH, scope="orders:read", roles=("operator",), answers={200: ReroutesOfDay})
def list_reroutes(identity: Identity, day: str) -> tuple[int, Any]:  # noqa: ARG001 - every view gets it
    """List what was re-routed on a day."""
    return 200, {"reroutes": [_json(one) for one in reroutes_of(day_of_path(day))]}


@endpoint("POST", f"{PATH}/check", scope="campaigns:write", body=Pair, answers={200: Moving})
def check_reroute(identity: Identity, day: str, body: Pair) -> tuple[int, Any]:  # noqa: ARG001 - as above
    """Tell what a re-routing would move, and change nothing."""
    moving = rerouting.preview(
        day=day_of_path(day), old=get_leader(body.from_leader), new=get_leader(body.to_leader)
    )
    return 200, asdict(moving)


@endpoint("POST", PATH, scope="campaigns:write", body=Wanted, answers={201: Rerouted})
def reroute_bags(identity: Identity, day: str, body: Wanted) -> tuple[int, Any]:
    """Let another leader hand out a leader's bags of a day; each resident and both leaders are told once."""
    row = rerouting.reroute(
        day=day_of_path(day),
        old=get_leader(body.from_leader),
        new=get_leader(body.to_leader),
        reason=body.reason,
        now=utc_now(),
        actor=identity.actor,
        confirmed=body.confirmed,
    )
    return 201, _json(row)


@endpoint("POST", "/reroutes/<int:reroute>/undo", scope="campaigns:write", answers={200: Rerouted})
def undo_reroute(identity: Identity, reroute: int) -> tuple[int, Any]:
    """Give the bags back, until the route has left."""
    return 200, _json(rerouting.undo(reroute_id=reroute, now=utc_now(), actor=identity.actor))


def _json(row: Reroute) -> Json:
    return {
        "reroute": row.id,
        "day": row.day.isoformat(),
        "from_leader": row.from_leader.code,
        "to_leader": row.to_leader.code,
        "reason": row.reason,
        "orders": len(order_ids_of(row)),
        "at": iso(row.at),
        "undone_at": iso(row.undone_at) if row.undone_at else None,
    }
