"""Writing down weights and their settling. The caller has locked the orders."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, update

from groupbuy.db import db
from groupbuy.orders.models import OrderLine
from groupbuy.weighing.models import LineWeight, WeightSettlement
from groupbuy.weighing.queries import WeighedLine


def note_weight(*, line: WeighedLine, grams: int, source: str, now: datetime, actor: str) -> bool:
    """Write down what a line weighs; False when that is what its last weight says already."""
    if line.grams == grams and line.weighed_units == line.quantity:
        return False
    db.session.add(
        LineWeight(
            order_line_id=line.line_id,
            number=line.number + 1,
            quantity=line.quantity,
            grams=grams,
            source=source,
            at=now,
            actor=actor,
        )
    )
    db.session.flush()
    return True


def note_settlement(
    *, round_id: int, differences: Sequence[int], now: datetime, actor: str
) -> WeightSettlement:
    """Write down a settling with the fen that each line has changed by."""
    settlement = WeightSettlement(
        round_id=round_id,
        lines=len(differences),
        more_fen=sum(fen for fen in differences if fen > 0),
        less_fen=-sum(fen for fen in differences if fen < 0),
        at=now,
        actor=actor,
    )
    db.session.add(settlement)
    db.session.flush()
    return settlement


def mark_settled(*, settlement_id: int, lines: Sequence[WeighedLine]) -> None:
    """Give lines the grams that they are settled on, and their weights the settling they belong to."""
    connection = db.session.connection()
    values = [{"line": line.line_id, "last": line.number, "grams": line.grams} for line in lines]
    settled_on = update(OrderLine).where(OrderLine.id == bindparam("line"))
    connection.execute(settled_on.values(actual_grams=bindparam("grams")), values)
    last = (LineWeight.order_line_id == bindparam("line"), LineWeight.number == bindparam("last"))
    connection.execute(update(LineWeight).where(*last).values(settlement_id=settlement_id), values)
