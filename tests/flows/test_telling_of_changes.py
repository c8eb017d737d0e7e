"""What comes otherwise than ordered is said in the language of whoever reads it."""

from flask import Flask
from sqlalchemy import select

from groupbuy.accounts.queries import get_account
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import telling_of_changes
from groupbuy.flows.telling_of_changes import Missed, Weighed
from groupbuy.messaging.models import Message
from tests import building
from tests.building import NOW


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
            for part in (Missed(who.id, "苹果", 2, 220, [("梨", 2)]), Missed(who.id, "鸡蛋", 1, 300))
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
