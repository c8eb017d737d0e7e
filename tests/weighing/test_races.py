"""Two people at once: weighing the same bag, and settling what was weighed."""

from collections.abc import Callable

from flask import Flask
from sqlalchemy import select

from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.flows import weighing
from groupbuy.flows.weighing import Entry
from groupbuy.weighing.models import LineWeight
from tests import building
from tests.warehouse import day
from tests.warehouse.test_races import at_once
from tests.weighing.test_weighing import LAYOUTS, bass, money, settle


def test_two_people_who_type_the_weight_of_one_bag_at_once_do_not_overwrite_each_other(app: Flask) -> None:
    round_ = building.add_round([bass()])
    order = building.place(round_, building.add_resident(building.add_leader()), {"P1": 1})
    round_id, number = building.close(app, round_).id, order.number

    def weigh(grams: int) -> Callable[[], object]:
        return lambda: weighing.enter_weights(
            round_=db.session.get_one(Round, round_id),
            entries=[Entry(number, "P1", str(grams), seen=0)],
            layouts=LAYOUTS,
            now=day.ARRIVES,
            actor=day.ACTOR,
        )

    found = at_once(app, weigh(700), weigh(800), weigh(700), weigh(800))
    # One is written down; who typed the same has nothing new, who typed another weight is told.
    assert sorted(map(str, found)) == ["0", "1", "weighed_meanwhile", "weighed_meanwhile"]
    db.session.rollback()
    stored = db.session.scalars(select(LineWeight.grams)).all()
    assert len(stored) == 1
    settle(round_)
    # 700 g or 800 g at ¥13.28 for 500 g.
    assert money(order)[0] == {700: 1859, 800: 2125}[stored[0]]
    assert day.wrong() == []
