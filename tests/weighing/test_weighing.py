"""Weighed goods from the order to the settlement, with figures worked out by hand."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import event

from groupbuy.aftersales.rules import Kind, Reason
from groupbuy.campaigns.models import Round
from groupbuy.catalog.models import Product
from groupbuy.commissions.rules import Rate
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.finance.dials import set_dials
from groupbuy.flows import ordering, putting_right, weighing
from groupbuy.flows.putting_right import Request
from groupbuy.flows.weighing import Entry
from groupbuy.kernel.errors import BadInput, RuleBroken
from groupbuy.messaging.models import Message
from groupbuy.orders.models import Order
from groupbuy.orders.queries import lines_of
from groupbuy.weighing import queries
from groupbuy.weighing.models import WeightSettlement
from tests import building
from tests.warehouse import day

LAYOUTS = ("21IIIIIWWWWWC",)
LATER = day.ARRIVES + timedelta(hours=1)


def bass(code: str = "P1") -> Product:
    """Make a sea bass: ¥13.28 for 500 g, a fish of about 750 g, so about ¥19.92."""
    return building.add_product(
        building.add_supplier(f"S{code}"),
        code,
        name="鲈鱼",
        price_fen=1328,
        weighed=True,
        price_basis_g=500,
        est_grams=750,
        barcode="42",
    )


def weigh(round_: Round, *entries: Entry, sure: bool = False) -> int:
    with transaction():
        return weighing.enter_weights(
            round_=db.session.get_one(Round, round_.id),
            entries=entries,
            layouts=LAYOUTS,
            now=day.ARRIVES,
            actor=day.ACTOR,
            sure=sure,
        )


def settle(round_: Round) -> WeightSettlement | None:
    with transaction():
        return weighing.settle_weights(
            round_=db.session.get_one(Round, round_.id), now=LATER, actor=day.ACTOR
        )


def pay(order: Order) -> Order:
    with transaction():
        return ordering.mark_paid(order=db.session.get_one(Order, order.id), now=LATER, actor=day.ACTOR)


def money(order: Order) -> tuple[int, int]:
    fresh = day.stored(order)
    return fresh.amount_fen, fresh.paid_fen


def test_weighed_goods_are_settled_to_the_gram_and_what_was_paid_too_much_is_owed_back(app: Flask) -> None:
    building.set_commission(Rate(rate_bp=1000))
    leader = building.add_leader()
    fish = bass()
    apples = building.add_product(building.add_supplier("S9"), "P2")
    round_ = building.add_round([fish, apples])
    # ¥19.92 × 2 + ¥9.90, and ¥19.92.
    two = building.place(round_, building.add_resident(leader), {"P1": 2, "P2": 1})
    one = building.place(round_, building.add_resident(leader), {"P1": 1})
    assert (money(two), money(one)) == ((4974, 0), (1992, 0))
    for order in (two, one):
        pay(order)
    building.close(app, round_)

    with pytest.raises(RuleBroken) as refused:
        settle(round_)
    assert (refused.value.code, f"{two.number} P1" in refused.value.message) == ("weights_missing", True)
    assert weigh(round_, Entry(two.number, "P1", "700+650"), Entry(one.number, "P1", "812")) == 2
    with pytest.raises(RuleBroken):
        # Five times what it should weigh is asked about; nothing of the two is stored.
        weigh(round_, Entry(two.number, "P1", "1400"), Entry(one.number, "P1", "4000"))
    done = settle(round_)

    # 1350 g are 3585.6 fen, 812 g 2156.672 fen: 398 fen less and 165 fen more.
    assert done is not None
    assert (done.lines, done.more_fen, done.less_fen) == (2, 165, 398)
    assert (money(two), money(one)) == ((3586 + 990, 4974), (2157, 1992))
    assert [(line.amount_fen, line.actual_grams) for line in lines_of([two.id])] == [
        (3586, 1350),
        (990, None),
    ]
    # 10 % of each: 359 for 398 before, 216 for 199 before.
    assert day.wrong() == []
    assert settle(round_) is None
    told = {message.recipient: message.body for message in db.session.query(Message)}
    assert told[f"resident:{two.resident_id}"] == "鲈鱼 实重 1350g。比预估少 ¥3.98，已付的将退还。"
    assert told[f"resident:{one.resident_id}"] == "鲈鱼 实重 812g。比预估多 ¥1.65，需补差价。"
    # The rest is paid, and the books know both.
    pay(one)
    assert money(one) == (2157, 2157)
    assert day.wrong() == []


def test_a_second_weight_replaces_the_first_and_the_same_one_again_is_none(app: Flask) -> None:
    round_ = building.add_round([bass()])
    order = building.place(round_, building.add_resident(building.add_leader()), {"P1": 1})
    pay(order)
    building.close(app, round_)
    assert weigh(round_, Entry(order.number, "P1", "600", seen=0)) == 1
    assert weigh(round_, Entry(order.number, "P1", "600", seen=0)) == 0
    with pytest.raises(RuleBroken) as meanwhile:
        weigh(round_, Entry(order.number, "P1", "610", seen=0))
    assert meanwhile.value.code == "weighed_meanwhile"
    settle(round_)
    # 600 g are 1593.6 fen.
    assert money(order) == (1594, 1992)
    assert weigh(round_, Entry(order.number, "P1", "2100042006102", seen=1)) == 1
    settle(round_)
    # 610 g are 1620.16 fen.
    assert money(order) == (1620, 1992)
    (line,) = queries.weighed_lines(round_.id)
    history = [
        (w.number, w.grams, w.source, w.settled) for w in queries.history_of([line.line_id])[line.line_id]
    ]
    assert history == [(1, 600, "typed", True), (2, 610, "scale", True)]
    assert day.wrong() == []


def test_the_extra_charge_stops_at_the_cap_and_a_refund_takes_its_part_of_the_weight(app: Flask) -> None:
    with transaction():
        set_dials(values={"weight_cap_bp": 1000}, now=building.NOW, actor="test")
    building.set_commission(Rate(rate_bp=777))
    round_ = building.add_round([bass()])
    order = building.place(round_, building.add_resident(building.add_leader()), {"P1": 3})
    pay(order)
    building.close(app, round_)
    weigh(round_, Entry(order.number, "P1", "3000"))
    settle(round_)
    # 3 × 1992 = 5976, and a tenth of it 597.6: 3 kg would cost 7968.
    assert money(order) == (6573, 5976)
    pay(order)
    with transaction():
        case = putting_right.ask(
            order=db.session.get_one(Order, order.id),
            request=Request(Kind.REFUND, Reason.DAMAGED, "坏了", {"P1": 1}),
            now=LATER,
            zone=building.ZONE,
            actor=day.ACTOR,
        )
    with transaction():
        putting_right.decide(
            number=case.number, approve=True, answer="好", now=LATER, zone=building.ZONE, actor=day.ACTOR
        )
    # Two thirds of 6573 are kept.
    assert money(order) == (4382, 6573)
    assert day.wrong() == []


def test_a_weighed_product_without_weights_costs_its_fixed_price(app: Flask) -> None:
    product = building.add_product(building.add_supplier(), weighed=True)
    round_ = building.add_round([product])
    order = building.place(round_, building.add_resident(building.add_leader()), {"P1": 2})
    building.close(app, round_)
    assert (queries.weighed_lines(round_.id), money(order)) == ([], (1980, 0))
    assert settle(round_) is None
    with pytest.raises(BadInput) as refused:
        weigh(round_, Entry(order.number, "P1", "500"))
    assert refused.value.code == "unknown_line"


def test_nothing_is_weighed_before_the_close(app: Flask) -> None:
    round_ = building.add_round([bass()])
    order = building.place(round_, building.add_resident(building.add_leader()), {"P1": 1})
    for deed in (lambda: weigh(round_, Entry(order.number, "P1", "700")), lambda: settle(round_)):
        with pytest.raises(RuleBroken) as refused:
            deed()
        assert refused.value.code == "not_ready"


def test_many_orders_are_booked_in_no_more_statements_than_few(app: Flask) -> None:
    leader, fish = building.add_leader(), bass()
    counts = []
    for code, many in (("C1", 2), ("C2", 9)):
        round_ = building.add_round([fish], code)
        orders = [building.place(round_, building.add_resident(leader), {"P1": 1}) for _ in range(many)]
        for order in orders:
            pay(order)
        building.close(app, round_)
        weigh(round_, *(Entry(order.number, "P1", "700") for order in orders))
        counts.append(_statements_of_settling(round_))
    assert counts[1] == counts[0]
    assert day.wrong() == []


def _statements_of_settling(round_: Round) -> int:
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    settle(round_)
    event.remove(db.engine, "before_cursor_execute", note)
    # Who is told is another matter: each resident by name.
    return len([one for one in asked if "posting" in one or "order_books" in one or "order_fee" in one])
