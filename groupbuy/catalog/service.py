"""Writing the catalogue: products, their way to the shelf, categories, brands, suppliers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from groupbuy.audit import service as audit
from groupbuy.catalog import disposal
from groupbuy.catalog.models import Brand, Category, Product, Supplier
from groupbuy.catalog.rules import changed_price, check_shelf_place
from groupbuy.db import db
from groupbuy.kernel.errors import BadInput, NotFound, RuleBroken

# A draft is reviewed before it is sold; what was on the shelf may come and go.
MOVES: Mapping[str, frozenset[str]] = {
    "draft": frozenset({"reviewed"}),
    "reviewed": frozenset({"on_shelf", "draft"}),
    "on_shelf": frozenset({"off_shelf"}),
    "off_shelf": frozenset({"on_shelf"}),
}
# What several products can be given at once.
SHARED = ("category_id", "brand_id", "supplier_id", "temperature_zone")
OWNERS: Mapping[str, type[Category] | type[Brand] | type[Supplier]] = {
    "category_id": Category,
    "brand_id": Brand,
    "supplier_id": Supplier,
}
MAX_TEXT = 300
# The longest time for after-sale requests about a category's goods.
MAX_HOURS = 24 * 365
# The supplier of drafts for which nobody has found one yet.
UNDECIDED = "UNDECIDED"


def get_product(code: str) -> Product:
    """Return a product by code; raise NotFound."""
    product = db.session.scalar(select(Product).where(Product.code == code))
    if product is None:
        raise NotFound("unknown_product", f"There is no product {code}.")
    return product


def create_product(*, code: str, values: Mapping[str, Any], now: datetime, actor: str) -> Product:
    """Make a draft; ``values`` are columns. Raise RuleBroken ``already_exists``, BadInput."""
    _check_product(values)
    _check_disposal(None, values)
    if db.session.scalar(select(Product.id).where(Product.code == code)) is not None:
        raise RuleBroken("already_exists", f"There is a product {code} already.", param="code")
    product = Product(code=code, state="draft", created_at=now, **values)
    db.session.add(product)
    db.session.flush()
    _log(actor, now, "product_created", "product", code, {}, _plain(values))
    return product


def edit_product(
    *, product: Product, version: int, values: Mapping[str, Any], now: datetime, actor: str
) -> None:
    """Change columns of a product; rounds in sale keep their snapshot.

    Raise RuleBroken ``changed_meanwhile`` when somebody has saved another version since, BadInput.
    """
    _check_product(values)
    db.session.refresh(product, with_for_update={"of": Product})
    if product.version != version:
        raise RuleBroken("changed_meanwhile", "Somebody has changed this product since you opened it.")
    _check_disposal(product, values)
    before = {name: getattr(product, name) for name in values}
    changed = {name: value for name, value in values.items() if before[name] != value}
    if not changed:
        return
    for name, value in changed.items():
        setattr(product, name, value)
    product.version += 1
    db.session.flush()
    former = _plain({name: before[name] for name in changed})
    _log(actor, now, "product_edited", "product", product.code, former, _plain(changed))


def place_product(*, product: Product, shelf_place: str | None, now: datetime, actor: str) -> None:
    """Say where a product stands on the shelves, None for nowhere; raise BadInput ``out_of_range``."""
    values = {"shelf_place": shelf_place}
    edit_product(product=product, version=product.version, values=values, now=now, actor=actor)


def move_product(*, product: Product, state: str, now: datetime, actor: str) -> None:
    """Review a product, put it on the shelf or take it off; carts refuse what is off the shelf.

    Raise RuleBroken ``wrong_state`` for a step that skips one, ``no_supplier`` for a draft without.
    """
    db.session.refresh(product, with_for_update={"of": Product})
    if state == product.state:
        return
    if state not in MOVES[product.state]:
        raise RuleBroken("wrong_state", f"{product.code} cannot go from {product.state} to {state}.")
    if state == "reviewed" and product.supplier.code == UNDECIDED:
        raise RuleBroken("no_supplier", f"{product.code} needs a supplier and a cost before its review.")
    former, product.state = product.state, state
    product.version += 1
    db.session.flush()
    _log(actor, now, "product_moved", "product", product.code, {"state": former}, {"state": state})


def edit_many(*, product_ids: Sequence[int], values: Mapping[str, Any], now: datetime, actor: str) -> int:
    """Give several products the same category, brand, supplier or temperature zone; return how many."""
    if unknown := sorted(set(values) - set(SHARED)):
        raise BadInput("unknown_field", f"{unknown[0]} cannot be changed for many.", param=unknown[0])
    _check_owners(values)
    chosen = select(Product).where(Product.id.in_(product_ids)).order_by(Product.id)
    products = db.session.scalars(chosen.with_for_update()).all()
    for product in products:
        edit_product(product=product, version=product.version, values=values, now=now, actor=actor)
    return len(products)


def _check_owners(values: Mapping[str, Any]) -> None:
    """Refuse what goods cannot belong to; a page offers only what there was when it was made."""
    for param in OWNERS.keys() & values.keys():
        number = values[param]
        if not isinstance(number, int) or db.session.get(OWNERS[param], number) is None:
            raise BadInput("unknown_value", "There is no such entry.", param=param)


def reprice_many(
    *, versions: Mapping[int, int], by_bp: int = 0, by_fen: int = 0, now: datetime, actor: str
) -> int:
    """Change the prices of several products by basis points or fen; return how many.

    ``versions`` are what somebody has seen by product. Raise RuleBroken ``changed_meanwhile``, BadInput;
    then none is changed. Campaigns keep the prices that were agreed for them.
    """
    chosen = select(Product).where(Product.id.in_(versions)).order_by(Product.id)
    products = db.session.scalars(chosen.with_for_update()).all()
    for product in products:
        values = {"price_fen": changed_price(product.price_fen, by_bp=by_bp, by_fen=by_fen)}
        edit_product(product=product, version=versions[product.id], values=values, now=now, actor=actor)
    return len(products)


def move_many(*, product_ids: Sequence[int], state: str, now: datetime, actor: str) -> int:
    """Move several products; those for which it is no step stay. Return how many moved."""
    chosen = select(Product).where(Product.id.in_(product_ids)).order_by(Product.id)
    able = [one for one in db.session.scalars(chosen.with_for_update()) if _can_move(one, state)]
    for product in able:
        move_product(product=product, state=state, now=now, actor=actor)
    return len(able)


def _can_move(product: Product, state: str) -> bool:
    undecided = state == "reviewed" and product.supplier.code == UNDECIDED
    return state in MOVES[product.state] and not undecided


def save_named(
    *,
    table: type[Category] | type[Brand],
    row_id: int | None,
    values: Mapping[str, Any],
    now: datetime,
    actor: str,
) -> None:
    """Make or change a category or a brand.

    Raise RuleBroken ``already_exists`` for its name, NotFound, BadInput for hours.
    """
    for param in ("after_sale_hours", "dispose_hours"):
        hours = values.get(param)
        if hours is not None and not 1 <= hours <= MAX_HOURS:
            raise BadInput("out_of_range", f"Between 1 and {MAX_HOURS}.", param=param)
    name = str(values["name"])
    twin = db.session.scalar(select(table.id).where(table.name == name))
    if twin is not None and twin != row_id:
        raise RuleBroken("already_exists", f"There is {name} already.", param="name")
    row = table() if row_id is None else db.session.get(table, row_id)
    if row is None:
        raise NotFound("unknown_row", "There is no such entry.")
    _check_disposal(row, values)
    kind = table.__tablename__
    _save(row, kind, name, values, now, actor)


def save_supplier(
    *, supplier: Supplier | None, values: Mapping[str, Any], now: datetime, actor: str
) -> Supplier:
    """Make or change a supplier; raise RuleBroken ``already_exists`` for its code."""
    code = str(values.get("code") or (supplier.code if supplier else ""))
    twin = db.session.scalar(select(Supplier.id).where(Supplier.code == code))
    if twin is not None and (supplier is None or twin != supplier.id):
        raise RuleBroken("already_exists", f"There is a supplier {code} already.", param="code")
    row = supplier or Supplier()
    _save(row, "supplier", code, values, now, actor, hidden=("phone", "email", "contact"))
    return row


def _save(
    row: Any,
    kind: str,
    subject: str,
    values: Mapping[str, Any],
    now: datetime,
    actor: str,
    hidden: Sequence[str] = (),
) -> None:
    before = {name: getattr(row, name) for name in values}
    for name, value in values.items():
        setattr(row, name, value)
    db.session.add(row)
    db.session.flush()
    # The log holds no personal data: of such fields it only says that they changed.
    changed = [name for name in values if before[name] != values[name]]
    former = {name: "…" if name in hidden else before[name] for name in changed}
    fresh = {name: "…" if name in hidden else values[name] for name in changed}
    _log(actor, now, f"{kind}_saved", kind, subject, former, fresh)


def _check_product(values: Mapping[str, Any]) -> None:
    for name in ("cost_fen", "price_fen", "list_price_fen"):
        if (values.get(name) or 0) < 0:
            raise BadInput("out_of_range", "An amount is not negative.", param=name)
    if values.get("case_size", 1) < 1:
        raise BadInput("out_of_range", "A case holds at least one.", param="case_size")
    if "name" in values and not 1 <= len(values["name"]) <= MAX_TEXT:
        raise BadInput("out_of_range", f"A name has 1 to {MAX_TEXT} characters.", param="name")
    if not 0 <= (values.get("dispose_hours") or 0) <= MAX_HOURS:
        raise BadInput("out_of_range", f"Between 0 and {MAX_HOURS}.", param="dispose_hours")
    if values.get("shelf_place") is not None:
        check_shelf_place(values["shelf_place"])
    if values.get("weighed") and not (values.get("est_grams") and values.get("price_basis_g")):
        raise BadInput(
            "required", "Weighed goods need their weight and the weight of the price.", param="est_grams"
        )


def _check_disposal(stored: Any, values: Mapping[str, Any]) -> None:
    """Check hours until disposal that are not those stored already."""
    hours = values.get("dispose_hours")
    if hours is not None and (stored is None or hours != stored.dispose_hours):
        disposal.check_rule(hours)


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _log(
    actor: str,
    now: datetime,
    verb: str,
    kind: str,
    subject: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    audit.record(
        at=now, actor=actor, verb=verb, subject_kind=kind, subject=subject, before=before, after=after
    )
