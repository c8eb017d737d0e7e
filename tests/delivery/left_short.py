"""Goods that left before anybody counted them, of which some are missing."""

from datetime import timedelta

import pytest
from flask import Flask

from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.delivery import missing
from groupbuy.delivery.models import Discrepancy
from groupbuy.flows import allocating
from groupbuy.flows.signing import Count
from groupbuy.warehouse.rules import Policy
from tests.building import ACTOR, PICKUP
from tests.delivery.town import T, Town
from tests.warehouse import day

LATER = T + timedelta(hours=1)


@pytest.fixture
def town(app: Flask) -> Town:
    """Return the town, whose goods have left before anything was received: 10 of P1 are wanted, 7 at L1."""
    town = Town(app)
    town.plan()
    town.leave("东线")
    return town


def receive(town: Town, units: int) -> None:
    """Receive the first round, short of P1, and let nothing more come."""
    day.receive(day.order_of(town.rounds[0]).number, {"P1": units, "P2": 1}, last=True)


def sign(town: Town, got: int) -> Discrepancy:
    town.sign(0, {town.offer("P1"): Count(got, "missing")})
    return missing.discrepancies(day=PICKUP)[0]


def share_out(town: Town, policy: Policy = Policy.FIRST_COME) -> int:
    def apply() -> int:
        round_ = db.session.get_one(Round, town.rounds[0].id)
        done = allocating.apply(round_=round_, policy=policy, now=LATER, actor=ACTOR)
        return done.units if done else 0

    return in_transaction(apply)


def kept(town: Town) -> list[int]:
    return [day.quantities(order).get("P1", 0) for order in town.orders[:3]]


def again(found: Discrepancy) -> Discrepancy:
    db.session.rollback()
    return db.session.get_one(Discrepancy, found.id, populate_existing=True)
