"""States that move by compare-and-swap: of two people at once one wins, the other is told."""

from typing import Any

from sqlalchemy import update

from groupbuy.db.base import Base
from groupbuy.db.session import db


def move_state(row: Base, old: str, new: str, **values: Any) -> bool:
    """Take a row from one state to another, with what else changes; tell whether it stood there still.

    The row's state is fresh afterwards either way.
    """
    columns: Any = type(row)
    mine: Any = row
    moved = db.session.scalar(
        update(columns)
        .where(columns.id == mine.id, columns.state == old)
        .values(state=new, **values)
        .returning(columns.id)
        .execution_options(synchronize_session=False)
    )
    db.session.refresh(row, ["state", *values])
    return moved is not None
