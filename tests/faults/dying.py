"""T3: die at every database event of an operation, before and after each statement and commit."""

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import Engine, event

from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import ordering, refunding
from groupbuy.flows.ordering import Wish
from groupbuy.members.models import Resident
from groupbuy.orders.models import Order
from tests.building import ACTOR, CLOSES, NOW, OPENS
from tests.faults import market
from tests.faults.books import CANCELLED, Deed, Lines, Outcome, judge

Case = tuple[str, Callable[[], object], Lines, Lines | None]
Operation = Callable[[int], Case]

KILLED = 137
END = CLOSES + timedelta(days=30)
MINUTE = timedelta(minutes=1)
FIRST: Lines = frozenset({("P0", 2), ("P1", 1)})
SECOND: Lines = frozenset({("P0", 1), ("P2", 3)})


def die_at(engine: Engine, number: int) -> None:
    """Let this process die, as by kill -9, at the event with this number."""
    count = 0

    def step(*_: Any, **__: Any) -> None:
        nonlocal count
        count += 1
        if count == number:
            os._exit(KILLED)

    event.listen(engine, "before_cursor_execute", step)
    event.listen(engine, "after_cursor_execute", step)
    commit = engine.dialect.do_commit

    def commit_between(connection: Any) -> None:
        step()
        commit(connection)
        step()

    engine.dialect.do_commit = commit_between  # type: ignore[method-assign] # The event comes before the commit only.


def run(app: Flask, *, stride: int = 1) -> Outcome:
    """Die at every ``stride``-th event of each operation, restart, and compare."""
    with app.app_context():
        ward = Ward(app)
        for operation in (ward.place, ward.change, ward.cancel, ward.pay, ward.refund, ward.close):
            ward.die_all(operation, stride)
        for minute in (0, 1):
            market.tick(app, END + minute * MINUTE)
        return judge(ward.deeds, faults=ward.faults, now=END + 2 * MINUTE)


class Ward:
    """Prepares a fresh case for each death and notes what may be stored after it.

    An operation takes a number and returns what is to be done in the child, what the order becomes by
    it, and what it becomes if that was in vain.
    """

    def __init__(self, app: Flask) -> None:
        self.deeds: list[Deed] = []
        self.faults = 0
        self._app = app
        self._market = market.stock_up()
        later = CLOSES + timedelta(days=20)
        self._rounds = {
            payment: market.add_round(opens_at=OPENS, closes_at=later, offers={}, payment=payment)
            for payment in ("to_leader", "prepaid")
        }

    def die_all(self, operation: Operation, stride: int) -> None:
        """Die at every event of an operation until it comes to its end."""
        number, died = 1, True
        while died:
            key, work, becomes, vain = operation(number)
            died = dies_in_child(self._app, work, number)
            if died:
                self.faults += 1
                self.deeds += [Deed(key, vain, "unknown")] if vain else []
                self.deeds.append(Deed(key, becomes, "unknown"))
            else:
                self.deeds.append(Deed(key, becomes, "ok"))
            number += stride

    def place(self, number: int) -> Case:
        """Place an order."""
        key = f"place-{number}"
        return key, lambda: self._put(key), FIRST, None

    def change(self, number: int) -> Case:
        """Give an order other lines."""
        key = f"change-{number}"
        order = self._given(key)

        def work() -> None:
            ordering.change_order(order=_again(order), wishes=_wishes(SECOND), now=NOW, actor=ACTOR)

        return key, lambda: in_transaction(work), SECOND, None

    def cancel(self, number: int) -> Case:
        """Cancel an order."""
        key = f"cancel-{number}"
        order = self._given(key)

        def work() -> None:
            ordering.cancel_order(order=_again(order), reason="test", now=NOW, actor=ACTOR)

        return key, lambda: in_transaction(work), CANCELLED, None

    def pay(self, number: int) -> Case:
        """Mark an order paid; one that is not is cancelled in the end."""
        key = f"pay-{number}"
        order = self._given(key, "prepaid")

        def work() -> None:
            ordering.mark_paid(order=_again(order), now=NOW, actor=ACTOR)

        return key, lambda: in_transaction(work), FIRST, CANCELLED

    def refund(self, number: int) -> Case:
        """Cancel an order that is paid and pay all of it back; one that is not stays as it is."""
        key = f"refund-{number}"
        order = self._given(key, "prepaid")
        in_transaction(lambda: ordering.mark_paid(order=_again(order), now=NOW, actor=ACTOR))

        def work() -> None:
            mine = _again(order)
            ordering.cancel_order(order=mine, reason="test", now=NOW, actor=ACTOR)
            refunding.refund(
                order=mine, amount_fen=mine.paid_fen, reason="test", now=NOW, actor="test", submission_key=key
            )

        return key, lambda: in_transaction(work), CANCELLED, None

    def close(self, number: int) -> Case:
        """Open and close a round with orders, and first what the last death has left."""
        at = market.add_round(opens_at=OPENS, closes_at=CLOSES, offers={})
        for name in ("a", "b"):
            self._given(f"close-{number}-{name}", at=at)
        key = f"close-{number}"
        self._given(key, at=at)
        return key, lambda: market.tick(self._app, CLOSES + number * MINUTE), FIRST, None

    def _given(self, key: str, payment: str = "to_leader", at: int | None = None) -> Order:
        order = self._put(key, at or self._rounds[payment])
        self.deeds.append(Deed(key, FIRST, "ok"))
        return order

    def _put(self, key: str, at: int | None = None) -> Order:
        number = int(key.split("-")[1])

        def work() -> Order:
            return ordering.place_order(
                round_=db.session.get_one(Round, at or self._rounds["to_leader"]),
                resident=db.session.get_one(Resident, self._market.residents[number % 6]),
                wishes=_wishes(FIRST),
                now=NOW,
                actor=ACTOR,
                pay_within=timedelta(days=365),
                submission_key=key,
            )

        return in_transaction(work)


def _again(order: Order) -> Order:
    return db.session.get_one(Order, order.id)


def _wishes(lines: Lines) -> list[Wish]:
    return [Wish(code, quantity) for code, quantity in sorted(lines)]


def dies_in_child(app: Flask, work: Callable[[], object], number: int) -> bool:
    """Run work in a fork of this process that dies at an event; False when it came to its end."""

    def die_in_between() -> None:
        with app.app_context():
            die_at(db.engine, number)
            work()

    child = market.fork(app, die_in_between)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status not in (0, KILLED):
        raise RuntimeError(f"the child ended with {status} at event {number}")
    return status == KILLED
