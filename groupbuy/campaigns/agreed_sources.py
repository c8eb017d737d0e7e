"""Who else delivers what a round offers, as it stood when the offer was made (协议供货条件)."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import and_, delete, insert, select
from sqlalchemy.orm import joinedload, selectinload

from groupbuy.campaigns.models import Offer, OfferVersion
from groupbuy.campaigns.source_models import OfferSource, OfferSourcing
from groupbuy.catalog.models import Product, ProductSource, ProductSourcing, Supplier
from groupbuy.catalog.sourcing import WHOLE_BP
from groupbuy.db import db
from groupbuy.db.bulk import KEYS, chunks

_TERMS = ("cost_fen", "case_size", "share_bp", "daily_limit")


def agree(offer_ids: Collection[int]) -> None:
    """Agree for offers on the further suppliers that their products have now, in the place of former ones."""
    forget(offer_ids)
    for ids in chunks(offer_ids, KEYS):
        whole = (Offer.id, ProductSourcing.split_by, ProductSourcing.daily_limit)
        split = select(*whole).join(ProductSourcing, ProductSourcing.product_id == Offer.product_id)
        columns = ["offer_id", "split_by", "daily_limit"]
        db.session.execute(insert(OfferSourcing).from_select(columns, split.where(Offer.id.in_(ids))))
        terms = (Offer.id, ProductSource.supplier_id, *(getattr(ProductSource, name) for name in _TERMS))
        each = select(*terms).join(ProductSource, ProductSource.product_id == Offer.product_id)
        columns = ["offer_id", "supplier_id", *_TERMS]
        db.session.execute(insert(OfferSource).from_select(columns, each.where(Offer.id.in_(ids))))


def forget(offer_ids: Collection[int]) -> None:
    """Take away what was agreed for offers."""
    for ids in chunks(offer_ids, KEYS):
        for table in (OfferSource, OfferSourcing):
            db.session.execute(delete(table).where(table.offer_id.in_(ids)))


def agreed_for(round_id: int) -> Mapping[int, OfferSourcing]:
    """Return by product how the needs of a round are split, those with one supplier left out."""
    sources = selectinload(OfferSourcing.sources).options(joinedload(OfferSource.supplier))
    chosen = select(Offer.product_id, OfferSourcing).join(Offer, Offer.id == OfferSourcing.offer_id)
    chosen = chosen.where(Offer.round_id == round_id).options(sources)
    rows = db.session.execute(chosen.execution_options(populate_existing=True))
    return {row[0]: row[1] for row in rows}


def agreed_as_json(round_id: int) -> list[dict[str, Any]]:
    """Return who brings those products of a round that several suppliers bring, by product code."""
    agreed = {one.offer_id: one for one in agreed_for(round_id).values()}
    rows = db.session.execute(
        select(Offer.id, Product.code, Supplier.code, OfferVersion.cost_fen, OfferVersion.case_size)
        .join(Product, Product.id == Offer.product_id)
        .join(Supplier, Supplier.id == Offer.supplier_id)
        .join(OfferVersion, and_(OfferVersion.offer_id == Offer.id, OfferVersion.number == Offer.version_no))
        .where(Offer.id.in_(agreed))
        .order_by(Product.code)
    )
    return [_as_json(agreed[row[0]], row[1], row[2:]) for row in rows]


def _as_json(one: OfferSourcing, product_code: str, own: Sequence[Any]) -> dict[str, Any]:
    rest_bp = WHOLE_BP - sum(source.share_bp for source in one.sources)
    sources = [
        _terms_json(source.supplier.code, *(getattr(source, name) for name in _TERMS))
        for source in sorted(one.sources, key=lambda source: source.supplier.code)
    ]
    return {
        "product_code": product_code,
        "split_by": one.split_by,
        "main": _terms_json(*own, rest_bp, one.daily_limit),
        "sources": sources,
    }


def _terms_json(supplier_code: str, *terms: Any) -> dict[str, Any]:
    return {"supplier_code": supplier_code} | dict(zip(_TERMS, terms, strict=True))
