"""Who else delivers what a round offers, as it stood when the offer was made (协议供货条件)."""

from collections.abc import Collection, Mapping

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import joinedload, selectinload

from groupbuy.campaigns.models import Offer
from groupbuy.campaigns.source_models import OfferSource, OfferSourcing
from groupbuy.catalog.models import ProductSource, ProductSourcing
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
