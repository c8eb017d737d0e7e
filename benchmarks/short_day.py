"""Receive a big round of which too little came and share out what is short, against bare SQL.

Run ``benchmarks/short_day --help``.
"""

from datetime import datetime

from sqlalchemy import select

from benchmarks import short_floor
from benchmarks.close_round import _row
from benchmarks.made_up_week import CODE
from benchmarks.past_day import closed_round, sizes
from benchmarks.processor import Meter, Spent, postmaster_of
from groupbuy.analytics.invariants import check_all
from groupbuy.audit.actor import Actor
from groupbuy.campaigns.models import Round
from groupbuy.campaigns.queries import get_round
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.db.unhurried import be_unhurried
from groupbuy.flows import allocating, receiving
from groupbuy.flows.receiving import Delivery
from groupbuy.purchasing import queries as purchasing
from groupbuy.purchasing import service as purchase_orders
from groupbuy.purchasing.models import PurchaseOrder
from groupbuy.warehouse.rules import Policy

ACTOR = Actor("benchmark")
MORNING = datetime.fromisoformat("2026-11-23T06:00:00+08:00")


def main() -> None:
    """Run the benchmark and print its table."""
    parser = sizes(__doc__, orders=333_000, lines=1_000_000)
    parser.add_argument("--percent", type=int, default=90, help="how much of what was ordered comes")
    parser.add_argument("--policy", choices=[policy.value for policy in Policy], default="first_come")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    chosen = parser.parse_args()
    with closed_round(chosen, chosen.database) as cluster:
        _measure(Policy(chosen.policy), chosen.percent, Meter(postmaster_of(cluster)))


def _measure(policy: Policy, percent: int, meter: Meter) -> None:
    db.session.expire_all()
    round_id = get_round(CODE).id
    deliveries = _approve(round_id, percent)
    floor = short_floor.measure(round_id, percent, meter)
    received = _receive(deliveries, meter)
    allocated, lines = _allocate(policy, meter)
    print(f"  {percent} % came, {lines:,} lines lost units")
    for kind in range(len(Spent._fields)):
        print(f" {Spent._fields[kind]}:")
        _row("receive", received[kind], None, "")
        both = received[kind] + allocated[kind]
        _row("receive and share out", both, floor[kind], "the same rows by bare SQL")
    wrong = [one.name for one in check_all(now=MORNING, at_rest=False) if one.violations]
    print(f"  invariants that do not hold: {', '.join(wrong) or 'none'}")


def _approve(round_id: int, percent: int) -> list[tuple[str, list[Delivery]]]:
    """Approve every purchase order; return what comes of each."""
    with transaction():
        for order_id in db.session.scalars(select(PurchaseOrder.id).where(PurchaseOrder.state == "draft")):
            purchase_orders.approve(order_id=order_id, now=MORNING, actor=ACTOR.name)
    db.session.expire_all()
    return [
        (
            order.number,
            [Delivery(line.product.code, line.ordered * percent // 100) for line in order.lines],
        )
        for order in purchasing.orders_of_round(round_id)
    ]


def _receive(deliveries: list[tuple[str, list[Delivery]]], meter: Meter) -> Spent:
    begin = meter.now()
    for number, lines in deliveries:
        with transaction():
            receiving.receive_goods(
                number=number, deliveries=lines, tolerance_bp=200, now=MORNING, actor=ACTOR, last=True
            )
    return meter.since(begin)


def _allocate(policy: Policy, meter: Meter) -> tuple[Spent, int]:
    begin = meter.now()
    with transaction():
        be_unhurried()
        round_: Round = get_round(CODE)
        done = allocating.apply(round_=round_, policy=policy, now=MORNING, actor=ACTOR)
    return meter.since(begin), done.lines if done else 0


if __name__ == "__main__":
    main()
