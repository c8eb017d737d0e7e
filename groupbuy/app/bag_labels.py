"""The labels of a leader's bags in a closed round."""

from datetime import datetime
from zoneinfo import ZoneInfo

from groupbuy.app import papers
from groupbuy.app.names import file_name
from groupbuy.documents import pdf
from groupbuy.documents.labels import write_labels
from groupbuy.kernel.errors import NotFound
from groupbuy.leaders import heads as leader_heads
from groupbuy.leaders.queries import get_leader
from groupbuy.messaging.senders import File
from groupbuy.orders.by_leader import live_orders
from groupbuy.pickup import queries as pickup
from groupbuy.pickup.labels import bag_labels
from groupbuy.pickup.packing import pack

KIND = "bag_labels"
TITLE = "分拣标签"
SUFFIX = "pdf"


def render_bag_labels(round_name: str, code: str | None, *, zone: ZoneInfo, now: datetime) -> File:
    """Render the labels of a leader's bags by its code.

    Raise NotFound for unknown rounds and leaders and where there is no order, RuleBroken ``not_closed``.
    """
    source = papers.source_of(round_name, zone, now)
    leader_id = get_leader(code or "").id
    leader = leader_heads.heads_of([leader_id])[leader_id]
    codes = pickup.bag_codes(source.round_id, [leader_id])[leader_id]
    for _leader_id, orders in live_orders(source.round_id, [leader_id]):
        labels = bag_labels(source.head, leader, pack(orders, codes, source.goods, day=source.day))
        return File(
            f"{file_name(TITLE, leader.code, leader.name)}.{SUFFIX}", pdf.CONTENT_TYPE, write_labels(labels)
        )
    raise NotFound("unknown_document", f"Round {round_name} has no orders for {code}.")
