"""Who can deliver a round's products beside their own suppliers, and how much of the day is left for it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, select

from groupbuy.campaigns import agreed_sources
from groupbuy.campaigns.models import Offer, Round
from groupbuy.campaigns.source_models import OfferSource, OfferSourcing
from groupbuy.catalog.models import Supplier
from groupbuy.catalog.sourcing import WHOLE_BP, lock_products
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
    """Return by product how a round's needs are split, as was agreed when it was published.

    Products with one supplier are left out. Who delivers no more, or has a licence that has expired on the
    pickup day, gets nothing. With ``lock`` no other close reckons with the same daily limits. Without further
    suppliers it is one query.
    """
    agreed = agreed_sources.agreed_for(round_.id)
    if not agreed:
        return {}
    if lock:
        lock_products(agreed)
    bought = _bought(round_, agreed)
    closed = barred(round_.pickup_date)
    return {product_id: _split(product_id, one, bought, closed) for product_id, one in agreed.items()}


def _split(
    product_id: int, one: OfferSourcing, bought: Mapping[tuple[int, int], int], closed: Collection[int]
) -> Split:
    further = sorted(one.sources, key=lambda source: source.supplier.code)
    others = {source.supplier_id for source in further}
    return Split(
        by=one.split_by,
        main_share_bp=WHOLE_BP - sum(source.share_bp for source in further),
        main_room=_room(one.daily_limit, _by_own(product_id, others, bought)),
        further=tuple(
            (_seller(source.supplier), _source(source, bought.get((product_id, source.supplier_id), 0)))
            for source in further
            if source.supplier.active and source.supplier_id not in closed
        ),
    )


def _seller(supplier: Supplier) -> Seller:
    return Seller(supplier.id, supplier.code, supplier.min_order_fen, supplier.minimum_policy)


def _source(source: OfferSource, used: int) -> Source:
    return Source(source.cost_fen, source.case_size, source.share_bp, _room(source.daily_limit, used))


def _by_own(product_id: int, others: Collection[int], bought: Mapping[tuple[int, int], int]) -> int:
    """Return what is bought already of a product from its own supplier: from all but its further ones."""
    return sum(
        units
        for (product, supplier_id), units in bought.items()
        if product == product_id and supplier_id not in others
    )


def _room(daily_limit: int | None, used: int) -> int | None:
    return None if daily_limit is None else max(daily_limit - used, 0)


def _bought(round_: Round, agreed: Mapping[int, OfferSourcing]) -> Mapping[tuple[int, int], int]:
    """Return by product and supplier what other rounds buy for the same day, of what has daily limits."""
    limited = [product_id for product_id, one in agreed.items() if one.split_by == SplitBy.PRICE]
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
