"""Helpers get a share of their leader's settled commission: exactly, as agreed at the close."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from groupbuy.accounts import queries as accounts
from groupbuy.analytics import leader_statement
from groupbuy.analytics.invariants import check_all
from groupbuy.commissions.helpers import shares_of
from groupbuy.commissions.rules import Rate, check_shares, helper_parts
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.finance import queries, rules
from groupbuy.flows import enrolling
from groupbuy.kernel.errors import BadInput, GroupbuyError, RuleBroken
from groupbuy.leaders.models import Leader
from groupbuy.orders.models import Order
from tests import building
from tests.building import ACTOR, NOW
from tests.money import PICKED, SETTLED, hand_out, keep
from tests.support.seats import appoint

shares = st.dictionaries(st.integers(1, 50), st.integers(0, 2000), max_size=5)


@given(st.integers(-(10**9), 10**9), shares)
def test_parts_and_rest_are_the_whole_and_each_is_within_a_fen(settled: int, bp: dict[int, int]) -> None:
    parts = helper_parts(settled, bp)
    assert parts.keys() == bp.keys()
    for account, fen in parts.items():
        assert abs(fen * 10_000 - settled * bp[account]) < 10_000
    rest = settled - sum(parts.values())
    assert abs(rest * 10_000 - settled * (10_000 - sum(bp.values()))) < 10_000


def test_shares_above_the_whole_or_below_zero_are_refused() -> None:
    check_shares({1: 4000, 2: 6000})
    with pytest.raises(RuleBroken):
        check_shares({1: 4000, 2: 6001})
    with pytest.raises(BadInput):
        check_shares({1: -1})


def share(leader: Leader, account_id: int, share_bp: int) -> None:
    with transaction():
        enrolling.share_with(
            leader=db.session.get_one(Leader, leader.id),
            account_id=account_id,
            share_bp=share_bp,
            now=NOW,
            actor=ACTOR,
        )


def help_out(leader: Leader, phone: str, name: str) -> int:
    with transaction():
        return enrolling.let_help(
            leader=db.session.get_one(Leader, leader.id), phone=phone, name=name, now=NOW, actor=ACTOR
        ).id


def test_helpers_get_their_shares_when_the_commission_settles(app: Flask, client: FlaskClient) -> None:
    """¥1.98 settles: 33.33 % and 10 % of it are 66 and 20 fen, and ¥1.12 stay with the leader."""
    building.set_commission(Rate(rate_bp=1000))
    leader = building.add_leader()
    first, second = help_out(leader, "13911110001", "小赵"), help_out(leader, "13911110002", "小钱")
    share(leader, first, 3333)
    share(leader, second, 1000)
    with pytest.raises(GroupbuyError):
        share(leader, second, 7000)
    db.session.rollback()
    round_ = building.add_round([building.add_product(building.add_supplier())])
    order = building.place(round_, building.add_resident(leader), {"P1": 2})
    building.close(app, round_)
    # What is set after the close counts for later rounds.
    share(leader, second, 0)
    hand_out(db.session.get_one(Order, order.id))
    keep(PICKED + timedelta(minutes=1))
    assert queries.available(rules.helper(first)) == 0
    keep(SETTLED)
    keep(SETTLED + timedelta(hours=1))
    assert [queries.available(rules.helper(one)) for one in (first, second)] == [66, 20]
    assert queries.available(rules.commission(leader.id, "settled")) == 112
    assert [(row.share_bp, row.settled_fen) for row in shares_of(first)] == [(3333, 66)]
    rows = leader_statement.statement(leader.id, "2026-11")
    assert leader_statement.sums_by_source(rows)["helper_share"] == (0, 0, -86)
    # The statement's figure opens to the round, where each helper's part of it stands.
    with time_machine.travel(SETTLED, tick=False):
        desk = appoint(app, accounts.get_account(leader.account_id), "leader", SETTLED)
        page = desk.get(f"/leader/commission/{round_.name}").text
    assert "小赵 · 33.33% · ¥0.66" in page
    assert "小钱 · 10% · ¥0.20" in page
    assert not [(one.name, one.examples) for one in check_all(now=SETTLED, at_rest=False) if one.violations]
