"""What comes otherwise than ordered is said in the language of whoever reads it."""

from flask import Flask
from sqlalchemy import select

from groupbuy.accounts.queries import get_account
from groupbuy.campaigns.models import Round
from groupbuy.catalog.service import get_product
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import calling_off, telling_of_changes
from groupbuy.flows.telling_of_changes import Missed, Weighed
from groupbuy.leaders.models import Leader
from groupbuy.messaging.models import Message
from groupbuy.notices import choices
from groupbuy.warehouse.rules import Policy
from tests import building
from tests.building import ACTOR, CLOSES, NOW
from tests.warehouse import day


def test_shortages_and_weights_are_told_in_each_readers_language(app: Flask) -> None:
    leader = building.add_leader()
    round_ = building.add_round([building.add_product(building.add_supplier())])
    anna, berta = (building.add_resident(leader, name) for name in ("安娜", "Berta"))
    with transaction():
        get_account(berta.account_id).language = "en"
    with transaction():
        lost = [
            part
            for who in (anna, berta)
            for part in (
                Missed(leader.id, who.id, "苹果", 2, 220, [("梨", 2)]),
                Missed(leader.id, who.id, "鸡蛋", 1, 300),
            )
        ]
        telling_of_changes.tell_of_shortage(round_=round_, cause="a", lost=lost, now=NOW)
        weighed = [Weighed(who.id, "鲈鱼", 1350, -398) for who in (anna, berta)]
        telling_of_changes.tell_of_weights(round_=round_, cause="b", weighed=weighed, now=NOW)
    bodies = [
        db.session.scalars(
            select(Message.body).where(Message.recipient == f"resident:{who.id}").order_by(Message.id)
        ).all()
        for who in (anna, berta)
    ]
    assert bodies == [
        [
            "苹果 缺 2 件，换为 梨 2 件；鸡蛋 缺 1 件。共少收 ¥5.20，已付的将退还。",
            "鲈鱼 实重 1350g。比预估少 ¥3.98，已付的将退还。",
        ],
        [
            "苹果: 2 short, 梨 ×2 instead; 鸡蛋: 1 short. You pay ¥5.20 less; what was paid is given back.",
            "鲈鱼: 1350g. ¥3.98 less than estimated; what was paid is given back.",
        ],
    ]


def _told(leader: Leader) -> list[tuple[str, str]]:
    db.session.rollback()
    found = select(Message.event, Message.body).where(Message.recipient == f"leader:{leader.id}")
    return [(row[0], row[1]) for row in db.session.execute(found.order_by(Message.id))]


def test_each_leader_is_told_once_what_the_residents_go_without(app: Flask) -> None:
    one, two, three = (building.add_leader(f"L{place}") for place in range(1, 4))
    supplier = building.add_supplier()
    round_ = building.add_round([building.add_product(supplier, code) for code in ("P1", "P2")])
    with transaction():
        get_account(two.account_id).language = "en"
    for leader, wants in ((one, 5), (one, 2), (two, 3), (three, 1)):
        goods = {"P2": 1} if leader is three else {"P1": wants, "P2": 1}
        building.place(round_, building.add_resident(leader), goods)
    building.close(app, round_)
    # Ten of P1 were wanted and five came: three of them go to the first leader, who wanted seven.
    day.receive(day.order_of(round_).number, {"P1": 5, "P2": 4}, last=True)
    assert day.share_out(round_, Policy.EQUAL_PER_LEADER) is not None
    assert day.share_out(round_, Policy.EQUAL_PER_LEADER) is None
    name = get_product("P1").name
    assert _told(one) == [
        (
            "residents_short",
            f"{round_.pickup_date} 提货：{name} 缺 4 件。涉及 2 位居民，已逐一通知；提货名单上已标明。",
        )
    ]
    assert _told(two) == [
        (
            "residents_short",
            f"Pickup on {round_.pickup_date}: {name}: 1 short. Residents concerned: 1. They have been told, "
            "and the list of pickups shows who they are.",
        )
    ]
    assert _told(three) == []


def test_a_leader_who_wants_no_notice_of_shortages_gets_none(app: Flask) -> None:
    leader = building.add_leader()
    round_ = building.add_round([building.add_product(building.add_supplier())])
    building.place(round_, building.add_resident(leader), {"P1": 2})
    with transaction():
        choices.prefer(recipient=f"leader:{leader.id}", off=[("residents_short", "page")])
    building.close(app, round_)
    day.receive(day.order_of(round_).number, {"P1": 1}, last=True)
    assert day.share_out(round_, Policy.FIRST_COME) is not None
    assert _told(leader) == []


def test_leaders_are_told_once_that_a_closed_round_is_called_off(app: Flask) -> None:
    leader, other = building.add_leader("L1"), building.add_leader("L2")
    round_ = building.add_round([building.add_product(building.add_supplier())])
    for _ in range(2):
        building.place(round_, building.add_resident(leader), {"P1": 2})
    building.close(app, round_)
    with transaction():
        calling_off.call_off(
            round_=db.session.get_one(Round, round_.id), reason="停业", now=CLOSES, actor=ACTOR
        )
    assert [event for event, _body in _told(leader)] == ["called_off"]
    assert _told(other) == []
