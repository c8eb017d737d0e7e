"""The order export of a round: one leader's orders, or everybody's."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from groupbuy.app.names import file_name
from groupbuy.campaigns import heads as round_heads
from groupbuy.campaigns import queries as campaigns
from groupbuy.campaigns.models import Round
from groupbuy.documents import xlsx
from groupbuy.kernel.errors import NotFound, RuleBroken
from groupbuy.leaders import heads as leader_heads
from groupbuy.leaders.queries import get_leader
from groupbuy.messaging.senders import File
from groupbuy.orders import bulk
from groupbuy.orders.by_leader import leaders_with_orders, live_orders
from groupbuy.pickup.exporting import ExportHead, Served, order_export

KIND = "order_export"
TITLE = "团购订单导出"
SUFFIX = "xlsx"
MOST_ORDERS = 100_000
# As long as pages show them to the order's leader.
PHONES_SHOWN = timedelta(days=7)


def render_order_export(round_name: str, code: str | None, *, zone: ZoneInfo, now: datetime) -> File:
    """Render the export of a round's live orders at any time: a leader's by its code, or all.

    Raise NotFound for unknown rounds and leaders and where there is no order, RuleBroken ``too_large``
    for a whole round that fits no workbook.
    """
    round_ = campaigns.get_round(round_name)
    if code is None and bulk.totals(round_.id)[0] > MOST_ORDERS:
        raise RuleBroken("too_large", "This round is too large for one workbook; take it leader by leader.")
    served = _served(round_, code)
    if not served:
        raise NotFound("unknown_document", f"Round {round_name} has no orders for {code or 'itself'}.")
    sheets = order_export(_head(round_, zone, now), served, round_heads.goods_of_round(round_.id))
    whose = (code, served[0][0].name) if code else (round_name, "")
    return File(f"{file_name(TITLE, *whose)}.{SUFFIX}", xlsx.CONTENT_TYPE, xlsx.write_xlsx(sheets))


def _served(round_: Round, code: str | None) -> Served:
    ids = [get_leader(code).id] if code else [one.id for one in leaders_with_orders(round_.id)]
    heads = leader_heads.heads_of(ids)
    return [(heads[leader_id], orders) for leader_id, orders in live_orders(round_.id, ids)]


def _head(round_: Round, zone: ZoneInfo, now: datetime) -> ExportHead:
    opens, closes = (moment.astimezone(zone) for moment in (round_.opens_at, round_.closes_at))
    shows = now.astimezone(zone).date() <= round_.pickup_date + PHONES_SHOWN
    return ExportHead(
        f"{round_.title}（{round_.name}）", f"{opens:%Y-%m-%d %H:%M:%S}", f"{closes:%Y-%m-%d %H:%M:%S}", shows
    )
