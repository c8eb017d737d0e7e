"""What was done in the town before its pages are opened: goods came in, left, were missed and claimed."""

from datetime import timedelta

from sqlalchemy import select

from groupbuy.aftersales.rules import Kind, Reason
from groupbuy.campaigns.models import Round
from groupbuy.catalog import supplier_files
from groupbuy.catalog.models import Supplier
from groupbuy.catalog.service import get_product
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.delivery import brought, missing
from groupbuy.delivery import queries as delivery_queries
from groupbuy.delivery import service as service_of_routes
from groupbuy.flows import claiming_lots, dispatching, late_orders, putting_right, receiving, signing, syncing
from groupbuy.flows.ordering import Wish
from groupbuy.flows.putting_right import Request
from groupbuy.flows.receiving import Delivery
from groupbuy.flows.signing import Count
from groupbuy.leaders.models import Leader
from groupbuy.members.models import Resident
from groupbuy.orders.models import Order
from groupbuy.pickup.events import Event
from groupbuy.purchasing.models import PurchaseAmendment, PurchaseOrder
from groupbuy.warehouse import issuing, stock, tracing, transferring, warehouses
from groupbuy.warehouse.models import StockBatch
from tests import building
from tests.building import ACTOR, NOW, PICKUP

DAY = timedelta(days=1)


def case(order: Order) -> str:
    """Let the resident complain about an order that was closed yesterday."""
    request = Request(Kind.COMPLAINT, Reason.OTHER, "少了一袋", {"P1": 1})
    with transaction():
        fresh = db.session.get_one(Order, order.id)
        return putting_right.ask(
            order=fresh, request=request, now=NOW, zone=building.ZONE, actor=ACTOR
        ).number


def claim() -> str:
    """Ask the buyers of a batch of yesterday's order how many of their goods are bad."""
    with transaction():
        batches = db.session.scalars(select(StockBatch).order_by(StockBatch.id)).all()
        bought = next(batch for batch in batches if tracing.lines_of(batch))
        return claiming_lots.open_claim(
            batch_id=bought.id,
            supplier_code=claiming_lots.suppliers_of(bought)[0].code,
            text="可能发霉",
            until=NOW + DAY,
            now=NOW,
            zone=building.ZONE,
            actor=ACTOR,
        ).number


def conflict(leader: Leader) -> str:
    """Let a phone send what it handed out of an order that there is not."""
    with transaction():
        event = Event("event-0001", "NONE", NOW)
        syncing.take_events(sent=[event], leader_ids=[leader.id], now=NOW, actor=ACTOR)
    return event.event_id


def receipt() -> str:
    """Let a part of the other supplier's goods come in."""
    order = db.session.scalars(select(PurchaseOrder.number).join(Supplier).where(Supplier.code == "S2")).one()
    with transaction():
        return receiving.receive_goods(
            number=order, deliveries=[Delivery("P2", 2, 1, "破损")], tolerance_bp=0, now=NOW, actor=ACTOR
        ).number


def transfer() -> str:
    """Count one of P1 into the stock and send it to a warehouse."""
    said = {"now": NOW, "actor": ACTOR.name}
    with transaction():
        warehouses.save(code="G1", name="网格仓", kind="grid", address=None, active=True, new=True, **said)
        stock.count(product=get_product("P1"), counted=1, seen=0, **said)
        goods = [transferring.Goods("P1", 1)]
        return transferring.send(
            from_code="MAIN", to_code="G1", goods=goods, zone=building.ZONE, **said
        ).number


def stock_note() -> str:
    """Count one of P1 into the stock and return it to its supplier."""
    with transaction():
        product = get_product("P1")
        stock.count(product=product, counted=1, seen=0, now=NOW, actor=ACTOR.name)
        return issuing.issue(
            product=product,
            kind="supplier_return",
            units=1,
            reason="破损",
            now=NOW,
            zone=building.ZONE,
            actor=ACTOR.name,
        ).number


def licence() -> str:
    """Give the first supplier a licence without end."""
    with transaction():
        supplier = supplier_files.get_supplier("S1")
        return str(
            supplier_files.add_licence(
                supplier=supplier, kind="food", number="JY1", expires_on=None, now=NOW, actor=ACTOR.name
            ).id
        )


def amendment() -> str:
    """Let staff order so much of the other supplier's goods that its order, which has left, changes."""
    leader = db.session.scalars(select(Leader).where(Leader.code == "L1")).one()
    resident = building.add_resident(leader, "赵先生")
    with transaction():
        late_orders.place_late_order(
            round_=db.session.scalars(select(Round).where(Round.name == "C0")).one(),
            resident=db.session.get_one(Resident, resident.id),
            wishes=[Wish("P2", 9)],
            now=NOW,
            zone=building.ZONE,
            actor=ACTOR,
        )
    return db.session.scalars(select(PurchaseAmendment.number)).one()


def delivery() -> dict[str, str]:
    """Let the first leader miss something of what was handed out the day before."""
    day = PICKUP - DAY
    with transaction():
        service_of_routes.plan_day(day=day, now=NOW, actor=ACTOR.name)
    (route,) = delivery_queries.routes_of(day)
    (stop,) = route.stops
    lacking = brought.goods_of_stop(stop)[0].offer_id
    with transaction():
        dispatching.leave(route_id=route.id, now=NOW, actor=ACTOR)
        signing.sign(
            stop_id=stop.id,
            leader_ids=[stop.leader_id],
            counts={lacking: Count(0, "missing")},
            now=NOW,
            actor=ACTOR,
        )
    found = missing.discrepancies(day=day)[0]
    ids = {"route": route.id, "stop": stop.id, "discrepancy": found.id}
    return {name: str(value) for name, value in ids.items()} | {"day": day.isoformat()}
