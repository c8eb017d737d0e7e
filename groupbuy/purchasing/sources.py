"""Who can deliver a round's products beside their own suppliers, and how much of the day is left for it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, select

from groupbuy.campaigns.models import Offer, Round
from groupbuy.catalog.models import ProductSource, ProductSourcing, Supplier
from groupbuy.catalog.sourcing import WHOLE_BP, sourcings_of
from groupbuy.catalog.supplier_files import barred
from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.purchasing.models import PurchaseOrder, PurchaseOrderLine
from groupbuy.purchasing.rules import POState
from groupbuy.purchasing.splitting import Source, SplitBy


@dataclass(frozen=True, slots=True)
class Seller:
    """A supplier as a purchase is planned with it."""

    id: int
    code: str
    min_order_fen: int
    minimum_policy: str


@dataclass(frozen=True, slots=True)
class Split:
    """How a product's need is split: what its own supplier has, and who else delivers it."""

    by: str
    main_share_bp: int
    main_room: int | None
    further: tuple[tuple[Seller, Source], ...]

    def among(
        self, main: Seller, cost_fen: int, case_size: int, without: Collection[int]
    ) -> list[tuple[Seller, Source]]:
        """Return all who deliver it, the product's own supplier first, ``without`` some by their ids.

        The own one delivers it in any case where nobody else is left.
        """
        own = (main, Source(cost_fen, case_size, self.main_share_bp, self.main_room))
        others = [one for one in self.further if one[0].id != main.id and one[0].id not in without]
        return [own, *others] if main.id not in without or not others else others


def products_of(round_id: int) -> Select[*tuple[Any, ...]]:
    """Select the ids of the products of a round."""
    return select(Offer.product_id).where(Offer.round_id == round_id)


def splits_of(round_: Round, *, lock: bool = False) -> Mapping[int, Split]:
    """Return by product how a round's needs are split; products with one supplier are left out.

    Who delivers no more, or has a licence that has expired on the pickup day, gets nothing. With ``lock``
    no other close reckons with the same daily limits. Without further suppliers it is one query.
    """
    sourcings = sourcings_of(products_of(round_.id), lock=lock)
    if not sourcings:
        return {}
    bought = _bought(round_, sourcings)
    closed = barred(round_.pickup_date)
    return {one.product_id: _split(one, bought, closed) for one in sourcings}


def _split(one: ProductSourcing, bought: Mapping[tuple[int, int], int], closed: Collection[int]) -> Split:
    further = sorted(one.sources, key=lambda source: source.supplier.code)
    return Split(
        by=one.split_by,
        main_share_bp=WHOLE_BP - sum(source.share_bp for source in further),
        main_room=_room(one.daily_limit, _by_others(one, bought)),
        further=tuple(
            (_seller(source.supplier), _source(source, bought))
            for source in further
            if source.supplier.active and source.supplier_id not in closed
        ),
    )


def _seller(supplier: Supplier) -> Seller:
    return Seller(supplier.id, supplier.code, supplier.min_order_fen, supplier.minimum_policy)


def _source(source: ProductSource, bought: Mapping[tuple[int, int], int]) -> Source:
    used = bought.get((source.product_id, source.supplier_id), 0)
    return Source(source.cost_fen, source.case_size, source.share_bp, _room(source.daily_limit, used))


def _by_others(one: ProductSourcing, bought: Mapping[tuple[int, int], int]) -> int:
    """Return what is bought already of a product from its own supplier: from all who are no further one."""
    further = {source.supplier_id for source in one.sources}
    return sum(
        units
        for (product_id, supplier_id), units in bought.items()
        if product_id == one.product_id and supplier_id not in further
    )


def _room(daily_limit: int | None, used: int) -> int | None:
    return None if daily_limit is None else max(daily_limit - used, 0)


def _bought(round_: Round, sourcings: Iterable[ProductSourcing]) -> Mapping[tuple[int, int], int]:
    """Return by product and supplier what other rounds buy for the same day, of what has daily limits."""
    limited = [one.product_id for one in sourcings if one.split_by == SplitBy.PRICE]
    return _units_for(round_.pickup_date, limited, without=round_.id) if limited else {}


def _units_for(day: date, product_ids: Collection[int], *, without: int) -> Mapping[tuple[int, int], int]:
    units = (
        select(PurchaseOrderLine.product_id, PurchaseOrder.supplier_id, total(PurchaseOrderLine.purchased))
        .join(PurchaseOrder, PurchaseOrder.id == PurchaseOrderLine.purchase_order_id)
        .where(PurchaseOrder.due_date == day, PurchaseOrder.state != POState.CANCELLED)
        .where(PurchaseOrder.round_id != without, PurchaseOrderLine.product_id.in_(product_ids))
        .group_by(PurchaseOrderLine.product_id, PurchaseOrder.supplier_id)
    )
    return {(product_id, supplier_id): count for product_id, supplier_id, count in db.session.execute(units)}
