"""An order looks at its token in its own statement: what was good a moment ago is good no longer at once."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from time_machine import Traveller

from groupbuy.accounts import managing, queries, service, tokens
from groupbuy.accounts.models import Account, ApiToken
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.members.models import Resident
from groupbuy.orders.models import Order
from tests import building
from tests.api.conftest import Person, Town
from tests.building import NOW


@pytest.fixture
def buyer(town: Town) -> Person:
    """Return the first resident with a token."""
    return town.person(account_of(town).id, "resident")


def revoke(town: Town) -> None:
    (digest,) = db.session.scalars(select(ApiToken.digest).where(ApiToken.account_id == account_of(town).id))
    tokens.revoke_token(digest=digest, now=NOW, actor="test")


def disable(town: Town) -> None:
    managing.set_active(account=account_of(town), active=False, now=NOW, actor="test")


def take_role(town: Town) -> None:
    managing.revoke_role(account=account_of(town), role="resident", now=NOW, actor="test")


def expire(town: Town) -> None:
    db.session.scalars(
        select(ApiToken).where(ApiToken.account_id == account_of(town).id)
    ).one().expires_at = NOW
    db.session.flush()


def account_of(town: Town) -> Account:
    return queries.get_account(db.session.get_one(Resident, town.resident.id).account_id)


@pytest.mark.check(15, 29)
@pytest.mark.parametrize("end", [revoke, disable, take_role, expire])
def test_a_token_that_has_ended_orders_nothing_from_the_next_request_on(
    town: Town, buyer: Person, end: Callable[[Town], None]
) -> None:
    assert buyer.order({"P2": 1}).status_code == 201
    assert buyer.order({"P2": 1}).status_code == 201
    with transaction():
        end(town)
    assert buyer.order({"P2": 1}).status_code == 401
    # Not even what is wrong with an order is told any more.
    assert buyer.order({"NONE": 1}).status_code == 401
    assert db.session.query(Order).count() == 2


def test_a_resident_of_another_account_is_not_ordered_for(town: Town, buyer: Person) -> None:
    assert buyer.order({"P2": 1}).status_code == 201
    other = building.add_account("somebody else")
    with transaction():
        service.grant_role(account=other, role="resident", now=NOW, actor="test")
        db.session.get_one(Resident, town.resident.id).account_id = other.id
    assert buyer.order({"P2": 1}).status_code in (404, 422)
    assert db.session.query(Order).count() == 1


def test_what_does_not_fit_is_told_as_before(buyer: Person, clock: Traveller) -> None:
    assert buyer.order({"P1": 1}).status_code == 201
    error = buyer.order({"P1": 99}).json["error"]
    assert error["code"] in ("sold_out", "limit_reached")
    assert buyer.order({"NONE": 1}).json["error"]["param"] == "lines[0].product_code"
    clock.shift(timedelta(days=1))
    assert buyer.order({"P2": 1}).status_code in (401, 409)
