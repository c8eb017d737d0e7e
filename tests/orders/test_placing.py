"""Orders until the cut-off: what is taken, what is refused, what is given back."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from groupbuy.campaigns.models import OfferBuyer, OfferStock, Round
from groupbuy.db import db
from groupbuy.db.transaction import transaction
from groupbuy.flows import ordering
from groupbuy.flows.ordering import Wish
from groupbuy.kernel.errors import BadInput, GroupbuyError, RuleBroken
from groupbuy.members.models import Resident
from groupbuy.orders.models import Order
from tests import building
from tests.building import ACTOR, CLOSES, NOW

Shop = tuple[Round, Resident]


def shop(offers: dict[str, dict[str, int]] | None = None, **columns: object) -> Shop:
    """Return a round that sells P1 and P2, and a resident who may order."""
    supplier = building.add_supplier()
    products = [building.add_product(supplier, code) for code in ("P1", "P2")]
    resident = building.add_resident(building.add_leader())
    return building.add_round(products, offers=offers, **columns), resident


def sold(round_: Round) -> list[int]:
    """Return what is sold of each offer, read anew."""
    db.session.rollback()
    return [stock.sold for stock in db.session.query(OfferStock).order_by(OfferStock.offer_id)]


def refusal(deed: Callable[[], object]) -> tuple[str, str | None]:
    """Return the code and the parameter with which a deed is refused."""
    with pytest.raises(GroupbuyError) as caught:
        deed()
    return caught.value.code, caught.value.param


def change(order: Order, quantities: dict[str, int]) -> Order:
    with transaction():
        wishes = [Wish(code, quantity) for code, quantity in quantities.items()]
        stored = db.session.get_one(Order, order.id)
        return ordering.change_order(order=stored, wishes=wishes, now=NOW, actor=ACTOR)


def cancel(order: Order, now: object = NOW) -> Order:
    with transaction():
        stored = db.session.get_one(Order, order.id)
        return ordering.cancel_order(order=stored, reason="changed my mind", now=now, actor=ACTOR)


@pytest.mark.usefixtures("app")
class TestPlacing:
    def test_an_order_takes_its_units_and_knows_what_it_costs(self) -> None:
        round_, resident = shop()
        order = building.place(round_, resident, {"P1": 2, "P2": 1})
        assert (order.state, order.amount_fen, sold(round_)) == ("confirmed", 2970, [2, 1])

    def test_an_order_at_the_cut_off_is_late_and_one_before_it_is_not(self) -> None:
        round_, resident = shop()
        building.place(round_, resident, {"P1": 1}, now=CLOSES - timedelta(microseconds=1))
        late = refusal(lambda: building.place(round_, resident, {"P1": 1}, now=CLOSES))
        assert late[0] == "round_closed"

    def test_an_order_before_the_opening_is_refused(self) -> None:
        round_, resident = shop()
        early = building.OPENS - timedelta(seconds=1)
        assert refusal(lambda: building.place(round_, resident, {"P1": 1}, now=early))[0] == "round_not_open"

    def test_the_last_unit_is_sold_once_and_nothing_of_the_refused_order_stays(self) -> None:
        round_, resident = shop({"P2": {"limit_units": 3}})
        building.place(round_, resident, {"P2": 2})
        assert refusal(lambda: building.place(round_, resident, {"P1": 5, "P2": 2})) == (
            "sold_out",
            "lines[1].quantity",
        )
        assert sold(round_) == [0, 2]

    def test_a_buyer_may_not_take_more_than_the_limit_over_several_orders(self) -> None:
        round_, resident = shop({"P1": {"per_buyer_limit": 3}})
        building.place(round_, resident, {"P1": 2})
        assert refusal(lambda: building.place(round_, resident, {"P1": 2}))[0] == "limit_reached"
        building.place(round_, resident, {"P1": 1})

    @pytest.mark.parametrize(
        ("quantities", "answer"),
        [
            ({"P9": 1}, ("unknown_product", "lines[0].product_code")),
            ({"P1": 0}, ("out_of_range", "lines[0].quantity")),
            ({"P1": -1}, ("out_of_range", "lines[0].quantity")),
            ({"P1": 10**9}, ("out_of_range", "lines[0].quantity")),
            ({}, ("required", "lines")),
        ],
    )
    def test_what_makes_no_sense_is_refused_with_its_place(
        self, quantities: dict[str, int], answer: tuple[str, str]
    ) -> None:
        round_, resident = shop()
        assert refusal(lambda: building.place(round_, resident, quantities)) == answer

    def test_a_minimum_and_a_multiple_hold_per_order(self) -> None:
        round_, resident = shop({"P1": {"min_order_qty": 4, "multiple": 2}})
        assert refusal(lambda: building.place(round_, resident, {"P1": 2}))[0] == "below_minimum_quantity"
        assert refusal(lambda: building.place(round_, resident, {"P1": 5}))[0] == "not_a_multiple"
        assert building.place(round_, resident, {"P1": 6}).amount_fen == 5940

    def test_a_leader_who_does_not_take_part_sells_nothing(self) -> None:
        round_, resident = shop(all_leaders=False)
        refused = refusal(lambda: building.place(round_, resident, {"P1": 1}))
        assert refused[0] == "leader_not_taking_part"

    def test_a_repeated_form_returns_the_first_order(self) -> None:
        round_, resident = shop()
        first, second = (place_keyed(round_, resident) for _ in range(2))
        assert first.number == second.number
        assert sold(round_) == [1, 0]


def place_keyed(round_: Round, resident: Resident) -> Order:
    with transaction():
        return ordering.place_order(
            round_=db.session.get_one(Round, round_.id),
            resident=db.session.get_one(Resident, resident.id),
            wishes=[Wish("P1", 1)],
            now=NOW,
            actor=ACTOR,
            pay_within=timedelta(minutes=15),
            submission_key="form-1",
        )


@pytest.mark.usefixtures("app")
class TestChanging:
    def test_a_changed_order_takes_and_gives_back_only_the_difference(self) -> None:
        round_, resident = shop({"P1": {"limit_units": 3, "per_buyer_limit": 3}})
        order = building.place(round_, resident, {"P1": 3})
        changed = change(order, {"P1": 1, "P2": 4})
        assert (changed.amount_fen, sold(round_)) == (4950, [1, 4])
        change(order, {"P1": 3})
        assert sold(round_) == [3, 0]

    def test_a_change_that_cannot_be_had_leaves_the_order_as_it_was(self) -> None:
        round_, resident = shop({"P2": {"limit_units": 1}})
        order = building.place(round_, resident, {"P1": 1})
        assert refusal(lambda: change(order, {"P2": 2}))[0] == "sold_out"
        assert sold(round_) == [1, 0]
        assert db.session.get_one(Order, order.id).amount_fen == 990

    def test_a_cancelled_order_cannot_be_changed(self) -> None:
        round_, resident = shop()
        order = building.place(round_, resident, {"P1": 1})
        cancel(order)
        assert refusal(lambda: change(order, {"P1": 2}))[0] == "order_cancelled"


@pytest.mark.usefixtures("app")
class TestCancelling:
    def test_a_cancelled_order_gives_everything_back_once(self) -> None:
        round_, resident = shop({"P1": {"per_buyer_limit": 2}})
        order = building.place(round_, resident, {"P1": 2, "P2": 1})
        cancel(order)
        again = cancel(order)
        assert (again.state, again.amount_fen, sold(round_)) == ("cancelled", 0, [0, 0])
        assert db.session.query(OfferBuyer.units).scalar() == 0

    def test_nobody_cancels_after_the_cut_off(self, app: Flask) -> None:
        round_, resident = shop()
        order = building.place(round_, resident, {"P1": 1})
        assert refusal(lambda: cancel(order, CLOSES))[0] == "round_closed"
        building.close(app, round_)
        assert refusal(lambda: cancel(order))[0] == "round_closed"


@pytest.mark.usefixtures("app")
class TestPaying:
    def test_a_prepaid_order_waits_for_its_payment(self) -> None:
        round_, resident = shop(payment="prepaid")
        order = building.place(round_, resident, {"P1": 1})
        assert order.state == "awaiting_payment"
        paid = pay(order)
        assert (paid.state, paid.paid_fen, pay(order).paid_fen) == ("confirmed", 990, 990)

    def test_an_unpaid_order_gives_its_stock_back_once_at_its_time_out(self, app: Flask) -> None:
        round_, resident = shop(payment="prepaid")
        order = building.place(round_, resident, {"P1": 1})
        building.close(app, round_, now=NOW + timedelta(minutes=15))
        assert (db.session.get_one(Order, order.id).state, sold(round_)) == ("cancelled", [0, 0])
        assert refusal(lambda: pay(order))[0] == "order_cancelled"


def pay(order: Order) -> Order:
    with transaction():
        stored = db.session.get_one(Order, order.id)
        return ordering.mark_paid(order=stored, now=NOW, actor=ACTOR)


def test_refusals_are_of_two_kinds() -> None:
    assert (BadInput("x").status, RuleBroken("x").status) == (422, 409)
