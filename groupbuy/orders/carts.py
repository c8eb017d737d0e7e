"""Carts: kept on the server, so that they survive sign-in, a lost phone and a restart."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, String, delete, func, literal, select, update
from sqlalchemy.orm import InstrumentedAttribute

from groupbuy.db import db
from groupbuy.db.totals import by_key
from groupbuy.db.upserts import insert_into
from groupbuy.orders.models import CartLine

FORGOTTEN_AFTER = timedelta(days=30)


def is_of(account_id: ColumnElement[int] | InstrumentedAttribute[int | None]) -> ColumnElement[bool]:
    """Return the condition that a line is in the cart of an account, named by a column."""
    return CartLine.owner == literal("account:").concat(func.cast(account_id, String))


def cart_of(owner: str) -> dict[int, int]:
    """Return what is in a cart: sale units by offer."""
    return by_key(select(CartLine.offer_id, CartLine.quantity).where(CartLine.owner == owner))


def more_in(owner: str) -> dict[int, int]:
    """Return by offer how many units more of what is in a cart are taken if that fills a case."""
    return by_key(select(CartLine.offer_id, CartLine.more).where(CartLine.owner == owner, CartLine.more > 0))


def take_more(*, owner: str, units: Mapping[int, int]) -> None:
    """Say of offers in a cart how many units more are taken if that fills a case; 0 is none."""
    for offer_id, more in sorted(units.items()):
        line = update(CartLine).where(CartLine.owner == owner, CartLine.offer_id == offer_id)
        db.session.execute(line.values(more=more))


def put(*, owner: str, quantities: Mapping[int, int], now: datetime) -> None:
    """Set the quantities of some offers, which exist; 0 takes an offer out. Others stay as they are."""
    remove(owner=owner, offer_ids=[offer_id for offer_id, quantity in quantities.items() if quantity <= 0])
    rows = [
        {"owner": owner, "offer_id": offer_id, "quantity": quantity, "updated_at": now}
        for offer_id, quantity in sorted(quantities.items())
        if quantity > 0
    ]
    if rows:
        statement = insert_into(CartLine).values(rows)
        new = {"quantity": statement.excluded.quantity, "updated_at": now}
        db.session.execute(statement.on_conflict_do_update(index_elements=["owner", "offer_id"], set_=new))


def remove(*, owner: str, offer_ids: Collection[int]) -> None:
    """Take offers out of a cart."""
    if offer_ids:
        db.session.execute(delete(CartLine).where(CartLine.owner == owner, CartLine.offer_id.in_(offer_ids)))


def take_over(*, guest: str, owner: str, now: datetime) -> None:
    """Move a guest's cart into an account's, whose own quantities give way; forget abandoned carts."""
    put(owner=owner, quantities=cart_of(guest), now=now)
    take_more(owner=owner, units=more_in(guest))
    db.session.execute(delete(CartLine).where(CartLine.owner == guest))
    db.session.execute(delete(CartLine).where(CartLine.updated_at < now - FORGOTTEN_AFTER))
