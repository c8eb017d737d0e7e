"""What printed lists say about a round: its head, and its goods by their names."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, and_, select, true

from groupbuy.campaigns.models import Offer, OfferVersion, Round
from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.documents.days import day_text
from groupbuy.documents.languages import said
from groupbuy.kernel.sorting import natural_key


@dataclass(frozen=True, slots=True)
class RoundHead:
    """A round in the head of its documents, in the operator's zone.

    ``printed`` names the moment of the print, and the moment and version of the data: the same data
    printed at the same moment give the same document.
    """

    name: str
    title: str
    cutoff: str
    pickup_date: str
    day: str
    printed: str


@dataclass(frozen=True, slots=True)
class Goods:
    """An offer as lists name it; ``rank`` is its place when all goods of the round stand by code.

    ``shelf_place`` is where it stands in the warehouse now, empty where nobody has said.
    """

    offer_id: int
    code: str
    name: str
    spec: str
    unit: str
    zone: str
    rank: int
    shelf_place: str = ""

    @property
    def label(self) -> str:
        """Return the name with the specification."""
        return f"{self.name} {self.spec}" if self.spec else self.name


def head_of(round_: Round, zone: ZoneInfo, printed_at: datetime) -> RoundHead:
    """Return the head of a round's documents that are printed at a moment."""
    closed, printed = round_.closes_at.astimezone(zone), printed_at.astimezone(zone)
    version = said(f"第 {max(round_.epoch, 1)} 版 · 截单 {closed:%Y-%m-%d %H:%M}")
    return RoundHead(
        name=round_.name,
        title=round_.title,
        cutoff=f"{day_text(closed.date())} {closed:%H:%M}",
        pickup_date=day_text(round_.pickup_date),
        day=f"{closed:%Y-%m-%d}",
        printed=f"{said(f'打印 {printed:%Y-%m-%d %H:%M}')} · {version} · {round_.name}",
    )


def goods_of_round(round_id: int, offers: Select[*tuple[Any, ...]] | None = None) -> Mapping[int, Goods]:
    """Return the goods of a round by offer id, all or those a statement selects, in one query."""
    rows = db.session.execute(
        select(
            Offer.id,
            Product.code,
            OfferVersion.name,
            OfferVersion.spec,
            OfferVersion.unit,
            Product.temperature_zone,
            Product.shelf_place,
        )
        .join(OfferVersion, and_(OfferVersion.offer_id == Offer.id, OfferVersion.number == Offer.version_no))
        .join(Product, Product.id == Offer.product_id)
        .where(Offer.round_id == round_id, true() if offers is None else Offer.id.in_(offers))
    ).all()
    ordered = sorted(rows, key=lambda row: (natural_key(row.code), row.id))
    return {
        row.id: Goods(*row[:3], row.spec or "", row.unit, row.temperature_zone, rank, row.shelf_place or "")
        for rank, row in enumerate(ordered)
    }
