"""Whose goods they were, and what they cost, where several suppliers brought them.

Goods are handed out by product, so of one unit nobody knows whose it was: each answers for what it brought,
or is to bring while its order is open.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from groupbuy.campaigns.models import Offer, OfferVersion
from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.purchasing.models import PurchaseOrder, PurchaseOrderLine
from groupbuy.purchasing.queries import FINAL
from groupbuy.warehouse.mixing import Brought, cost_by_supplier, mean_cost
from groupbuy.warehouse.models import GoodsReceiptLine


@dataclass(frozen=True, slots=True)
class Part:
    """What a supplier answers for, in fen."""

    supplier_id: int
    amount_fen: int


def charges(offer: Offer, units: int, cost_fen: int, supplier_id: int | None = None) -> Sequence[Part]:
    """Return who is charged how much for units of an offer that cost ``cost_fen`` each when it was ordered.

    It is the offer's supplier at that cost; of several each by the worth of what it brought, or only
    ``supplier_id`` at its own cost where it is known that the goods were its.
    """
    brought = _brought(offer.id)
    if supplier_id is not None:
        own = brought.get(supplier_id)
        found = [Part(supplier_id, units * (own.cost_fen if own else cost_fen))]
    elif not brought:
        found = [Part(offer.supplier_id, units * cost_fen)]
    else:
        fen = cost_by_supplier(units, list(brought.values()))
        found = [Part(one, amount) for one, amount in zip(brought, fen, strict=True)]
    return [one for one in found if one.amount_fen]


def cost_of(offer_id: int, cost_fen: int) -> int:
    """Return what a unit of an offer has cost in fen: ``cost_fen``, of several suppliers the mean."""
    parts = _brought(offer_id)
    return mean_cost(list(parts.values())) if parts else cost_fen


def agreed_cost(offer_id: int) -> int:
    """Return what a unit of an offer costs in fen, as it stands last."""
    latest = select(OfferVersion.cost_fen).where(OfferVersion.offer_id == offer_id)
    return db.session.scalars(latest.order_by(OfferVersion.number.desc()).limit(1)).one()


def _brought(offer_id: int) -> Mapping[int, Brought]:
    """Return by supplier what came of an offer; nothing where only its own has brought something.

    Of an order on which more may come all that was bought counts: goods go out before they are booked, and
    who is booked first would answer for everything.
    """
    came = total(GoodsReceiptLine.delivered - GoodsReceiptLine.rejected)
    terms = (PurchaseOrder.supplier_id, PurchaseOrderLine.cost_fen, PurchaseOrderLine.purchased)
    rows = db.session.execute(
        select(*terms, came.label("came"), PurchaseOrder.state, Offer.supplier_id.label("own_id"))
        .join(PurchaseOrderLine, PurchaseOrderLine.purchase_order_id == PurchaseOrder.id)
        .outerjoin(GoodsReceiptLine, GoodsReceiptLine.purchase_order_line_id == PurchaseOrderLine.id)
        .join(Offer, Offer.id == PurchaseOrderLine.offer_id)
        .where(PurchaseOrderLine.offer_id == offer_id)
        .group_by(PurchaseOrderLine.id, *terms, PurchaseOrder.state, Offer.supplier_id)
        .order_by(PurchaseOrder.supplier_id)
    ).all()
    units = [row.came if row.state in FINAL else max(row.came, row.purchased) for row in rows]
    brought = {row[0]: Brought(one, row.cost_fen) for row, one in zip(rows, units, strict=True) if one}
    return brought if brought.keys() - {row.own_id for row in rows} else {}
