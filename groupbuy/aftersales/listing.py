"""Lists of after-sale cases, and what each asks of the leader who hands the goods out."""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, Select, func, select

from groupbuy.aftersales.models import AfterSaleCase, AfterSaleLine, LotClaim, LotReply
from groupbuy.aftersales.queries import HOLDS_GOODS, everything
from groupbuy.aftersales.rules import CaseState, Goods, LotState, PromiseState
from groupbuy.campaigns.models import Offer
from groupbuy.catalog.models import Product, Supplier
from groupbuy.db import db
from groupbuy.members.models import Resident
from groupbuy.orders.models import Order, OrderLine
from groupbuy.pickup.parts import NOT_READY, OPEN_STATES

OPEN = (CaseState.ASKED, CaseState.APPROVED)


class Ask(StrEnum):
    """Name what a case asks of the leader.

    ``keep``: hand nothing of the order out until it is decided. ``take_back``: the former goods come back.
    ``hand_out``: promised goods have come with a round. ``elsewhere``: their order was re-routed, so another
    leader hands them out. ``expect``: they come with a later round. ``wait``: nothing, an operator decides.
    """

    KEEP = "keep"
    TAKE_BACK = "take_back"
    HAND_OUT = "hand_out"
    ELSEWHERE = "elsewhere"
    EXPECT = "expect"
    WAIT = "wait"


def cases(
    *,
    leader_ids: Collection[int] | None = None,
    resident_ids: Collection[int] | None = None,
    states: Collection[str] = (),
) -> Select[AfterSaleCase]:
    """Select cases with everything they name, the latest first; None is all, no states are every one."""
    found = select(AfterSaleCase).join(Order, Order.id == AfterSaleCase.order_id)
    if leader_ids is not None:
        found = found.where(Order.leader_id.in_(leader_ids))
    if resident_ids is not None:
        found = found.where(Order.resident_id.in_(resident_ids))
    if states:
        found = found.where(AfterSaleCase.state.in_(states))
    return found.options(*everything()).order_by(AfterSaleCase.id.desc())


def reasons_by_product() -> Select[*tuple[Any, ...]]:
    """Select reason, code, product, supplier, and how many cases and sale units, those of most cases first.

    A case that was withdrawn counts nowhere.
    """
    counted, units = func.count(AfterSaleCase.id.distinct()), func.sum(AfterSaleLine.units)
    names = (Product.name.label("product"), Supplier.name.label("supplier"))
    return (
        select(AfterSaleCase.reason, Product.code, *names, counted.label("cases"), units.label("units"))
        .join(AfterSaleLine, AfterSaleLine.case_id == AfterSaleCase.id)
        .join(OrderLine, OrderLine.id == AfterSaleLine.order_line_id)
        .join(Offer, Offer.id == OrderLine.offer_id)
        .join(Product, Product.id == Offer.product_id)
        .join(Supplier, Supplier.id == Product.supplier_id)
        .where(AfterSaleCase.state != CaseState.WITHDRAWN)
        .group_by(AfterSaleCase.reason, Product.code, Product.name, Supplier.name)
        .order_by(counted.desc(), AfterSaleCase.reason, Product.code)
    )


def asks_of(case: AfterSaleCase) -> list[Ask]:
    """Return what an open case asks of the leader, the most pressing first; nothing of one that is over."""
    if case.state == CaseState.ASKED:
        held = case.kind in HOLDS_GOODS and case.order.state in OPEN_STATES
        return [Ask.KEEP if held else Ask.WAIT]
    if case.state != CaseState.APPROVED:
        return []
    asks = [_promised(one.state, one.order, case.order.leader_id) for one in case.replacements]
    back = [Ask.TAKE_BACK] if case.goods != Goods.KEPT else []
    return back + sorted({one for one in asks if one is not None}, key=list(Ask).index)


def _promised(state: str, order: Order | None, leader_id: int) -> Ask | None:
    if state == PromiseState.WAITING:
        return Ask.EXPECT
    if state != PromiseState.PLACED or order is None:
        return None
    if order.leader_id != leader_id:
        return Ask.ELSEWHERE
    return Ask.EXPECT if order.round.state in NOT_READY else Ask.HAND_OUT


def count_open(leader_ids: Collection[int]) -> int:
    """Return how many cases of residents of these leaders are not over."""
    mine = select(func.count(AfterSaleCase.id)).join(Order, Order.id == AfterSaleCase.order_id)
    return db.session.scalar(mine.where(Order.leader_id.in_(leader_ids), AfterSaleCase.state.in_(OPEN))) or 0


def unanswered(leader_ids: Collection[int], now: datetime) -> Sequence[Row[LotClaim, Order, Resident]]:
    """Return the claims on batches about which residents of these leaders have not answered yet."""
    rows = (
        select(LotClaim, Order, Resident)
        .join(LotReply, LotReply.claim_id == LotClaim.id)
        .join(OrderLine, OrderLine.id == LotReply.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Resident, Resident.id == LotReply.resident_id)
        .where(Order.leader_id.in_(leader_ids), LotReply.bad_units.is_(None))
        .where(LotClaim.state == LotState.ASKING, LotClaim.until > now)
        .distinct()
    )
    return db.session.execute(rows.order_by(LotClaim.until, LotClaim.id, Order.id).limit(200)).all()
