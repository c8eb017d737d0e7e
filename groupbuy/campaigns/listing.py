"""Rounds and their offers as those see them who may order, by the clock rather than the stored state."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, func, or_, select, tuple_

from groupbuy.campaigns.models import Offer, OfferLeader, OfferStock, OfferVersion, Round, RoundLeader
from groupbuy.campaigns.rules import RoundState
from groupbuy.catalog.models import Product
from groupbuy.db import db

SELLING = (RoundState.SCHEDULED, RoundState.OPEN)
# Rounds so near to now matter before those that are over or far ahead.
NEAR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whose rounds and offers are wanted; None is no limit (staff)."""

    leader_ids: Sequence[int] | None = None
    supplier_ids: Sequence[int] | None = None

    @property
    def sees_drafts(self) -> bool:
        """Tell whether rounds in preparation are shown."""
        return self.leader_ids is None and self.supplier_ids is None


class ShelfOffer(NamedTuple):
    """An offer as it is shown: prices in fen, quantities in sale units; ``left`` None is no limit."""

    offer_id: int
    product_code: str
    name: str
    spec: str | None
    unit: str
    price_fen: int
    list_price_fen: int | None
    per_buyer_limit: int | None
    min_units: int | None
    min_order_qty: int
    multiple: int
    sold: int
    left: int | None


def rounds_page(
    *,
    viewer: Viewer,
    state: RoundState | None,
    now: datetime,
    after: tuple[datetime, int] | None,
    most: int,
) -> Sequence[Round]:
    """Return rounds in an effective state, the latest cut-off first, after a (closes_at, id)."""
    statement = select(Round).where(*_visible(viewer))
    if state is not None:
        statement = statement.where(in_state(state, now))
    if after is not None:
        statement = statement.where(tuple_(Round.closes_at, Round.id) < after)
    return db.session.scalars(statement.order_by(Round.closes_at.desc(), Round.id.desc()).limit(most)).all()


def visible_rounds(viewer: Viewer, *, now: datetime) -> Select[Round]:
    """Return a selection of the rounds that the viewer sees, what matters now first."""
    return select(Round).where(*_visible(viewer)).order_by(*by_urgency(now))


def by_urgency(now: datetime) -> list[ColumnElement[Any]]:
    """Return the order in which people look for rounds.

    Those that sell by the next cut-off, those closed within a week by the latest cut-off, those that open
    within a week by their opening, then older ones by the latest cut-off, and the far future last.
    """
    selling, ahead = in_state(RoundState.OPEN, now), and_(_before_opening(), Round.closes_at > now)
    rank = case(
        (selling, 0),
        (and_(ahead, Round.opens_at <= now + NEAR), 2),
        (ahead, 4),
        (and_(Round.closes_at > now - NEAR, Round.closes_at <= now), 1),
        else_=3,
    )
    soonest = case((selling, Round.closes_at), (ahead, Round.opens_at))
    return [rank, soonest, Round.closes_at.desc(), Round.id.desc()]


def _before_opening() -> ColumnElement[bool]:
    return Round.state.in_((RoundState.DRAFT, RoundState.SCHEDULED))


def find_visible(name: str, *, viewer: Viewer) -> Round | None:
    """Return a round by name if the viewer takes part in it."""
    ids = (viewer.leader_ids, viewer.supplier_ids)
    statement = _one_visible(*(None if these is None else tuple(these) for these in ids))
    return db.session.scalar(statement, {"name": name})


@lru_cache(maxsize=2000)
def _one_visible(leader_ids: tuple[int, ...] | None, supplier_ids: tuple[int, ...] | None) -> Select[Round]:
    """Return the statement for one round; to make it anew takes longer than to run it."""
    return select(Round).where(Round.name == bindparam("name"), *_visible(Viewer(leader_ids, supplier_ids)))


def in_state(state: RoundState, now: datetime) -> ColumnElement[bool]:
    """Return the condition that the clock gives a round this state; equals ``rules.effective_state``."""
    selling = Round.state.in_(SELLING)
    if state is RoundState.OPEN:
        opened = or_(Round.state == RoundState.OPEN, Round.opens_at <= now)
        return and_(selling, opened, Round.closes_at > now)
    if state is RoundState.SCHEDULED:
        return and_(Round.state == RoundState.SCHEDULED, Round.opens_at > now, Round.closes_at > now)
    if state is RoundState.CLOSING:
        return or_(Round.state == RoundState.CLOSING, and_(selling, Round.closes_at <= now))
    return Round.state == state


def _visible(viewer: Viewer) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if not viewer.sees_drafts:
        conditions.append(Round.state != RoundState.DRAFT)
    if viewer.supplier_ids is not None:
        delivers = select(Offer.round_id).where(Offer.supplier_id.in_(viewer.supplier_ids))
        conditions.append(Round.id.in_(delivers))
    if viewer.leader_ids is not None:
        conditions.append(_takes_part(viewer.leader_ids))
    return conditions


def _takes_part(leader_ids: Sequence[int]) -> ColumnElement[bool]:
    """Return the condition that one of the leaders takes part, as ``queries.takes_part`` has it."""
    chosen = select(RoundLeader.round_id).where(RoundLeader.leader_id.in_(leader_ids))
    out = (
        select(RoundLeader.round_id)
        .where(RoundLeader.leader_id.in_(leader_ids), ~RoundLeader.takes_part)
        .group_by(RoundLeader.round_id)
        .having(func.count() == len(leader_ids))
    )
    return or_(
        Round.id.in_(chosen.where(RoundLeader.takes_part)), and_(Round.all_leaders, Round.id.not_in(out))
    )


def shelf(
    *, round_id: int, leader_id: int | None = None, supplier_ids: Sequence[int] | None = None
) -> Sequence[ShelfOffer]:
    """Return the active offers of a round with what is left now, in the order of the plan.

    With a leader they are what that leader's residents can order, at that leader's prices.
    """
    statement = _shelf(of_leader=leader_id is not None, of_suppliers=supplier_ids is not None)
    asked = {"round": round_id, "leader": leader_id, "suppliers": supplier_ids}
    wanted = {name: value for name, value in asked.items() if value is not None}
    rows = db.session.connection().execute(statement, wanted).all()
    return [ShelfOffer._make((*row[:-1], _left(*row[-2:]))) for row in rows]


def _left(sold: int, limit: int | None) -> int | None:
    return None if limit is None else max(limit - sold, 0)


@cache
def _shelf(*, of_leader: bool, of_suppliers: bool) -> Select[*tuple[Any, ...]]:
    """Return the statement of a shelf; to make it anew takes longer than to run it."""
    if of_leader:
        mine = and_(OfferLeader.offer_id == Offer.id, OfferLeader.leader_id == bindparam("leader"))
        statement = _columns(func.coalesce(OfferLeader.price_fen, OfferVersion.price_fen))
        statement = statement.outerjoin(OfferLeader, mine)
        statement = statement.where(func.coalesce(OfferLeader.offered, ~Offer.leader_picks))
    else:
        statement = _columns(OfferVersion.price_fen)
    if of_suppliers:
        statement = statement.where(Offer.supplier_id.in_(bindparam("suppliers", expanding=True)))
    return statement.where(Offer.round_id == bindparam("round"), *_ON_SALE).order_by(Offer.sort, Product.code)


_ON_SALE = (Offer.state == "active", Product.state == "on_shelf")


def _columns(price: Any) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Offer.id,
            Product.code,
            OfferVersion.name,
            OfferVersion.spec,
            OfferVersion.unit,
            price,
            OfferVersion.list_price_fen,
            Offer.per_buyer_limit,
            Offer.min_units,
            Offer.min_order_qty,
            Offer.multiple,
            OfferStock.sold,
            OfferStock.limit_units,
        )
        .join(OfferVersion, and_(OfferVersion.offer_id == Offer.id, OfferVersion.number == Offer.version_no))
        .join(Product, Product.id == Offer.product_id)
        .join(OfferStock, OfferStock.offer_id == Offer.id)
    )


def next_of_each_campaign(rounds: Iterable[Round]) -> list[Round]:
    """Return the first round of each campaign, in the order given: a daily one would fill the page."""
    first: dict[int, Round] = {}
    for one in rounds:
        first.setdefault(one.campaign_id, one)
    return list(first.values())
