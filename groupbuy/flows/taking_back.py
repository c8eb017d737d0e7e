"""Goods come back after the sale: into stock to be sold again, or written off with a note."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from groupbuy.aftersales import queries
from groupbuy.aftersales.models import AfterSaleCase
from groupbuy.aftersales.rules import Goods
from groupbuy.audit import service as audit
from groupbuy.audit.actor import Actor
from groupbuy.campaigns.rules import RoundState
from groupbuy.kernel.errors import RuleBroken
from groupbuy.orders.models import Order, OrderLine
from groupbuy.orders.rules import OrderState
from groupbuy.warehouse import batching, issuing, origins, stock, tracing
from groupbuy.warehouse.rules import Batch

CAUSE = "after_sale_case"
KIND = "customer_return"
ARRIVED = (RoundState.RECEIVED, RoundState.DISPATCHED, RoundState.COMPLETED)
FETCHED = (OrderState.PICKED_UP, OrderState.PART_PICKED_UP)


@dataclass(frozen=True, slots=True)
class Back:
    """Sale units of a line that are the seller's again; ``subject`` is what for, ``words`` go on a note."""

    line: OrderLine
    units: int
    cause: stock.Cause
    subject: tuple[str, str]
    words: str


def take_back(
    *, case: AfterSaleCase, order: Order, goods: Goods, now: datetime, zone: ZoneInfo, actor: Actor
) -> None:
    """Book what becomes of a case's goods, once; what stays with the resident moves nothing.

    They come into stock at what they had cost, in the batch that the round had, and of several in the one
    that expires first; what is written off leaves it again with a note. Raise RuleBroken ``not_there``
    for goods that nobody can have had yet, ``already_back`` for more than have not come back before.
    """
    if goods is Goods.KEPT:
        return
    if order.state not in FETCHED and order.round.state not in ARRIVED:
        raise RuleBroken(
            "not_there", "These goods have not arrived yet, so none can come back.", param="goods"
        )
    _check_left(case)
    for line in sorted(case.lines, key=lambda one: one.line.offer.product_id):
        batch = _batch(order.round_id, line.line.offer.product_id)
        back = Back(
            line=line.line,
            units=line.units,
            cause=(CAUSE, case.id),
            subject=("case", case.number),
            words=f"售后 {case.number}",
        )
        _put(back, batch, now, actor)
        if goods is Goods.WRITTEN_OFF:
            _write_off(back, batch, now, zone, actor)


def _check_left(case: AfterSaleCase) -> None:
    left = queries.returnable(case.id)
    for line in case.lines:
        units = left[line.order_line_id]
        if line.units > units:
            name = line.line.offer_version.name
            raise RuleBroken("already_back", f"Of {name} only {units} can still come back.", param="goods")


def _batch(round_id: int, product_id: int) -> Batch:
    """Return the batch of goods that came back; where it may be several, nothing is sold beyond its day."""
    came = tracing.came_for(round_id, product_id)
    return min((batch for batch, units in came.items() if units > 0), default=stock.NO_BATCH)


def write_off(goods: Back, *, now: datetime, zone: ZoneInfo, actor: Actor) -> None:
    """Book goods of a line that are the seller's again and good for nothing: into stock, and out of it."""
    batch = _batch(goods.line.order.round_id, goods.line.offer.product_id)
    _put(goods, batch, now, actor)
    _write_off(goods, batch, now, zone, actor)


def _put(goods: Back, batch: Batch, now: datetime, actor: Actor) -> None:
    product = goods.line.offer.product
    stock.put(
        product_id=product.id,
        units=goods.units,
        cost_fen=origins.cost_of(goods.line.offer_id, goods.line.offer_version.cost_fen),
        kind=KIND,
        cause=goods.cause,
        now=now,
        actor=actor.name,
        batches={batch: goods.units},
    )
    what, number = goods.subject
    audit.record(
        at=now,
        actor=actor.name,
        verb="stock_taken_back",
        subject_kind="product",
        subject=product.code,
        after={"units": goods.units, what: number, "batch": batch.number},
    )


def _write_off(goods: Back, batch: Batch, now: datetime, zone: ZoneInfo, actor: Actor) -> None:
    product, (kind, number) = goods.line.offer.product, goods.cause
    issuing.issue(
        product=product,
        kind=issuing.WRITE_OFF,
        units=goods.units,
        reason=goods.words,
        now=now,
        zone=zone,
        actor=actor.name,
        submission_key=f"{kind}:{number}:{product.id}",
        batch_id=batching.known(product.id, [batch])[batch].id,
    )
