"""The sales note of an order (销售单): what was sold, what came off later, what was paid and given back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ScalarSelect, select
from sqlalchemy.orm import InstrumentedAttribute

from groupbuy.campaigns.heads import RoundHead, head_of
from groupbuy.campaigns.models import Offer, OfferVersion
from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.documents.capitals import rmb_capitals
from groupbuy.documents.days import day_text
from groupbuy.documents.languages import said
from groupbuy.documents.sheet import Column, Kind, Row, Sheet, table
from groupbuy.kernel.errors import RuleBroken
from groupbuy.kernel.money import format_yuan
from groupbuy.kernel.phones import mask_phone
from groupbuy.orders.models import LineChange, Order, OrderLine
from groupbuy.orders.rules import OrderState
from groupbuy.orders.shortening import AFTER_CLOSE
from groupbuy.payments.paying_back import paid_back

TITLE = "销售单"
COLUMNS = (
    Column("序号", Kind.INTEGER, 5),
    Column("编码", Kind.CODE, 10),
    Column("商品", Kind.TEXT, 22),
    Column("单位", Kind.TEXT, 5, align="center"),
    Column("数量", Kind.QUANTITY, 6, total=True),
    Column("单价", Kind.MONEY, 9),
    Column("金额", Kind.MONEY, 11, total=True),
    Column("增减数量", Kind.INTEGER, 9, total=True),
    Column("增减金额", Kind.MONEY, 11, total=True),
    Column("实售金额", Kind.MONEY, 11, total=True),
)


@dataclass(frozen=True, slots=True)
class SoldLine:
    """A line as it was ordered, and what was taken off (below zero) or came on top later: units and fen."""

    code: str
    name: str
    unit: str
    grams: int | None
    units: int
    price_fen: int
    amount_fen: int
    changed_units: int
    changed_fen: int

    @property
    def kept_fen(self) -> int:
        """Return what it was sold for in the end."""
        return self.amount_fen + self.changed_fen


def sold_lines(order_id: int) -> Sequence[SoldLine]:
    """Return the lines of an order in the order in which they were asked for."""
    rows = db.session.execute(
        select(
            Product.code,
            OfferVersion.name,
            OfferVersion.spec,
            OfferVersion.unit,
            OrderLine.actual_grams,
            OrderLine.price_fen,
            OrderLine.quantity,
            OrderLine.amount_fen,
            _lost(LineChange.units),
            _lost(LineChange.amount_fen),
            Offer.state,
        )
        .join(Offer, Offer.id == OrderLine.offer_id)
        .join(Product, Product.id == Offer.product_id)
        .join(OfferVersion, OfferVersion.id == OrderLine.offer_version_id)
        .where(OrderLine.order_id == order_id)
        .order_by(OrderLine.id)
    )
    return [_sold(*row) for row in rows]


def _lost(column: InstrumentedAttribute[int]) -> ScalarSelect[int]:
    return select(total(column)).where(LineChange.order_line_id == OrderLine.id).scalar_subquery()


def _sold(
    code: str,
    name: str,
    spec: str | None,
    unit: str,
    grams: int | None,
    price_fen: int,
    quantity: int,
    amount_fen: int,
    lost_units: int,
    lost_fen: int,
    state: str,
) -> SoldLine:
    units, fen = quantity + lost_units, amount_fen + lost_fen
    # A line of a dropped offer keeps its figures, but is not sold.
    dropped = state != "active"
    return SoldLine(
        code=code,
        name=f"{name} {spec or ''}".strip(),
        unit=unit,
        grams=grams,
        units=units,
        price_fen=price_fen,
        amount_fen=fen,
        changed_units=-units if dropped else -lost_units,
        changed_fen=-fen if dropped else -lost_fen,
    )


def is_sale(order: Order) -> bool:
    """Tell whether an order is a sale, also one of which nothing is left.

    One that waits for its payment, or was cancelled before its round closed, is none.
    """
    if order.state == OrderState.CANCELLED:
        return order.cancel_reason in AFTER_CLOSE
    return order.state != OrderState.AWAITING_PAYMENT


def sales_note(order: Order, *, zone: ZoneInfo, now: datetime) -> Sheet:
    """Return the sales note of an order; raise RuleBroken ``not_sold`` for what ``is_sale`` says is none."""
    if not is_sale(order):
        raise RuleBroken("not_sold", "This order was never a sale, so it has no sales note.")
    back = paid_back([order.id]).get(order.id, 0)
    return Sheet(
        TITLE,
        COLUMNS,
        table([_row(place, line) for place, line in enumerate(sold_lines(order.id), 1)]),
        head=_head(order, head_of(order.round, zone, now), zone),
        closing=_closing(order, back),
        notes=(
            "增减为截单后的缺货、退款、替代与称重结算；负数为扣减。",
            "本单为销售凭据，不是发票。",
        ),
        printed=f"{now.astimezone(zone):%Y-%m-%d %H:%M}",
    )


def _head(order: Order, round_: RoundHead, zone: ZoneInfo) -> tuple[tuple[str, str], ...]:
    return (
        ("单号", order.number),
        ("日期", f"{order.placed_at.astimezone(zone):%Y-%m-%d %H:%M}"),
        ("活动", f"{round_.title}（{round_.name}）"),
        ("提货日期", day_text(order.day)),
        ("客户", f"{order.resident.name} {mask_phone(order.resident.phone)}"),
        ("团长", f"{order.leader.code} {order.leader.name}"),
    )


def _closing(order: Order, back_fen: int) -> tuple[tuple[str, str], ...]:
    rest = order.amount_fen - order.paid_fen
    pairs = [("运费", format_yuan(order.fee_fen))] if order.fee_fen else []
    pairs += [
        ("合计金额（大写）" if pairs else "实售金额（大写）", rmb_capitals(order.amount_fen)),
        ("已收款", format_yuan(order.paid_fen + back_fen)),
        ("已退款", format_yuan(back_fen)),
    ]
    if rest:
        pairs.append(("待收款" if rest > 0 else "待退款", format_yuan(abs(rest))))
    return tuple(pairs)


def _row(place: int, line: SoldLine) -> Row:
    name = f"{line.name} {said(f'实重{line.grams}g')}" if line.grams else line.name
    changed = (line.changed_units or None, line.changed_fen or None)
    figures = (line.units, line.price_fen, line.amount_fen)
    return (place, line.code, name, line.unit, *figures, *changed, line.kept_fen)
