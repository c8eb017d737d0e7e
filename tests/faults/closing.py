"""T2: buyers buy without a pause while their round closes; the seal on the stock alone keeps them out."""

import random
import threading
from datetime import timedelta

from flask import Flask

from groupbuy.db import db
from tests.building import CLOSES, NOW, OPENS
from tests.faults import market
from tests.faults.books import Deed, Outcome, judge
from tests.faults.buyers import Buyer, Market

BUYERS = 3
CLOSERS = 2
LONGEST_SECONDS = 0.06


def run(app: Flask, *, rounds: int) -> Outcome:
    """Close rounds under their buyers, with two schedulers at once.

    The buyers' clock stands still before the cut-off, so that every order is in time, and only who
    comes before the seal gets in.
    """
    deeds: list[Deed] = []
    with app.app_context():
        place = market.stock_up()
        for number in range(rounds):
            round_id = market.add_round(opens_at=OPENS, closes_at=CLOSES)
            _close_under_buyers(app, place, round_id, deeds, number)
        for minute in (1, 2):
            market.tick(app, CLOSES + timedelta(minutes=minute))
        return judge(deeds, faults=rounds, now=CLOSES + timedelta(minutes=3))


def _close_under_buyers(app: Flask, place: Market, round_id: int, deeds: list[Deed], seed: int) -> None:
    closed = threading.Event()

    def buy(number: int) -> None:
        with app.app_context():
            buyer = Buyer(place, deeds.append, now=lambda: NOW, seed=seed * BUYERS + number)
            while not closed.is_set():
                buyer.act(round_id)

    def close() -> None:
        with app.app_context():
            market.tick(app, CLOSES)

    buyers = [threading.Thread(target=buy, args=(number,)) for number in range(BUYERS)]
    closers = [threading.Thread(target=close) for _ in range(CLOSERS)]
    for thread in buyers:
        thread.start()
    # When the cut-off comes is left to chance, but repeatable.
    closed.wait(random.Random(seed).uniform(0, LONGEST_SECONDS))  # noqa: S311 - no secret
    for thread in closers:
        thread.start()
    for thread in closers:
        thread.join()
    closed.set()
    for thread in buyers:
        thread.join()
    db.session.remove()
