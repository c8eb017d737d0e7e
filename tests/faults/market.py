"""A small region for faults: suppliers, products with limits, leaders, residents and rounds."""

import os
import signal
import traceback
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import func, select, update

from groupbuy.app.factory import create_app
from groupbuy.app.logs import set_up_logging
from groupbuy.campaigns.models import Campaign, Round
from groupbuy.catalog.models import Product
from groupbuy.commissions.rules import Rate, Tier
from groupbuy.config import load_settings
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.kernel.clock import utc_now
from groupbuy.scheduler.setup import handlers_of
from groupbuy.scheduler.tick import tick_until_idle
from tests import building
from tests.building import ZONE
from tests.faults.buyers import Market

CODES = ("P0", "P1", "P2")
OFFERS: Mapping[str, Mapping[str, int]] = {
    "P0": {"limit_units": 40},
    "P1": {"per_buyer_limit": 4},
    "P2": {},
}


def open_app() -> Flask:
    """Return the application of the environment, as a process of its own."""
    settings = load_settings(os.environ)
    set_up_logging(settings)
    return create_app(settings)


def stock_up() -> Market:
    """Make everything but rounds; commissions have tiers."""
    building.set_commission(Rate(tiers=(Tier(0, 500), Tier(20_000, 800))))
    suppliers = [building.add_supplier(f"S{i}") for i in range(2)]
    for number, code in enumerate(CODES):
        building.add_product(suppliers[number % 2], code)
    leaders = [building.add_leader(f"L{i}") for i in range(2)]
    residents = [building.add_resident(leader, f"居民{i}").id for leader in leaders for i in range(3)]
    return Market((), residents, CODES)


def add_round(
    *,
    opens_at: datetime,
    closes_at: datetime,
    offers: Mapping[str, Mapping[str, int]] = OFFERS,
    **columns: object,
) -> int:
    """Add a round that sells everything in a window; return its id."""
    number = db.session.scalar(select(func.count()).select_from(Campaign)) or 0
    products = db.session.scalars(select(Product).order_by(Product.code)).all()
    round_ = building.add_round(products, f"C{number}", offers=offers, **columns)
    with transaction():
        window = {"opens_at": opens_at, "closes_at": closes_at}
        db.session.execute(update(Round).where(Round.id == round_.id).values(**window))
    return round_.id


def fork(app: Flask, work: Callable[[], object]) -> int:
    """Run work in a fork of this process, on connections of its own; return the child's id."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    child = os.fork()
    if child:
        return child
    try:
        work()
        os._exit(0)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)


def kill(child: int) -> None:
    """Kill a child as kill -9 does, and wait for its end."""
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def tick(app: Flask, now: datetime) -> None:
    """Do everything due, as a restarted scheduler does."""
    tick_until_idle(now=now, zone=ZONE, handlers=handlers_of(app), note=lambda _: None)
    db.session.rollback()


def rest(app: Flask) -> datetime:
    """Let the schedulers work for three minutes from now; return the moment at which all is at rest."""
    now = utc_now()
    for minute in range(3):
        tick(app, now + timedelta(minutes=minute))
    return now + timedelta(minutes=3)
