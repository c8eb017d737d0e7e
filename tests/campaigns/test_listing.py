"""In which order people find rounds."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from groupbuy.campaigns.listing import by_urgency
from groupbuy.campaigns.models import Round
from groupbuy.campaigns.rules import Window
from groupbuy.db import db
from tests import building
from tests.building import NOW, PICKUP

DAY = timedelta(days=1)
# Days from now until a round opens and closes, in the order in which they are to be found.
WANTED = (
    ("closes-today", -1, 0.1),
    ("closes-tomorrow", -1, 1),
    ("closed-just-now", -2, -0.1),
    ("closed-yesterday", -3, -1),
    ("opens-tomorrow", 1, 2),
    ("opens-in-a-week", 6.5, 8),
    ("closed-long-ago", -30, -20),
    ("closed-longer-ago", -60, -50),
    ("opens-in-a-month", 30, 31),
    ("opens-in-a-year", 365, 366),
)


def test_what_sells_comes_first_and_the_far_future_last(app: Flask) -> None:
    product = building.add_product(building.add_supplier())
    for name, opens, closes in reversed(WANTED):
        window = Window(NOW + opens * DAY, NOW + closes * DAY, PICKUP)
        building.add_round([product], name, window=window)
    found = db.session.scalars(select(Round.name).order_by(*by_urgency(NOW))).all()
    assert found == [name for name, _, _ in WANTED]
