"""What leaders want to sell in a month."""

from datetime import date, datetime

from groupbuy.db import db
from groupbuy.kernel.errors import BadInput
from groupbuy.leaders.managing import log
from groupbuy.leaders.models import Leader, LeaderTarget

MOST_FEN = 100_000_000_00


def target_fen(*, leader_id: int, month: date) -> int | None:
    """Return the target of the month that a day lies in, in fen; None where none is set."""
    found = db.session.get(LeaderTarget, (leader_id, month.replace(day=1)))
    return None if found is None else found.amount_fen


def set_target(*, leader: Leader, month: date, amount_fen: int, now: datetime, actor: str) -> None:
    """Set the target of the month that a day lies in; raise BadInput for none or an absurd one."""
    if not 0 < amount_fen <= MOST_FEN:
        raise BadInput(
            "out_of_range", "A target is more than zero and at most 100 million.", param="amount_fen"
        )
    first = month.replace(day=1)
    former = target_fen(leader_id=leader.id, month=first)
    db.session.merge(LeaderTarget(leader_id=leader.id, month=first, amount_fen=amount_fen))
    db.session.flush()
    if former != amount_fen:
        before, after = {"amount_fen": former}, {"month": first.isoformat(), "amount_fen": amount_fen}
        log("leader_target_set", "leader", leader.code, before, after, now, actor)
