"""Reading bags."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from groupbuy.db import db
from groupbuy.pickup.models import Bag


def bag_codes(round_id: int, leader_ids: Sequence[int]) -> Mapping[int, Mapping[int, str]]:
    """Return the codes of bags with several orders by leader and resident, in one query."""
    codes: dict[int, dict[int, str]] = {leader_id: {} for leader_id in leader_ids}
    bags = select(Bag.leader_id, Bag.resident_id, Bag.code).where(
        Bag.round_id == round_id, Bag.leader_id.in_(leader_ids)
    )
    for leader_id, resident_id, code in db.session.execute(bags):
        codes[leader_id][resident_id] = code
    return codes
