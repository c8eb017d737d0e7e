"""What keeps an old round among the working tables: anything about it that may still change."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, and_, case, cast, func, or_, select

from groupbuy.aftersales.models import AfterSaleCase, LotClaim, LotReply, Replacement
from groupbuy.aftersales.rules import CaseState, LotState, PromiseState
from groupbuy.commissions.models import CommissionExtra, CommissionStanding
from groupbuy.db import db
from groupbuy.db.totals import total
from groupbuy.finance import queries as ledger
from groupbuy.finance import rules as accounts
from groupbuy.finance.models import Posting
from groupbuy.flows.archive import plan
from groupbuy.invoicing.models import InvoiceRequest
from groupbuy.orders.models import Order, OrderLine, OrderReview
from groupbuy.orders.rules import OrderState
from groupbuy.payments.models import GIVEN_BACK, ChannelPayment, ChannelRefund, RefundRequest
from groupbuy.purchasing.models import PurchaseOrder
from groupbuy.settlements.models import SettlementPosting, SupplierSettlement
from groupbuy.warehouse.models import GoodsReceipt

Rows = Select[*tuple[Any, ...]]
_OVER = (OrderState.PICKED_UP, OrderState.CANCELLED)
_ORDERS_DONE = ("received", "closed", "cancelled")


def waits_for(round_id: int) -> list[str]:
    """Return in words what of a round is still open; nothing when it may go into the archive."""
    open_ = [word for word, find in _LOOKS.items() if any(_found(rows) for rows in find(round_id))]
    return open_ + (["cash"] if _has_cash(round_id) else [])


def _found(rows: Rows) -> bool:
    return db.session.scalar(rows.limit(1)) is not None


def _orders(round_id: int, *conditions: ColumnElement[bool]) -> Rows:
    return select(Order.id).where(Order.round_id == round_id, *conditions)


def _unfinished(round_id: int) -> Iterator[Rows]:
    yield _orders(round_id, Order.state.not_in(_OVER))
    reviews = select(OrderReview.order_id).where(OrderReview.approved_at.is_(None))
    yield _orders(round_id, Order.state != OrderState.CANCELLED, Order.id.in_(reviews))


def _payments(round_id: int) -> Iterator[Rows]:
    yield _orders(round_id, Order.paid_fen != Order.amount_fen, Order.state == OrderState.PICKED_UP)
    yield _orders(round_id, Order.paid_fen > Order.amount_fen)
    held = and_(ChannelPayment.state == "held", ChannelPayment.outcome.is_distinct_from(GIVEN_BACK))
    moving = or_(ChannelPayment.state.in_(("new", "waiting")), ChannelPayment.look_at.is_not(None), held)
    of_round = select(ChannelPayment.id).join(Order, Order.id == ChannelPayment.order_id)
    yield of_round.where(Order.round_id == round_id, moving)


def _refunds(round_id: int) -> Iterator[Rows]:
    asked = select(RefundRequest.id).join(Order, Order.id == RefundRequest.order_id)
    yield asked.where(Order.round_id == round_id, RefundRequest.state == "asked")
    under_way = select(ChannelRefund.id).join(ChannelPayment, ChannelPayment.id == ChannelRefund.payment_id)
    under_way = under_way.join(Order, Order.id == ChannelPayment.order_id)
    yield under_way.where(Order.round_id == round_id, ChannelRefund.state.not_in(("success", "to_wallet")))


def _after_sales(round_id: int) -> Iterator[Rows]:
    of_round = Order.round_id == round_id
    cases = select(AfterSaleCase.id).join(Order, Order.id == AfterSaleCase.order_id)
    yield cases.where(of_round, AfterSaleCase.state.in_((CaseState.ASKED, CaseState.APPROVED)))
    promised = Replacement.state.in_((PromiseState.WAITING, PromiseState.PLACED))
    yield select(Replacement.id).join(Order, Order.id == Replacement.order_id).where(of_round, promised)
    replies = select(LotReply.claim_id).join(LotClaim, LotClaim.id == LotReply.claim_id)
    replies = replies.join(OrderLine, OrderLine.id == LotReply.order_line_id).join(Order)
    yield replies.where(of_round, LotClaim.state.in_((LotState.ASKING, LotState.WITH_SUPPLIER)))


def _invoices(round_id: int) -> Iterator[Rows]:
    requests = select(InvoiceRequest.id).join(Order, Order.id == InvoiceRequest.order_id)
    yield requests.where(Order.round_id == round_id, InvoiceRequest.state.in_(("asked", "correcting")))


def _commission(round_id: int) -> Iterator[Rows]:
    """Look for what the ledger has booked as earned but not as settled, to leaders and beside them."""
    for row in (CommissionStanding, CommissionExtra):
        open_ = or_(row.accrued_fen != row.settled_fen, row.taken_fen != row.settled_fen)
        yield select(row.round_id).where(row.round_id == round_id, open_)


def _suppliers(round_id: int) -> Iterator[Rows]:
    """Look for purchases under way, and for receipts that are on no statement or on one not paid."""
    orders = select(PurchaseOrder.id).where(PurchaseOrder.round_id == round_id)
    yield orders.where(PurchaseOrder.state.not_in(_ORDERS_DONE))
    receipt = case((Posting.cause_kind == "goods_receipt", cast(Posting.cause_id, BigInteger)))
    unpaid = or_(SupplierSettlement.id.is_(None), SupplierSettlement.paid_fen < SupplierSettlement.total_fen)
    yield (
        select(Posting.id)
        .join(GoodsReceipt, GoodsReceipt.id == receipt)
        .outerjoin(SettlementPosting, SettlementPosting.posting_id == Posting.id)
        .outerjoin(SupplierSettlement, SupplierSettlement.id == SettlementPosting.settlement_id)
        .where(Posting.cause_kind == "goods_receipt", GoodsReceipt.purchase_order_id.in_(orders), unpaid)
    )


def _newest(round_id: int) -> Iterator[Rows]:
    # The embedded database would give the numbers of the last rows to new ones again.
    if db.session.get_bind().dialect.name == "sqlite":
        yield from plan.newest(round_id)


_LOOKS: Mapping[str, Callable[[int], Iterator[Rows]]] = {
    "orders": _unfinished,
    "payments": _payments,
    "refunds": _refunds,
    "after_sales": _after_sales,
    "invoices": _invoices,
    "commission": _commission,
    "suppliers": _suppliers,
    "other_rounds": plan.strays,
    "newer_rows": _newest,
}


def _has_cash(round_id: int) -> bool:
    """Tell whether a leader still holds cash of the round; what came in first is handed over first."""
    paid = select(Order.leader_id, func.max(Order.paid_at)).where(Order.round_id == round_id)
    rows = db.session.execute(paid.where(Order.paid_at.is_not(None)).group_by(Order.leader_id)).all()
    held = ledger.balances("cash:leader:")
    for leader_id, last in rows:
        account = accounts.cash(leader_id)
        later = select(total(Posting.amount_fen)).where(Posting.debit_account == account, Posting.at > last)
        if held.get(account, 0) > (db.session.scalar(later) or 0):
            return True
    return False
