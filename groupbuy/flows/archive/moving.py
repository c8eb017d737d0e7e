"""A round's rows change tables, all of them or none: into the archive, or back."""

from sqlalchemy import delete, func, insert, select

from groupbuy.db import db
from groupbuy.flows.archive.plan import PARTS, Naming, Part, archived, of_round, table_named, working


def put_away(round_id: int) -> tuple[int, int]:
    """Move a round's orders and all that hangs on them into the archive; return how many orders, and rows.

    It is for a transaction that holds the round.
    """
    return _move(round_id, working, archived)


def bring_back(round_id: int) -> tuple[int, int]:
    """Move a round's orders and all that hangs on them back; return how many orders, and rows."""
    return _move(round_id, archived, working)


def _move(round_id: int, old: Naming, new: Naming) -> tuple[int, int]:
    counts = [_copy(part, round_id, old, new) for part in PARTS]
    for part in reversed(PARTS):
        db.session.execute(delete(table_named(part, old)).where(of_round(part, round_id, old)))
    # What the session has read of them is not there any more.
    db.session.expire_all()
    return counts[0], sum(counts)


def _copy(part: Part, round_id: int, old: Naming, new: Naming) -> int:
    source = table_named(part, old)
    mine = of_round(part, round_id, old)
    rows = select(*source.c).where(mine)
    db.session.execute(insert(table_named(part, new)).from_select(part.columns, rows))
    return db.session.scalar(select(func.count()).select_from(source).where(mine)) or 0
