"""Lists of orders: a resident's own, those of a leader's communities, an operator's."""

from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from groupbuy.analytics import searching
from groupbuy.analytics.searching import Wanted
from groupbuy.api.v1 import cursors
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.order_shapes import OrderShape, order_json
from groupbuy.api.v1.shapes import Code, Page, Shape
from groupbuy.http.identity import Identity
from groupbuy.http.reading import Text
from groupbuy.kernel.errors import BadInput
from groupbuy.kernel.times import parse_moment
from groupbuy.orders import queries

_UTC = ZoneInfo("UTC")
State = Literal["awaiting_payment", "confirmed", "part_picked_up", "picked_up", "cancelled"]


class OrderSearch(Page):
    """Which orders are wanted.

    ``since`` is the moment from which on they were placed; ``search`` is a number, a pickup code, the tail of
    a phone, or a part of a name, a room or a product's name.
    """

    round: Code | None = None
    state: State | None = None
    leader_code: Code | None = None
    resident_code: Code | None = None
    since: Annotated[Text, Field(max_length=40)] | None = None
    search: Annotated[Text, Field(min_length=1, max_length=100)] | None = None


class OrderList(Shape):
    """A page of orders, the newest first."""

    items: list[OrderShape]
    next_cursor: str | None


@endpoint("GET", "/orders", scope="orders:read", query=OrderSearch, answers={200: OrderList})
def list_orders(identity: Identity, query: OrderSearch) -> tuple[int, Any]:
    """List orders, the newest first: residents see their own, leaders those of their communities."""
    wanted = Wanted(
        round_name=query.round,
        state=query.state,
        leader_code=query.leader_code,
        resident_code=query.resident_code,
        since=_since(query.since),
        text=query.search,
    )
    found = searching.orders_page(
        wanted,
        resident_ids=identity.resident_ids if identity.role == "resident" else None,
        leader_ids=None if identity.role == "resident" else identity.seen_leaders,
        before=cursors.id_after(query.cursor),
        most=query.limit + 1,
    )
    rows, cursor = cursors.page(found, limit=query.limit, key=lambda order: (order.id,))
    return 200, {"items": [order_json(view) for view in queries.views_of(rows)], "next_cursor": cursor}


def _since(text: str | None) -> datetime | None:
    try:
        return parse_moment(text, _UTC) if text else None
    except ValueError as error:
        raise BadInput("bad_format", "A moment such as 2026-11-23T09:30:00Z.", param="since") from error
