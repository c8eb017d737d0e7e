"""Sales (销货明细表) and gross margin (毛利表) by product, leader, supplier or route.

A line is sold when its order has been picked up; what was taken off later is a row of its own, below
zero, on the day on which it was taken off, with its cost and its commission. So a day's rows never change
afterwards, as in the ledger.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Subquery, and_, case, cast, func, literal, or_, select, union_all
from sqlalchemy.orm import aliased

from groupbuy.analytics.trade_base import Proof, Report, ReportColumn, Rows, SortedBy, Wanted, booked
from groupbuy.analytics.trade_brought import mixed, part, places
from groupbuy.campaigns.models import Offer, OfferVersion
from groupbuy.catalog.models import Product, Supplier
from groupbuy.commissions.bulk import share_of
from groupbuy.db.totals import total
from groupbuy.leaders.models import Leader
from groupbuy.orders.models import LineChange, Order, OrderLine
from groupbuy.orders.rules import OrderState

ROUTE = func.coalesce(Leader.route, "")
_FIGURES = ("units", "amount", "cost_fen", "commission")
_Later = aliased(LineChange)


def _changed(column: Any) -> Any:
    """Return what a line has lost after its order was picked up."""
    later = LineChange.at > Order.picked_up_at
    lost = select(total(column)).where(LineChange.order_line_id == OrderLine.id, later)
    return lost.correlate(OrderLine, Order).scalar_subquery()


def _left(now: Any, lost: Any) -> Any:
    """Return what a change has left of its line: what is there now and what later changes took off."""
    behind = or_(_Later.at > LineChange.at, and_(_Later.at == LineChange.at, _Later.id > LineChange.id))
    later = select(total(lost)).where(_Later.order_line_id == OrderLine.id, behind)
    return now + later.correlate(OrderLine, LineChange).scalar_subquery()


def _cost(units: Any) -> Any:
    """Return what units of a line cost in fen: as was offered, of further suppliers the mean of what came."""
    mean = cast(units * mixed.c.fen // mixed.c.units, BigInteger)
    return func.coalesce(mean, units * OfferVersion.cost_fen)


def _from(statement: Rows, wanted: Wanted) -> Rows:
    return (
        statement.join(Order, Order.id == OrderLine.order_id)
        .join(Offer, Offer.id == OrderLine.offer_id)
        .join(OfferVersion, OfferVersion.id == OrderLine.offer_version_id)
        .outerjoin(mixed, mixed.c.offer_id == OrderLine.offer_id)
        .join(Product, Product.id == Offer.product_id)
        .join(Leader, Leader.id == Order.leader_id)
        .where(Order.state == OrderState.PICKED_UP, Offer.state == "active")
        .where(*wanted.chosen(product=Product.code, leader=Leader.code, route=Leader.route))
    )


_ABOUT = (
    Order.number.label("order"),
    OrderLine.id.label("line_id"),
    OrderLine.price_fen.label("price"),
    Offer.id.label("offer_id"),
    Offer.product_id.label("product_id"),
    Order.leader_id.label("leader_id"),
)


def lines(wanted: Wanted) -> Rows:
    """Return what was sold and taken off in a span, a row a line, with its cost and commission.

    Narrowed by a supplier it is the part of what it brought, which comes to what ``_by_supplier`` says.
    """
    sold = union_all(_sold(wanted), _taken_off(wanted)).subquery()
    return _brought_by(sold, wanted.supplier) if wanted.supplier else select(sold)


def _brought_by(sold: Subquery, code: str) -> Rows:
    """Return one supplier's part of each row: of the sum up to it less of the sum before it.

    So the parts of an offer's rows add up to the part of their sum.
    """
    turn = (sold.c.at, sold.c.line_id, sold.c.change_id)
    sums = [
        cast(func.sum(sold.c[figure]).over(partition_by=sold.c.offer_id, order_by=turn), BigInteger).label(
            f"{figure}_upto"
        )
        for figure in _FIGURES
    ]
    rows = select(sold, *sums).subquery()
    parts = {figure: _part_of_row(rows, figure) for figure in _FIGURES}
    columns = [parts.get(column.name, rows.c[column.name]).label(column.name) for column in sold.columns]
    found = (
        select(*columns)
        .select_from(rows)
        .join(Offer, Offer.id == rows.c.offer_id)
        .outerjoin(places, places.c.offer_id == rows.c.offer_id)
        .join(Supplier, Supplier.id == func.coalesce(places.c.supplier_id, Offer.supplier_id))
        .where(Supplier.code == code)
    ).subquery()
    return select(found).where(or_(found.c.units != 0, found.c.amount != 0))


def _part_of_row(rows: Subquery, figure: str) -> Any:
    by, upto = _shared_by(figure), rows.c[f"{figure}_upto"]
    return part(upto, by) - part(upto - rows.c[figure], by)


def _shared_by(figure: str) -> str:
    """Return what a figure is shared out by among those who brought the goods: units, but cost by worth."""
    return "fen" if figure == "cost_fen" else "units"


def _sold(wanted: Wanted) -> Rows:
    units = OrderLine.quantity + _changed(LineChange.units)
    amount = OrderLine.amount_fen + _changed(LineChange.amount_fen)
    return _from(
        select(
            Order.picked_up_at.label("at"),
            literal("sale").label("kind"),
            *_ABOUT,
            units.label("units"),
            amount.label("amount"),
            _cost(units).label("cost_fen"),
            share_of(amount, units).label("commission"),
            literal(0).label("change_id"),
        ).select_from(OrderLine),
        wanted,
    ).where(wanted.within(Order.picked_up_at), units > 0)


def _taken_off(wanted: Wanted) -> Rows:
    units, amount = _left(OrderLine.quantity, _Later.units), _left(OrderLine.amount_fen, _Later.amount_fen)
    before = share_of(amount + LineChange.amount_fen, units + LineChange.units)
    return _from(
        select(
            LineChange.at,
            literal("return"),
            *_ABOUT,
            -LineChange.units,
            -LineChange.amount_fen,
            _cost(-LineChange.units),
            share_of(amount, units) - before,
            LineChange.id,
        )
        .select_from(LineChange)
        .join(OrderLine, OrderLine.id == LineChange.order_line_id),
        wanted,
    ).where(wanted.within(LineChange.at), LineChange.at > Order.picked_up_at)


def _sales(wanted: Wanted) -> Rows:
    sold = lines(wanted).subquery()
    return (
        select(
            sold.c.at,
            sold.c.kind,
            sold.c.order,
            Leader.name.label("leader"),
            Product.code.label("code"),
            Product.name.label("product"),
            sold.c.units,
            sold.c.price,
            sold.c.amount,
            sold.c.line_id,
            sold.c.change_id,
        )
        .join(Product, Product.id == sold.c.product_id)
        .join(Leader, Leader.id == sold.c.leader_id)
    )


def sold_fen(wanted: Wanted) -> int:
    """Return what the ledger has as sold in a span, in fen."""
    return booked("income:sales", wanted, "order_sale")


def _earned_fen(wanted: Wanted) -> int:
    """Return what leaders have earned with goods handed out, less what was taken back, in fen.

    It is pending from the close of the round on, and frozen with the hand-over.
    """
    return booked("commission:leader:%:frozen", wanted, "commission", part="%:freeze")


_NARROWS = ("supplier", "leader", "product", "route")
_COST = ("进价成本说明", "账面在收货时记进货成本，已售商品的成本没有单独科目")

SALES = Report(
    "sales",
    "销货明细表",
    (
        ReportColumn("at", "时间", "moment", width=17),
        ReportColumn("kind", "类别", "word", width=8),
        ReportColumn("order", "订单号", "code", width=16),
        ReportColumn("leader", "团长", width=14),
        ReportColumn("code", "商品编码", "code"),
        ReportColumn("product", "商品", width=22),
        ReportColumn("units", "数量", "number", summed=True, width=8),
        ReportColumn("price", "单价", "money"),
        ReportColumn("amount", "金额", "money", summed=True, width=14),
    ),
    _sales,
    (SortedBy("at", datetime), SortedBy("line_id", int), SortedBy("change_id", int)),
    ("product", "amount"),
    _NARROWS,
    "amount",
    sold_fen,
)


def _margins(sold: Any, name: Any, code: Any) -> Rows:
    """Return the figures of a margin by a code, of rows with what was sold; joins are still to be made."""
    units, amount, cost, commission = (total(sold.c[figure]) for figure in _FIGURES)
    margin = amount - cost - commission
    # A share of nothing is nothing.
    share = cast(margin * 10_000 // func.nullif(amount, 0), BigInteger)
    return (
        select(
            code.label("code"),
            name.label("name"),
            units.label("units"),
            amount.label("amount"),
            cost.label("cost_fen"),
            commission.label("commission"),
            margin.label("margin"),
            case((amount > 0, share), else_=0).label("rate"),
        )
        .select_from(sold)
        .group_by(code, name)
    )


def _margin(name: Any, code: Any) -> Callable[[Wanted], Rows]:
    def rows(wanted: Wanted) -> Rows:
        sold = lines(wanted).subquery()
        found = _margins(sold, name, code).join(Product, Product.id == sold.c.product_id)
        return found.join(Leader, Leader.id == sold.c.leader_id)

    return rows


def _by_supplier(wanted: Wanted) -> Rows:
    """Return the margins of those who brought the goods: of an offer's sums each has the part it brought.

    Who narrows it by a supplier asks for that supplier's part.
    """
    sold = lines(replace(wanted, supplier="")).subquery()
    sums = [total(sold.c[figure]).label(figure) for figure in _FIGURES]
    offers = select(sold.c.offer_id, *sums).group_by(sold.c.offer_id).subquery()
    parts = [part(offers.c[figure], _shared_by(figure)).label(figure) for figure in _FIGURES]
    whose = func.coalesce(places.c.supplier_id, Offer.supplier_id)
    split = (
        select(whose.label("supplier_id"), *parts)
        .select_from(offers)
        .join(Offer, Offer.id == offers.c.offer_id)
        .outerjoin(places, places.c.offer_id == offers.c.offer_id)
    ).subquery()
    found = _margins(split, Supplier.name, Supplier.code)
    found = found.join(Supplier, Supplier.id == split.c.supplier_id)
    return found.where(*wanted.chosen(supplier=Supplier.code))


def _margin_report(by: str, title: str, heading: str, rows: Callable[[Wanted], Rows]) -> Report:
    columns = (
        ReportColumn("code", "编码", "code"),
        ReportColumn("name", heading, width=24),
        ReportColumn("units", "数量", "number", summed=True),
        ReportColumn("amount", "销售额", "money", summed=True, width=14),
        ReportColumn("cost_fen", "进价成本", "money", summed=True, width=14),
        ReportColumn("commission", "佣金", "money", summed=True, width=14),
        ReportColumn("margin", "毛利", "money", summed=True, width=14),
        ReportColumn("rate", "毛利率", "rate"),
    )
    order = (SortedBy("margin", int, descending=True), SortedBy("code", str))
    chart = ("name", "margin")
    also = (Proof("commission", "账面佣金", _earned_fen),)
    proved = Report(f"margin-{by}", title, columns, rows, order, chart, _NARROWS, "amount", sold_fen)
    return replace(proved, also=also, without_account=_COST)


MARGINS = (
    _margin_report("product", "商品毛利表", "商品", _margin(Product.name, Product.code)),
    _margin_report("leader", "团长毛利表", "团长", _margin(Leader.name, Leader.code)),
    _margin_report("supplier", "供应商毛利表", "供应商", _by_supplier),
    _margin_report("route", "线路毛利表", "线路", _margin(ROUTE, ROUTE)),
)
