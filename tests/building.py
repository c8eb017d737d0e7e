"""A round built through the use cases, as people would: suppliers, products, leaders, residents, orders.

Every function commits what it makes. ``NOW`` lies in the window of the rounds that ``add_round`` makes;
``close`` ticks the scheduler past their cut-off.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask
from sqlalchemy import func, select

from groupbuy.accounts import service as accounts
from groupbuy.accounts.models import Account
from groupbuy.audit.actor import Actor
from groupbuy.campaigns.models import Campaign, CampaignOffer, Round
from groupbuy.campaigns.rules import Window
from groupbuy.catalog import service as catalog
from groupbuy.catalog.models import Category, Product, Supplier
from groupbuy.commissions import service as commissions
from groupbuy.commissions.rules import Rate, Scope
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import ordering, planning
from groupbuy.flows.ordering import Wish
from groupbuy.leaders import service as leaders
from groupbuy.leaders.models import Community, Leader
from groupbuy.members import service as members
from groupbuy.members.models import Resident
from groupbuy.orders.models import Order
from groupbuy.scheduler.setup import handlers_of
from groupbuy.scheduler.tick import tick_until_idle

ZONE = ZoneInfo("Asia/Shanghai")
OPENS = datetime(2026, 11, 22, 0, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
CLOSES = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)
PICKUP = date(2026, 11, 23)
ACTOR = Actor("test")


def add_account(name: str, phone: str | None = None) -> Account:
    """Make an account; without a phone it gets the next free one."""
    with transaction():
        number = db.session.scalar(select(func.count()).select_from(Account)) or 0
        return accounts.account_for(phone=phone or f"139{number:08d}", name=name, now=NOW)


def add_supplier(code: str = "S1", **columns: Any) -> Supplier:
    """Make a supplier; ``columns`` such as ``min_order_fen`` or ``email``."""
    return _add(Supplier(code=code, **{"name": f"供应商{code}"} | columns))


def add_product(supplier: Supplier, code: str = "P1", **columns: Any) -> Product:
    """Make a product on the shelf that costs ¥5.00 and sells at ¥9.90 in cases of 6."""
    usual = {"name": f"商品{code}", "cost_fen": 500, "price_fen": 990, "case_size": 6, "created_at": NOW}
    return _add(Product(code=code, supplier_id=supplier.id, **usual | columns))


def make_perishable(code: str, *, hours: int, refund: bool) -> None:
    """Put a product on a shelf of its own, whose goods may be disposed of when nobody fetches them."""
    with transaction():
        values = {"name": f"生鲜{code}", "dispose_hours": hours, "dispose_refund": refund}
        catalog.save_named(table=Category, row_id=None, values=values, now=NOW, actor="test")
        shelf = db.session.scalars(select(Category).where(Category.name == values["name"])).one()
        db.session.scalars(select(Product).where(Product.code == code)).one().category_id = shelf.id


def add_leader(code: str = "L1", *, community: str | None = None, **columns: Any) -> Leader:
    """Make a leader with an account; ``columns`` such as ``route``, ``address``, ``email``, ``name``."""
    name = columns.pop("name", f"团长{code}")
    account = add_account(name)
    with transaction():
        accounts.grant_role(account=account, role="leader", now=NOW, actor=ACTOR.name)
        leader = leaders.leader_for(account=account, name=name, code=code, now=NOW)
        if community is not None:
            leader.community = Community(name=community)
        for column, value in columns.items():
            setattr(leader, column, value)
    return leader


def add_resident(leader: Leader, name: str = "王女士", **columns: Any) -> Resident:
    """Make a resident with an account, bound to a leader; ``columns`` such as ``room``, ``building``."""
    account = add_account(name)
    with transaction():
        accounts.grant_role(account=account, role="resident", now=NOW, actor=ACTOR.name)
        resident = members.resident_for(account=account, name=name, leader_code=leader.code, now=NOW)
        for column, value in columns.items():
            setattr(resident, column, value)
    return resident


def add_round(
    products: Sequence[Product],
    code: str = "C1",
    *,
    offers: Any = None,
    window: Window | None = None,
    **columns: Any,
) -> Round:
    """Make a campaign that sells the products at their prices, and its round named by the code.

    ``offers`` gives columns of single offers by product code (``{"P1": {"limit_units": 3}}``),
    ``columns`` those of the campaign; ``window`` is for tests that run by the real clock.
    """
    special: Mapping[str, Mapping[str, Any]] = offers or {}
    plan = {"name": "周日鲜果日", "state": "published", "created_at": NOW} | columns
    campaign = _add(Campaign(code=code, **plan))
    with transaction():
        for product in products:
            terms = {"price_fen": product.price_fen} | dict(special.get(product.code, {}))
            db.session.add(CampaignOffer(campaign_id=campaign.id, product_id=product.id, **terms))
        db.session.flush()
        window = window or Window(OPENS, CLOSES, PICKUP)
        return planning.make_round(
            campaign=campaign, name=code, window=window, day=window.closes_at.astimezone(ZONE).date(), now=NOW
        )


def set_commission(rate: Rate, scope: Scope = Scope.DEFAULT, target_id: int = 0) -> None:
    """Put a commission rate in force."""
    with transaction():
        commissions.set_rule(scope=scope, target_id=target_id, rate=rate, now=NOW, actor=ACTOR.name)


def place(
    round_: Round,
    resident: Resident,
    quantities: Mapping[str, int],
    *,
    remark: str | None = None,
    now: datetime = NOW,
) -> Order:
    """Place an order of some product codes."""
    with transaction():
        return ordering.place_order(
            round_=db.session.get_one(Round, round_.id),
            resident=db.session.get_one(Resident, resident.id),
            wishes=[Wish(code, quantity) for code, quantity in quantities.items()],
            now=now,
            actor=ACTOR,
            pay_within=timedelta(minutes=15),
            remark=remark,
        )


def close(app: Flask, round_: Round, now: datetime = CLOSES) -> Round:
    """Let the scheduler close a round and send its mails; return it as it is stored now."""
    tick_until_idle(now=now, zone=ZONE, handlers=handlers_of(app), note=lambda _: None)
    db.session.expire_all()
    return db.session.get_one(Round, round_.id)


def _add(row: Any) -> Any:
    with transaction():
        db.session.add(row)
    return row
