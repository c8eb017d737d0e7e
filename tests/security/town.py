"""A town with everybody in it: each role at a browser, an open round and one that was closed yesterday."""

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO

from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import Select, select
from werkzeug.test import TestResponse

from groupbuy.accounts import queries, service
from groupbuy.accounts.models import Account, AccountRole
from groupbuy.campaigns.models import Offer, Round
from groupbuy.campaigns.rules import Window
from groupbuy.catalog.models import Brand, Category, Supplier
from groupbuy.commissions.models import CommissionRule
from groupbuy.commissions.rules import Rate
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.http.pictures import store_picture
from groupbuy.leaders.models import Community, Leader, LeaderHelper, LeaderLevel
from groupbuy.members.models import Resident, ResidentAddress
from groupbuy.purchasing.models import PurchaseOrder
from groupbuy.warehouse.models import StockBatch
from tests import building
from tests.building import CLOSES, NOW, OPENS, PICKUP
from tests.files import PRODUCTS
from tests.moving.workbook import export
from tests.security import deeds
from tests.security.deeds import DAY
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
    other_leader = building.add_leader("L2", route="东线")
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
    facts["conflict"] = deeds.conflict(leader)
    facts["case"] = deeds.case(old_order)
    facts["claim"] = deeds.claim()
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
        "receipt": deeds.receipt(),
        "amendment": deeds.amendment(),
        **deeds.delivery(),
        "stock_note": deeds.stock_note(),
        "transfer": deeds.transfer(),
        "licence": deeds.licence(),
        "batch": str(db.session.scalars(select(StockBatch.id)).first()),
        "upload": _upload(people["operator"]),
        "moving": _moving(people["leader"]),
        "link": people["leader"].get("/leader/rounds/C0/pickup_sheet.xlsx").location.rpartition("/")[2],
        "picture": _picture(app).rpartition("/")[2],
        "resident": db.session.scalars(select(Resident.code).order_by(Resident.id)).first() or "",
        **{name: str(row.id) for name, row in rows.items()},
    }


def _address(resident: FlaskClient) -> str:
    resident.post("/me/addresses", data={"room": "5-1-102"})
    return str(db.session.scalars(select(ResidentAddress.id).where(~ResidentAddress.is_default)).one())


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
