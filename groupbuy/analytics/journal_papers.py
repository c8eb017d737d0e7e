"""The papers behind entries of the ledger: the order, receipt or withdrawal one was booked for."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, or_, select

from groupbuy.campaigns.models import Round
from groupbuy.catalog.models import Product
from groupbuy.commissions.debt_models import DebtSettlement
from groupbuy.commissions.models import CommissionExtra, Withdrawal
from groupbuy.commissions.transfer_models import WechatTransfer
from groupbuy.db import db
from groupbuy.db.bulk import KEYS, chunks
from groupbuy.finance.models import Posting
from groupbuy.leaders.models import Leader
from groupbuy.orders.fees import DOOR, FREIGHT
from groupbuy.orders.models import Order
from groupbuy.payments.models import ChannelPayment, ChannelRefund, Refund
from groupbuy.settlements.models import SupplierAdjustment, SupplierPayment, SupplierSettlement
from groupbuy.warehouse.models import GoodsReceipt, StockMovement

Pairs = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Paper:
    """Kinds of causes whose id begins with that of a row, and what that row's paper is called.

    ``ends`` are what may stand behind the id in a cause; one that is not ``found`` is not looked for by its
    name.
    """

    kinds: Sequence[str]
    id_: Any
    name: Any
    rows: Pairs
    ends: Sequence[str] = ("",)
    found: bool = True


def _paper(kinds: str, id_: Any, name: Any, *joins: Any, **more: Any) -> Paper:
    rows = select(id_, name)
    for target, on in joins:
        rows = rows.join(target, on)
    return Paper(kinds.split(), id_, name, rows, **more)


PAPERS: Sequence[Paper] = (
    _paper("order_sale order_owed order_payment order_split", Order.id, Order.number),
    _paper("order_fee", Order.id, Order.number, ends=[f":{kind}" for kind in (FREIGHT, DOOR)]),
    _paper("refund", Refund.id, Order.number, (Order, Order.id == Refund.order_id)),
    _paper("channel_refund", ChannelRefund.id, ChannelRefund.number),
    _paper("channel_payment top_up", ChannelPayment.id, ChannelPayment.number),
    _paper("withdrawal", Withdrawal.id, Withdrawal.number),
    _paper("wechat_transfer", WechatTransfer.id, WechatTransfer.number),
    _paper(
        "debt_settlement",
        DebtSettlement.id,
        Leader.code,
        (Leader, Leader.id == DebtSettlement.leader_id),
        found=False,
    ),
    _paper("goods_receipt", GoodsReceipt.id, GoodsReceipt.number),
    _paper(
        "supplier_payment",
        SupplierPayment.id,
        SupplierSettlement.number,
        (SupplierSettlement, SupplierSettlement.id == SupplierPayment.settlement_id),
    ),
    _paper("supplier_adjustment", SupplierAdjustment.id, SupplierAdjustment.note, found=False),
    _paper(
        "stock_movement",
        StockMovement.id,
        Product.code,
        (Product, Product.id == StockMovement.product_id),
        found=False,
    ),
    _paper("commission helper_share", Round.id, Round.name, found=False),
    _paper(
        "commission_extra",
        CommissionExtra.id,
        Round.name,
        (Round, Round.id == CommissionExtra.round_id),
        found=False,
    ),
)


def papers_of(postings: Sequence[Posting]) -> dict[tuple[str, str], str]:
    """Return by kind and id of their causes what papers are called, in a query for each kind of paper."""
    causes: dict[str, set[str]] = defaultdict(set)
    for one in postings:
        causes[one.cause_kind].add(one.cause_id)
    found: dict[tuple[str, str], str] = {}
    for paper in PAPERS:
        wanted = [(kind, cause) for kind in paper.kinds for cause in causes.get(kind, ())]
        names = _names(paper, {_id_of(cause) for _, cause in wanted})
        found |= {(kind, cause): names[_id_of(cause)] for kind, cause in wanted if _id_of(cause) in names}
    return found


def _id_of(cause: str) -> int:
    number = cause.partition(":")[0]
    return int(number) if number.isdigit() else -1


def _names(paper: Paper, ids: set[int]) -> dict[int, str]:
    names: dict[int, str] = {}
    for some in chunks(sorted(ids), KEYS):
        names |= {row[0]: row[1] for row in db.session.execute(paper.rows.where(paper.id_.in_(some)))}
    return names


def with_paper(name: str) -> ColumnElement[bool]:
    """Return the condition that an entry was booked for the paper of a number."""
    found: list[ColumnElement[bool]] = [false()]
    for paper in (one for one in PAPERS if one.found):
        ids = db.session.execute(paper.rows.where(paper.name == name).with_only_columns(paper.id_)).scalars()
        causes = [f"{id_}{end}" for id_ in ids for end in paper.ends]
        if causes:
            found.append(and_(Posting.cause_kind.in_(paper.kinds), Posting.cause_id.in_(causes)))
    return or_(*found)
