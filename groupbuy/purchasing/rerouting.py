"""What was asked for at the close becomes another leader's, where that one hands it out."""

from collections.abc import Sequence

from sqlalchemy import delete

from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.orders.models import Order, OrderLine
from groupbuy.orders.shortening import as_closed
from groupbuy.purchasing.amending import add_demand
from groupbuy.purchasing.models import Demand


def move_demand(*, order_ids: Sequence[int], old: int, new: int) -> None:
    """Let what orders asked for at their close be another leader's; what is left without units goes."""
    lines, units, amount = as_closed(order_ids)
    keys = (Order.round_id, OrderLine.offer_id)
    asked = lines.add_columns(*keys, total(units), total(amount)).group_by(*keys).order_by(*keys)
    for round_id, offer_id, count, fen in db.session.execute(asked).all():
        what = {"round_id": round_id, "offer_id": offer_id}
        add_demand(leader_id=new, **what, units=count, amount_fen=fen)
        add_demand(leader_id=old, **what, units=-count, amount_fen=-fen)
        db.session.execute(
            delete(Demand)
            .where(Demand.round_id == round_id, Demand.leader_id == old, Demand.offer_id == offer_id)
            .where(Demand.units == 0)
            .execution_options(synchronize_session=False)
        )
