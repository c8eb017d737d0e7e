"""Ranking and targets of a leader."""

from datetime import timedelta

from flask import Flask

from groupbuy.accounts import queries
from groupbuy.analytics import leader_ranking
from groupbuy.db.transaction import transaction
from groupbuy.leaders import targets
from groupbuy.leaders.models import Leader
from tests import building
from tests.building import NOW
from tests.web.admin.people import sign_in

SPAN = {"start": NOW - timedelta(days=7), "end": NOW + timedelta(days=1), "most": 10}


def busy_town() -> tuple[Leader, Leader]:
    """Let two leaders sell, the second more; a third sells nothing."""
    products = [building.add_product(building.add_supplier(), code) for code in ("P1",)]
    first, second = building.add_leader("L1"), building.add_leader("L2")
    building.add_leader("L3")
    round_ = building.add_round(products)
    building.place(round_, building.add_resident(first, "王女士"), {"P1": 1})
    building.place(round_, building.add_resident(first, "李先生"), {"P1": 2})
    building.place(round_, building.add_resident(second, "赵女士"), {"P1": 9})
    return first, second


def test_leaders_stand_by_turnover_and_see_only_which_place_is_their_own(app: Flask) -> None:
    first, second = busy_town()
    mine = leader_ranking.standing(leader_id=first.id, **SPAN)
    assert (mine.mine.rank, mine.leaders, mine.mine.amount_fen) == (2, 3, 2970)
    assert [(place.rank, place.mine) for place in mine.first] == [(1, False), (2, True), (3, False)]
    assert leader_ranking.standing(leader_id=second.id, **SPAN).mine.rank == 1


def test_equal_turnover_shares_a_place(app: Flask) -> None:
    leaders = [building.add_leader(code) for code in ("L1", "L2", "L3")]
    ranks = [leader_ranking.standing(leader_id=one.id, **SPAN).mine.rank for one in leaders]
    assert ranks == [1, 1, 1]


def test_buyers_and_goods_are_of_the_own_community_only(app: Flask) -> None:
    first, _ = busy_town()
    buyers = leader_ranking.top_buyers(leader_id=first.id, **SPAN)
    assert [(one.name, one.count, one.amount_fen) for one in buyers] == [
        ("李先生", 1, 1980),
        ("王女士", 1, 990),
    ]
    goods = leader_ranking.top_goods(leader_id=first.id, **SPAN)
    assert [(one.name, one.count, one.amount_fen) for one in goods] == [("商品P1", 3, 2970)]


def test_orders_of_other_days_do_not_count(app: Flask) -> None:
    first, _ = busy_town()
    later = {"start": NOW + timedelta(days=1), "end": NOW + timedelta(days=2)}
    assert leader_ranking.turnover_fen(leader_id=first.id, **later) == 0


def test_the_page_shows_the_place_and_keeps_the_target(app: Flask, clock: object) -> None:
    first, second = busy_town()
    desk = sign_in(app, queries.get_account(first.account_id), "leader")
    page = desk.text("/leader/ranking?days=30")
    assert "第 2 名" in page
    assert second.name not in page
    desk.token = page.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]
    assert desk.post("/leader/ranking", amount="100").status_code == 303
    assert "29%" in desk.text("/leader/ranking")
    for wrong in ("0", "-5", "1e9", "abc", ""):
        assert desk.post("/leader/ranking", amount=wrong).status_code == 422, wrong


def test_a_target_counts_for_its_month(app: Flask) -> None:
    leader = building.add_leader()
    with transaction():
        targets.set_target(leader=leader, month=NOW.date(), amount_fen=5, now=NOW, actor="test")
        targets.set_target(leader=leader, month=NOW.date(), amount_fen=7, now=NOW, actor="test")
    assert targets.target_fen(leader_id=leader.id, month=NOW.date().replace(day=30)) == 7
    assert targets.target_fen(leader_id=leader.id, month=NOW.date().replace(month=12)) is None
