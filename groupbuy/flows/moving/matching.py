"""What of an export is here already: products by name, residents by phone, orders by reference."""

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from groupbuy.campaigns import listing
from groupbuy.campaigns.models import Round
from groupbuy.catalog.models import Product as Ours
from groupbuy.db import db
from groupbuy.flows.moving.cells import key
from groupbuy.flows.moving.values import Product
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident
from groupbuy.orders.export_layout import label_of
from groupbuy.orders.models import Order

MOST_PRODUCTS = 300
_PLAIN = re.compile(r"[A-Za-z0-9._-]{1,40}")


@dataclass(frozen=True, slots=True)
class Choice:
    """A product of ours that one of the workbook's may be; the price is in fen per unit."""

    code: str
    name: str
    spec: str
    price_fen: int

    @property
    def label(self) -> str:
        """Return the name with its specification."""
        return label_of(self.name, self.spec)


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a phone is a resident's of this leader, and which; ``elsewhere`` is another leader's."""

    code: str = ""
    elsewhere: bool = False


def choices_of(round_: Round | None, leader: Leader, products: Sequence[Product]) -> Sequence[Choice]:
    """Return what a round offers to the leader's residents; without a round products of equal name."""
    if round_ is not None:
        offers = listing.shelf(round_id=round_.id, leader_id=leader.id)
        return [Choice(one.product_code, one.name, one.spec or "", one.price_fen) for one in offers]
    names = {one.name for one in products}
    same = select(Ours).where(Ours.name.in_(names)).order_by(Ours.code).limit(MOST_PRODUCTS)
    return [Choice(one.code, one.name, one.spec or "", one.price_fen) for one in db.session.scalars(same)]


def match(product: Product, choices: Iterable[Choice]) -> str:
    """Return the code of the product that this is, by name with code or specification; or empty."""
    named = [one for one in choices if key(one.name) == key(product.name)]
    same = [one for one in named if one.code == product.code or one.code == draft_code(product)]
    same = same or [one for one in named if key(one.label) == key(product.label)]
    return same[0].code if same else ""


def draft_code(product: Product) -> str:
    """Return the code under which a product is proposed: always the same for the same product."""
    if _PLAIN.fullmatch(product.code):
        return f"KTT-{product.code}"
    return f"KTT-{hashlib.sha256(key(product.label).encode()).hexdigest()[:12]}"


def standings(leader: Leader, phones: Collection[str]) -> Mapping[str, Standing]:
    """Return what is known of phones; those that nobody has are left out."""
    rows = db.session.execute(
        select(Resident.phone, Resident.code, Resident.leader_id).where(Resident.phone.in_(phones))
    )
    found: dict[str, Standing] = {}
    for phone, code, leader_id in rows:
        if leader_id == leader.id:
            found[phone] = Standing(code)
        else:
            found.setdefault(phone, Standing(elsewhere=True))
    return found


def reference(leader: Leader, ref: str) -> str:
    """Return the key under which an order is taken over once."""
    return f"moved:{leader.id}:{ref}"


def taken_before(leader: Leader, refs: Collection[str]) -> frozenset[str]:
    """Return those references whose orders have been taken over already, into whatever round."""
    keys = {reference(leader, ref): ref for ref in refs}
    found = db.session.scalars(select(Order.submission_key).where(Order.submission_key.in_(keys)))
    return frozenset(keys[one] for one in found if one in keys)
