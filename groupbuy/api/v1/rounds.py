"""Rounds and what is offered in them."""

from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from groupbuy.api.v1 import cursors
from groupbuy.api.v1.endpoint import endpoint
from groupbuy.api.v1.shapes import Json, Page, RoundStateName, Shape
from groupbuy.campaigns import listing
from groupbuy.campaigns.listing import ShelfOffer, Viewer
from groupbuy.campaigns.models import Round
from groupbuy.campaigns.rules import RoundState, effective_state
from groupbuy.http.idempotency import Written, write_json
from groupbuy.http.identity import Identity
from groupbuy.kernel.clock import utc_now
from groupbuy.kernel.errors import BadInput, NotFound
from groupbuy.kernel.times import iso, parse_moment

_UTC = ZoneInfo("UTC")
_TERMS = ShelfOffer._fields[1:-2]


class RoundsQuery(Page):
    """Which rounds are wanted; ``state`` is the effective one by the clock."""

    state: RoundStateName | None = None


class RoundHead(Shape):
    """A round in a list."""

    round: str
    name: str
    opens_at: str
    closes_at: str
    state: str
    pickup_date: str
    payment: str


class Rounds(Shape):
    """A page of rounds, the latest cut-off first."""

    items: list[RoundHead]
    next_cursor: str | None


class OfferShape(Shape):
    """An offer; ``left`` null is no limit."""

    product_code: str
    name: str
    price_fen: int
    left: int | None
    per_buyer_limit: int | None
    spec: str | None
    unit: str
    list_price_fen: int | None
    min_units: int | None
    min_order_qty: int
    multiple: int
    sold: int


class RoundDetail(RoundHead):
    """A round with its offers, as the asker's leader has them."""

    offers: list[OfferShape]


def viewer_of(identity: Identity) -> Viewer:
    """Return whose rounds somebody sees: residents and leaders theirs, suppliers theirs, staff all."""
    if identity.role == "resident":
        homes = ((home.leader_id, home.former_leader_id) for home in identity.homes)
        return Viewer(leader_ids=[leader_id for pair in homes for leader_id in pair if leader_id is not None])
    if identity.role in ("leader", "pickup_verifier"):
        return Viewer(leader_ids=identity.leader_ids)
    if identity.role == "supplier":
        return Viewer(supplier_ids=identity.supplier_ids)
    return Viewer()


@endpoint("GET", "/rounds", scope="rounds:read", query=RoundsQuery, answers={200: Rounds})
def list_rounds(identity: Identity, query: RoundsQuery) -> tuple[int, Any]:
    """List the rounds that the asker takes part in, the latest cut-off first."""
    now = utc_now()
    rows = listing.rounds_page(
        viewer=viewer_of(identity),
        state=RoundState(query.state) if query.state else None,
        now=now,
        after=_after(query.cursor),
        most=query.limit + 1,
    )
    rows, cursor = cursors.page(rows, limit=query.limit, key=lambda row: (iso(row.closes_at), row.id))
    return 200, {"items": [head(row, now) for row in rows], "next_cursor": cursor}


def _after(cursor: str | None) -> tuple[datetime, int] | None:
    if cursor is None:
        return None
    moment, row_id = cursors.decode(cursor, (str, int))
    try:
        return parse_moment(moment, _UTC), row_id
    except ValueError as error:
        raise BadInput("bad_cursor", "Use the next_cursor of the page before.", param="cursor") from error


@endpoint("GET", "/rounds/<round_name>", scope="rounds:read", answers={200: RoundDetail})
def show_round(identity: Identity, round_name: str) -> tuple[int, Any]:
    """Show a round and what is left of its offers now."""
    viewer = viewer_of(identity)
    round_ = listing.find_visible(round_name, viewer=viewer)
    if round_ is None:
        raise NotFound("unknown_round", "There is no such round.", param="round")
    offers = listing.shelf(
        round_id=round_.id,
        leader_id=_leader_in(round_, identity),
        supplier_ids=viewer.supplier_ids,
    )
    start = write_json(head(round_, utc_now())).removesuffix("}")
    return 200, Written(f'{start},"offers":[{",".join(map(_offer, offers))}]}}')


def _leader_in(round_: Round, identity: Identity) -> int | None:
    """Return whose prices and choice are shown; None is everybody's."""
    if identity.homes:
        return identity.homes[0].leader_in(round_.opens_at)
    return identity.leader_ids[0] if identity.leader_ids else None


def head(round_: Round, now: datetime) -> Json:
    """Return a round as it stands in a list."""
    state = effective_state(RoundState(round_.state), round_.opens_at, round_.closes_at, now)
    return {
        "round": round_.name,
        "name": round_.title,
        "opens_at": iso(round_.opens_at),
        "closes_at": iso(round_.closes_at),
        "state": str(state),
        "pickup_date": round_.pickup_date.isoformat(),
        "payment": round_.payment,
    }


def _offer(offer: ShelfOffer) -> str:
    """Write an offer; what was just read of its stock is put behind what seldom changes."""
    _offer_id, *terms, sold, left = offer
    return f'{_terms(*terms)},"sold":{sold},"left":{"null" if left is None else left}}}'


@lru_cache(maxsize=20_000)
def _terms(*terms: Any) -> str:
    """Write all of an offer but its stock; kept by its very contents, it cannot be out of date."""
    return write_json(dict(zip(_TERMS, terms, strict=True))).removesuffix("}")
