"""T1: many buyers at once over real HTTP on several workers; all is sold, and nothing twice."""

import random
from collections import Counter
from datetime import datetime
from functools import partial

from flask import Flask
from sqlalchemy import func, select

from groupbuy.campaigns.models import Offer, OfferStock
from groupbuy.campaigns.rules import Window
from groupbuy.catalog.models import Product
from groupbuy.db import db
from groupbuy.kernel.clock import utc_now
from groupbuy.orders.models import OrderLine
from tests import building
from tests.faults import market, serving
from tests.faults.books import Outcome, violations
from tests.faults.serving import HOUR, Answer

BUYERS = 200
FEW = 50
TOGETHER = 10
WINDOW = Window(utc_now() - HOUR, utc_now() + HOUR, (utc_now() + 24 * HOUR).date())


def run(app: Flask, *, products: int) -> Outcome:
    """Sell the last one, a few, and ten at once, of so many products in all; each is one fault."""
    chance = random.Random(products)  # noqa: S311 - a repeatable choice, no secret
    with app.app_context():
        buyers = serving.add_buyers(BUYERS)
        supplier = building.add_supplier()
        codes = [f"P{number}" for number in range(products)]
        goods = [building.add_product(supplier, code) for code in codes]
        limits = [1 if number % 2 else FEW for number in range(products)]
        offers = {code: {"limit_units": limit} for code, limit in zip(codes, limits, strict=True)}
        building.add_round(goods, "EACH", offers=offers, window=WINDOW)
        building.add_round(
            goods[:TOGETHER], "HOT", offers={c: {"limit_units": FEW} for c in codes}, window=WINDOW
        )
        bodies = [
            serving.order("EACH", {code: chance.randint(1, 3) if limit > 1 else 1})
            for code, limit in zip(codes, limits, strict=True)
            for _ in buyers
        ]
        bodies += [serving.order("HOT", _shuffled(codes[:TOGETHER], chance)) for _ in buyers]
        with serving.server() as port:
            works = [
                partial(serving.insist, port, buyers[number % BUYERS], body, f"key-{number}")
                for number, body in enumerate(bodies)
            ]
            answers = serving.all_at_once(works)
        return _judge(answers, products, now=market.rest(app))


def _shuffled(codes: list[str], chance: random.Random) -> dict[str, int]:
    return dict.fromkeys(chance.sample(codes, len(codes)), 1)


def _judge(answers: list[Answer], products: int, *, now: datetime) -> Outcome:
    """Compare what was answered with what is stored; only a sold-out product may refuse."""
    db.session.rollback()
    taken = [answer for answer in answers if answer.status == 201]
    outcome = Outcome(faults=products + 1, acknowledged=len(taken))
    others = Counter(
        f"{answer.status} {answer.body[:120]}"
        for answer in answers
        if answer.status != 201 and not (answer.status == 409 and answer.json["error"]["code"] == "sold_out")
    )
    promised = sum(line["quantity"] for answer in taken for line in answer.json["lines"])
    stored = db.session.scalar(select(func.sum(OrderLine.quantity))) or 0
    if stored < promised:
        outcome.lost.append(f"{promised} units were promised, {stored} are stored")
    if stored > promised:
        outcome.doubled.append(f"{stored} units are stored, {promised} were promised")
    outcome.violations = [f"answered {count} times: {what}" for what, count in others.items()]
    outcome.violations += _wrong_stock() + violations(now)
    return outcome


def _wrong_stock() -> list[str]:
    """Return the offers of which too many were sold, or some are left that somebody has asked for."""
    rows = db.session.execute(
        select(Product.code, OfferStock.sold, OfferStock.limit_units)
        .join(Offer, Offer.id == OfferStock.offer_id)
        .join(Product, Product.id == Offer.product_id)
    )
    # Each was asked for 200 times or more, and who wants one takes what others have left.
    return [f"{code}: {sold} of {limit} sold" for code, sold, limit in rows if sold != limit]
