"""Residents who leave are forgotten in the archive as they are among the working tables."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, TableClause, and_, delete, select, update

from groupbuy.db import db
from groupbuy.flows.archive.plan import BY_NAME, archived, table_named
from groupbuy.invoicing import rules

FORGOTTEN = "已注销"


def forget(*, resident_ids: Sequence[int]) -> None:
    """Take remarks, doors and what requests for invoices say of the person out of archived orders."""
    orders = _table("order")
    mine = orders.c.resident_id.in_(resident_ids)
    ids = select(orders.c.id).where(mine)
    db.session.execute(update(orders).where(mine).values(remark=None))
    doors = _table("order_door")
    db.session.execute(delete(doors).where(doors.c.order_id.in_(ids)))
    _forget_invoices(ids)


def _forget_invoices(ids: Select[Any]) -> None:
    requests = _table("invoice_request")
    theirs: ColumnElement[bool] = requests.c.order_id.in_(ids)
    db.session.execute(update(requests).where(theirs).values(email=""))
    never = and_(requests.c.invoice_number.is_(None), requests.c.kind == rules.PERSON)
    db.session.execute(update(requests).where(theirs, never).values(title=FORGOTTEN))


def _table(name: str) -> TableClause:
    return table_named(BY_NAME[name], archived)
