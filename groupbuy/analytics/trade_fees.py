"""Freight (运费表) by leader or route: what orders paid above their goods, as the ledger has booked it.

A fee is income on the day on which its order was picked up, and goes off again with the whole of the
order, on the day on which that was taken off. The rows are the postings themselves, brought to the leader
of their order.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import and_, case, distinct, func, select

from groupbuy.analytics.trade_base import Proof, Report, ReportColumn, Rows, SortedBy, Wanted, booked
from groupbuy.analytics.trade_sales import ROUTE
from groupbuy.db.totals import total
from groupbuy.finance.models import Posting
from groupbuy.finance.rules import fee_income
from groupbuy.leaders.models import Leader
from groupbuy.orders.fees import DOOR, FREIGHT
from groupbuy.orders.models import Order, OrderFee
from groupbuy.payments.fee_books import CAUSE, EARNED_BY, KEY


def _of(kind: str) -> Any:
    return total(case((OrderFee.kind == kind, EARNED_BY), else_=0))


def _fees(name: Any, code: Any) -> Callable[[Wanted], Rows]:
    def rows(wanted: Wanted) -> Rows:
        return (
            select(
                code.label("code"),
                name.label("name"),
                func.count(distinct(Order.id)).label("orders"),
                _of(FREIGHT).label("freight"),
                _of(DOOR).label("door"),
                total(EARNED_BY).label("amount"),
            )
            .select_from(OrderFee)
            .join(Posting, and_(Posting.cause_kind == CAUSE, Posting.cause_id == KEY))
            .join(Order, Order.id == OrderFee.order_id)
            .join(Leader, Leader.id == Order.leader_id)
            .where(wanted.within(Posting.at), *wanted.chosen(leader=Leader.code, route=Leader.route))
            .group_by(code, name)
        )

    return rows


def _booked_fen(wanted: Wanted) -> int:
    return booked("income:%", wanted, CAUSE)


def _freight_fen(wanted: Wanted) -> int:
    return booked(fee_income(FREIGHT), wanted, CAUSE)


def _door_fen(wanted: Wanted) -> int:
    return booked(fee_income(DOOR), wanted, CAUSE)


def _report(by: str, title: str, heading: str, name: Any, code: Any) -> Report:
    columns = (
        ReportColumn("code", "编码", "code"),
        ReportColumn("name", heading, width=24),
        ReportColumn("orders", "订单数", "number", summed=True),
        ReportColumn("freight", "运费", "money", summed=True, width=14),
        ReportColumn("door", "送货上门费", "money", summed=True, width=14),
        ReportColumn("amount", "合计", "money", summed=True, width=14),
    )
    order = (SortedBy("amount", int, descending=True), SortedBy("code", str))
    chart, narrows = ("name", "amount"), ("leader", "route")
    also = (Proof("freight", "账面运费", _freight_fen), Proof("door", "账面送货上门费", _door_fen))
    name_of, rows = f"freight-{by}", _fees(name, code)
    proved = Report(name_of, title, columns, rows, order, chart, narrows, "amount", _booked_fen)
    return replace(proved, also=also)


FEES = (
    _report("leader", "团长运费表", "团长", Leader.name, Leader.code),
    _report("route", "线路运费表", "线路", ROUTE, ROUTE),
)
