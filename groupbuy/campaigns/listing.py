"""Rounds and their offers as those see them who may order, by the clock rather than the stored state."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_

from groupbuy.campaigns.models import Offer, OfferLeader, OfferStock, OfferVersion, Round, RoundLeader
from groupbuy.campaigns.rules import RoundState
from groupbuy.catalog.models import Product
from groupbuy.db import db

SELLING = (RoundState.SCHEDULED, RoundState.OPEN)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whose rounds and offers are wanted; None is no limit (staff)."""

    leader_ids: Sequence[int] | None = None
    supplier_ids: Sequence[int] | None = None

    @property
    def sees_drafts(self) -> bool:
        """Tell whether rounds in preparation are shown."""
        return self.leader_ids is None and self.supplier_ids is None


@dataclass(frozen=True, slots=True)
class ShelfOffer:
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


def visible_rounds(viewer: Viewer) -> Select[Round]:
    """Return a selection of the rounds that the viewer sees, the latest cut-off first."""
    return select(Round).where(*_visible(viewer)).order_by(Round.closes_at.desc(), Round.id.desc())


def find_visible(name: str, *, viewer: Viewer) -> Round | None:
    """Return a round by name if the viewer takes part in it."""
    return db.session.scalar(select(Round).where(Round.name == name, *_visible(viewer)))


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
    statement = _shelf(round_id) if leader_id is None else _shelf_of_leader(round_id, leader_id)
    if supplier_ids is not None:
        statement = statement.where(Offer.supplier_id.in_(supplier_ids))
    rows = db.session.execute(statement.order_by(Offer.sort, Product.code)).all()
    return [_offer(row) for row in rows]


def _offer(row: Any) -> ShelfOffer:
    *shown, limit = row
    columns: Any = (*shown, None if limit is None else max(limit - row.sold, 0))
    return ShelfOffer(*columns)


def _shelf(round_id: int) -> Select[*tuple[Any, ...]]:
    return _columns(OfferVersion.price_fen).where(Offer.round_id == round_id, *_ON_SALE)


def _shelf_of_leader(round_id: int, leader_id: int) -> Select[*tuple[Any, ...]]:
    mine = and_(OfferLeader.offer_id == Offer.id, OfferLeader.leader_id == leader_id)
    return (
        _columns(func.coalesce(OfferLeader.price_fen, OfferVersion.price_fen))
        .outerjoin(OfferLeader, mine)
        .where(Offer.round_id == round_id, *_ON_SALE)
        .where(func.coalesce(OfferLeader.offered, ~Offer.leader_picks))
    )


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
