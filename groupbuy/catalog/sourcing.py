"""Several suppliers for a product (多供应商): who else delivers it, and how the need is split."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload, selectinload

from groupbuy.audit import service as audit
from groupbuy.catalog.bulk import supplier_ids
from groupbuy.catalog.models import Product, ProductSource, ProductSourcing
from groupbuy.catalog.supplier_files import get_supplier
from groupbuy.db import db
from groupbuy.db.bulk import select_in
from groupbuy.kernel.errors import BadInput, RuleBroken

SPLITS = ("share", "price")
MOST = 5
WHOLE_BP = 10_000
MAX_UNITS = 1_000_000


@dataclass(frozen=True, slots=True)
class Further:
    """A further supplier of a product: fen per sale unit, sale units in a case, its part, units a day."""

    supplier_code: str
    cost_fen: int
    case_size: int = 1
    share_bp: int = 0
    daily_limit: int | None = None


@dataclass(frozen=True, slots=True)
class Sourcing:
    """How a product's need is split; without ``further`` its own supplier delivers everything."""

    split_by: str = "share"
    daily_limit: int | None = None
    further: tuple[Further, ...] = ()

    @property
    def main_share_bp(self) -> int:
        """Return what is left for the product's own supplier."""
        return WHOLE_BP - sum(one.share_bp for one in self.further)


def sourcing_of(product: Product) -> Sourcing:
    """Return who else delivers a product, by supplier code."""
    return _plain(db.session.get(ProductSourcing, product.id, populate_existing=True))


def sources_as_json(product: Product) -> dict[str, Any]:
    """Return who delivers a product as programs get it: its own supplier ``main``, and the further ones."""
    stored = sourcing_of(product)
    main = Further(
        product.supplier.code, product.cost_fen, product.case_size, stored.main_share_bp, stored.daily_limit
    )
    sources = [asdict(one) for one in stored.further]
    return {
        "version": product.version,
        "split_by": stored.split_by,
        "main": asdict(main),
        "sources": sources,
    }


def _plain(found: ProductSourcing | None) -> Sourcing:
    if found is None:
        return Sourcing()
    further = (
        Further(one.supplier.code, one.cost_fen, one.case_size, one.share_bp, one.daily_limit)
        for one in found.sources
    )
    return Sourcing(
        found.split_by, found.daily_limit, tuple(sorted(further, key=lambda one: one.supplier_code))
    )


def set_sourcing(
    *, product: Product, wanted: Sourcing, now: datetime, actor: str, version: int | None = None
) -> None:
    """Name all further suppliers of a product anew, for the rounds that are published from now on.

    Again changes nothing. ``version`` is the product's as somebody has seen it. Raise NotFound, BadInput
    with param ``sources[i].…`` or ``split_by``, RuleBroken ``changed_meanwhile``.
    """
    db.session.refresh(product, with_for_update={"of": Product})
    if version is not None and product.version != version:
        raise RuleBroken("changed_meanwhile", "Somebody has changed this product since you opened it.")
    ids = _checked(product, wanted)
    former = sourcing_of(product)
    if _sorted(wanted) == former:
        return
    _store(product.id, wanted, ids)
    product.version += 1
    db.session.flush()
    audit.record(
        at=now,
        actor=actor,
        verb="product_sources_set",
        subject_kind="product",
        subject=product.code,
        before=asdict(former),
        after=asdict(wanted),
    )


def _sorted(wanted: Sourcing) -> Sourcing:
    """Return the same as it is stored: without further suppliers nothing is split."""
    if not wanted.further:
        return Sourcing()
    further = sorted(wanted.further, key=lambda one: one.supplier_code)
    return Sourcing(wanted.split_by, wanted.daily_limit, tuple(further))


def _checked(product: Product, wanted: Sourcing) -> Mapping[str, int]:
    """Return the ids of the suppliers by code."""
    if wanted.split_by not in SPLITS:
        raise BadInput("unknown_split", "Split by share or by price.", param="split_by")
    _check_number(wanted.daily_limit, 0, "daily_limit")
    if len(wanted.further) > MOST:
        raise BadInput("too_many", f"At most {MOST} further suppliers.", param="sources")
    ids: dict[str, int] = {}
    for index, one in enumerate(wanted.further):
        supplier_id, param = get_supplier(one.supplier_code).id, f"sources[{index}]"
        if supplier_id == product.supplier_id or one.supplier_code in ids:
            raise BadInput("named_twice", "Name each supplier once.", param=f"{param}.supplier_code")
        ids[one.supplier_code] = supplier_id
        _check_number(one.cost_fen, 0, f"{param}.cost_fen")
        _check_number(one.case_size, 1, f"{param}.case_size")
        _check_number(one.daily_limit, 0, f"{param}.daily_limit")
        _check_number(one.share_bp, 0, f"{param}.share_bp")
    if wanted.main_share_bp < 0:
        raise BadInput("out_of_range", "The shares make more than 100 %.", param="sources")
    return ids


def _check_number(value: int | None, least: int, param: str) -> None:
    if value is not None and not least <= value <= MAX_UNITS:
        raise BadInput("out_of_range", f"Between {least} and {MAX_UNITS}.", param=param)


def _store(product_id: int, wanted: Sourcing, ids: Mapping[str, int]) -> None:
    row = db.session.get(ProductSourcing, product_id)
    if not wanted.further:
        if row is not None:
            db.session.delete(row)
        return
    row = row or ProductSourcing(product_id=product_id)
    row.split_by, row.daily_limit = wanted.split_by, wanted.daily_limit
    known = {source.supplier_id: source for source in row.sources}
    row.sources = [_brought(known.get(ids[one.supplier_code]), one, ids) for one in wanted.further]
    db.session.add(row)


def _brought(known: ProductSource | None, one: Further, ids: Mapping[str, int]) -> ProductSource:
    """Bring a further supplier to its terms; make it where it is not known."""
    source = known or ProductSource(supplier_id=ids[one.supplier_code])
    source.cost_fen, source.case_size = one.cost_fen, one.case_size
    source.share_bp, source.daily_limit = one.share_bp, one.daily_limit
    return source


@dataclass(frozen=True, slots=True)
class Sourced:
    """A locked product and who delivers it."""

    product: Product
    sourcing: Sourcing


def lock_sourced(codes: Collection[str]) -> Mapping[str, Sourced]:
    """Return those products that exist by code, locked in the order of their ids, with their suppliers."""
    ids = [row.id for row in select_in(select(Product.id), Product.code, codes)]
    locked = select(Product).options(joinedload(Product.supplier, innerjoin=True)).order_by(Product.id)
    locked = locked.execution_options(populate_existing=True).with_for_update(of=Product)
    products = [row[0] for row in select_in(locked, Product.id, ids)]
    stored = {
        row[0].product_id: row[0]
        for row in select_in(_with_suppliers(select(ProductSourcing)), ProductSourcing.product_id, ids)
    }
    return {one.code: Sourced(one, _plain(stored.get(one.id))) for one in products}


def bring_many(wanted: Collection[Sourced]) -> None:
    """Bring locked products to their suppliers, who were checked before."""
    codes = {further.supplier_code for one in wanted for further in one.sourcing.further}
    ids = supplier_ids(codes)
    for one in wanted:
        _store(one.product.id, one.sourcing, ids)
        one.product.version += 1
    db.session.flush()


def lock_products(ids: Collection[int]) -> None:
    """Let nobody else reckon with the daily limits of these products until the transaction ends."""
    rows = select(Product.id).where(Product.id.in_(ids)).order_by(Product.id)
    # Orders and purchases may still refer to them.
    db.session.execute(rows.with_for_update(key_share=True))


def _with_suppliers(found: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    sources = selectinload(ProductSourcing.sources).options(joinedload(ProductSource.supplier))
    return found.options(sources).execution_options(populate_existing=True)
