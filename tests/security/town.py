"""A town with everybody in it: each role at a browser, an open round and one that was closed yesterday."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO

from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import Select, select
from werkzeug.test import TestResponse

from groupbuy.accounts import queries, service
from groupbuy.accounts.models import Account, AccountRole
from groupbuy.aftersales.rules import Kind, Reason
from groupbuy.campaigns.models import Offer, Round
from groupbuy.campaigns.rules import Window
from groupbuy.catalog import supplier_files
from groupbuy.catalog.models import Brand, Category, Supplier
from groupbuy.catalog.service import get_product
from groupbuy.commissions.models import CommissionRule
from groupbuy.commissions.rules import Rate
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.delivery import queries as delivery
from groupbuy.delivery import service as service_of_routes
from groupbuy.flows import claiming_lots, dispatching, late_orders, putting_right, receiving, signing, syncing
from groupbuy.flows.ordering import Wish
from groupbuy.flows.putting_right import Request
from groupbuy.flows.receiving import Delivery
from groupbuy.flows.signing import Count
from groupbuy.leaders.models import Community, Leader, LeaderHelper, LeaderLevel
from groupbuy.members.models import Resident, ResidentAddress
from groupbuy.orders.models import Order
from groupbuy.pickup.events import Event
from groupbuy.purchasing.models import PurchaseAmendment, PurchaseOrder
from groupbuy.warehouse import issuing, stock, tracing, transferring, warehouses
from groupbuy.warehouse.models import StockBatch
from groupbuy.web.admin.pictures import store_picture
from tests import building
from tests.building import ACTOR, CLOSES, NOW, OPENS, PICKUP
from tests.files import PRODUCTS
from tests.moving.workbook import export
from tests.web.admin.people import sign_in

# The columns of the table of rights, from left to right.
PEOPLE = (
    "nobody",
    "resident",
    "other_resident",
    "leader",
    "other_leader",
    "helper",
    "supplier",
    "warehouse",
    "finance",
    "customer_service",
    "operator",
)
DAY = timedelta(days=1)


@dataclass
class Town:
    """Everybody's browser by the names in ``PEOPLE``, and what addresses name by the words in ``facts``."""

    app: Flask
    people: Mapping[str, FlaskClient]
    facts: Mapping[str, str]
    leader: Leader
    resident: Resident
    other_resident: Resident
    round: Round

    def browser(self, who: str) -> FlaskClient:
        """Return somebody's browser."""
        return self.people[who]

    def open(self, who: str, path: str) -> TestResponse:
        """Return what somebody gets at an address with words in braces; one redirect is followed."""
        answer = self.browser(who).get(path.format_map(self.facts))
        return self.browser(who).get(answer.location) if answer.status_code == 303 else answer


def build(app: Flask) -> Town:
    """Make the town; the clock must stand at ``tests.building.NOW``. Forms need no token afterwards."""
    app.config["WTF_CSRF_ENABLED"] = False
    building.set_commission(Rate(rate_bp=800))
    supplier, other_supplier = building.add_supplier("S1"), building.add_supplier("S2")
    products = [building.add_product(supplier, "P1"), building.add_product(other_supplier, "P2")]
    leader = building.add_leader("L1", community="阳光花园", address="东门驿站")
    other_leader = building.add_leader("L2")
    resident = building.add_resident(leader, room="3-2-501")
    other_resident = building.add_resident(other_leader, "李先生")
    old = building.add_round(products, "C0", window=Window(OPENS - DAY, CLOSES - DAY, PICKUP - DAY))
    old_order = building.place(old, resident, {"P1": 2, "P2": 1}, now=NOW - DAY)
    building.close(app, old, CLOSES - DAY)
    round_ = building.add_round(products, offers={"P1": {"limit_units": 50}})
    order = building.place(round_, resident, {"P1": 1})
    profiles = {"resident": resident, "leader": leader, "supplier": supplier}
    profiles |= {"other_resident": other_resident, "other_leader": other_leader}
    people = {who: _browser(app, who, profiles.get(who), leader) for who in PEOPLE}
    facts = _facts(app, people) | {"order": order.number, "old_order": old_order.number}
    facts["conflict"] = _conflict(leader)
    facts["case"] = _case(old_order)
    facts["claim"] = _claim()
    return Town(app, people, facts, leader, resident, other_resident, round_)


def _browser(
    app: Flask, who: str, profile: Resident | Leader | Supplier | None, leader: Leader
) -> FlaskClient:
    """Return a browser in which somebody has signed in."""
    if who == "nobody":
        return app.test_client()
    role = {"helper": "pickup_verifier"}.get(who, who.removeprefix("other_"))
    account = _account(role, profile)
    if who == "helper":
        with transaction():
            db.session.add(LeaderHelper(leader_id=leader.id, account_id=account.id))
    return sign_in(app, account, role).client


def _account(role: str, profile: Resident | Leader | Supplier | None) -> Account:
    if isinstance(profile, Resident | Leader):
        return queries.get_account(profile.account_id)
    account = building.add_account(f"somebody of {role}")
    with transaction():
        service.grant_role(account=account, role=role, now=NOW, actor="test")
        if profile is not None:
            db.session.get_one(Supplier, profile.id).account_id = account.id
    return account


def _with_role(role: str) -> Select[int]:
    return select(AccountRole.account_id).where(AccountRole.role == role)


def _facts(app: Flask, people: Mapping[str, FlaskClient]) -> dict[str, str]:
    """Return what the table's addresses name in braces."""
    spare = building.add_account("somebody without a role")
    rows = {"category": Category(name="水果"), "brand": Brand(name="绿田"), "level": LeaderLevel(name="金牌")}
    with transaction():
        db.session.add_all(rows.values())
    return {
        "account": str(spare.id),
        "assistant": str(db.session.scalars(_with_role("customer_service")).one()),
        "community": str(db.session.scalars(select(Community.id)).first()),
        "offer": str(db.session.scalars(select(Offer.id).order_by(Offer.id.desc())).first()),
        "rule": str(db.session.scalars(select(CommissionRule.id)).first()),
        "po": db.session.scalars(
            select(PurchaseOrder.number).join(Supplier).where(Supplier.code == "S1")
        ).one(),
        "address": _address(people["resident"]),
        "receipt": _receipt(),
        "amendment": _amendment(),
        **_delivery(),
        "stock_note": _stock_note(),
        "transfer": _transfer(),
        "licence": _licence(),
        "batch": str(db.session.scalars(select(StockBatch.id)).first()),
        "upload": _upload(people["operator"]),
        "moving": _moving(people["leader"]),
        "link": people["leader"].get("/leader/rounds/C0/pickup_sheet.xlsx").location.rpartition("/")[2],
        "picture": _picture(app).rpartition("/")[2],
        "resident": db.session.scalars(select(Resident.code).order_by(Resident.id)).first() or "",
        **{name: str(row.id) for name, row in rows.items()},
    }


def _case(order: Order) -> str:
    """Let the resident complain about an order that was closed yesterday."""
    request = Request(Kind.COMPLAINT, Reason.OTHER, "少了一袋", {"P1": 1})
    with transaction():
        fresh = db.session.get_one(Order, order.id)
        return putting_right.ask(
            order=fresh, request=request, now=NOW, zone=building.ZONE, actor=ACTOR
        ).number


def _claim() -> str:
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


def _conflict(leader: Leader) -> str:
    """Let a phone send what it handed out of an order that there is not."""
    with transaction():
        event = Event("event-0001", "NONE", NOW)
        syncing.take_events(sent=[event], leader_ids=[leader.id], now=NOW, actor=ACTOR)
    return event.event_id


def _address(resident: FlaskClient) -> str:
    resident.post("/me/addresses", data={"room": "5-1-102"})
    return str(db.session.scalars(select(ResidentAddress.id).where(~ResidentAddress.is_default)).one())


def _receipt() -> str:
    """Let a part of the other supplier's goods come in."""
    order = db.session.scalars(select(PurchaseOrder.number).join(Supplier).where(Supplier.code == "S2")).one()
    with transaction():
        return receiving.receive_goods(
            number=order, deliveries=[Delivery("P2", 2, 1, "破损")], tolerance_bp=0, now=NOW, actor=ACTOR
        ).number


def _transfer() -> str:
    """Count one of P1 into the stock and send it to a warehouse."""
    said = {"now": NOW, "actor": ACTOR.name}
    with transaction():
        warehouses.save(code="G1", name="网格仓", kind="grid", address=None, active=True, new=True, **said)
        stock.count(product=get_product("P1"), counted=1, seen=0, **said)
        goods = [transferring.Goods("P1", 1)]
        return transferring.send(
            from_code="MAIN", to_code="G1", goods=goods, zone=building.ZONE, **said
        ).number


def _stock_note() -> str:
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


def _licence() -> str:
    """Give the first supplier a licence without end."""
    with transaction():
        supplier = supplier_files.get_supplier("S1")
        return str(
            supplier_files.add_licence(
                supplier=supplier, kind="food", number="JY1", expires_on=None, now=NOW, actor=ACTOR.name
            ).id
        )


def _amendment() -> str:
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


def _delivery() -> dict[str, str]:
    """Let the first leader miss something of what was handed out the day before."""
    day = PICKUP - DAY
    with transaction():
        service_of_routes.plan_day(day=day, now=NOW, actor=ACTOR.name)
    (route,) = delivery.routes_of(day)
    (stop,) = route.stops
    missing = delivery.goods_of_day(day, [stop.leader_id])[stop.leader_id][0].offer_id
    with transaction():
        dispatching.leave(route_id=route.id, now=NOW, actor=ACTOR)
        signing.sign(
            stop_id=stop.id,
            leader_ids=[stop.leader_id],
            counts={missing: Count(0, "missing")},
            now=NOW,
            actor=ACTOR,
        )
    found = delivery.discrepancies(day=day)[0]
    ids = {"route": route.id, "stop": stop.id, "discrepancy": found.id}
    return {name: str(value) for name, value in ids.items()} | {"day": day.isoformat()}


def _upload(operator: FlaskClient) -> str:
    file = (BytesIO(PRODUCTS.encode()), "products.csv")
    answer = operator.post("/admin/products/import", data={"kind": "products", "file": file})
    return str(answer.location.rpartition("/")[2])


def _moving(leader: FlaskClient) -> str:
    file = (BytesIO(export()), "export.xlsx")
    answer = leader.post("/leader/moving-in", data={"file": file, "round": ""})
    return str(answer.location.partition("?")[0].rpartition("/")[2])


def _picture(app: Flask) -> str:
    picture = BytesIO()
    Image.new("RGB", (4, 4)).save(picture, "PNG")
    with app.app_context():
        return store_picture(picture.getvalue())
