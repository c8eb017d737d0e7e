"""Buyers who place, change, cancel and pay orders, and write down what was acknowledged."""

import itertools
import json
import os
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from itertools import zip_longest
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from groupbuy.campaigns.models import Round
from groupbuy.db import db
from groupbuy.db.failures import is_unavailable
from groupbuy.db.transaction import in_transaction
from groupbuy.flows import ordering, taking
from groupbuy.flows.ordering import Wish
from groupbuy.kernel.errors import GroupbuyError
from groupbuy.orders.models import Order
from tests.building import ACTOR
from tests.faults.books import CANCELLED, Deed, Lines

PAY_WITHIN = timedelta(minutes=15)
MOST_OWN = 5


class History:
    """Appends each deed to a file when its outcome is known, so that a killed buyer's deeds are kept."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", buffering=1)

    def write(self, deed: Deed) -> None:
        """Append one deed."""
        row = asdict(deed) | {"becomes": sorted(deed.becomes)}
        self._file.write(json.dumps(row) + "\n")


def read_histories(folder: Path) -> Iterator[Deed]:
    """Return all deeds of all buyers; each order is one buyer's own, so their order is known.

    What was begun and has no outcome, because the buyer was killed, may have happened.
    """
    for path in sorted(folder.glob("*.history")):
        deeds = [_read(line) for line in path.read_text().splitlines() if line.endswith("}")]
        for deed, following in zip_longest(deeds, deeds[1:]):
            if deed.outcome != "begun":
                yield deed
            elif following is None or (following.key, following.becomes) != (deed.key, deed.becomes):
                yield replace(deed, outcome="unknown")


def _read(line: str) -> Deed:
    row = json.loads(line)
    return Deed(row["key"], frozenset((code, number) for code, number in row["becomes"]), row["outcome"])


@dataclass(frozen=True)
class Market:
    """Where buyers buy: the ids of rounds and residents, and the products that every round sells."""

    rounds: Sequence[int]
    residents: Sequence[int]
    codes: Sequence[str]


class Buyer:
    """One buyer; ``now`` is the clock that the orders are judged by."""

    def __init__(
        self, market: Market, write: Callable[[Deed], None], *, now: Callable[[], datetime], seed: int
    ) -> None:
        self._market = market
        self._write = write
        self._now = now
        self._random = random.Random(seed)  # noqa: S311 - a repeatable choice, no secret
        self._numbers = (f"{seed}-{os.getpid()}-{number}" for number in itertools.count())
        self._own: list[tuple[str, int]] = []

    def act(self, round_id: int) -> bool:
        """Do one thing in a round; False when the round did not let it happen."""
        choice = self._random.random()
        if not self._own or choice < 0.5:
            return self._place(round_id)
        key, order_id = self._random.choice(self._own)
        if choice < 0.7:
            lines = self._lines()
            return self._try(key, lines, lambda: self._change(order_id, lines)) == "ok"
        if choice < 0.85:
            self._own.remove((key, order_id))
            return self._try(key, CANCELLED, lambda: self._cancel(order_id)) == "ok"
        return self._pay(order_id)

    def forget(self) -> None:
        """Turn to new orders; those of a closed round can be changed no more."""
        self._own.clear()

    def _place(self, round_id: int) -> bool:
        key, lines = next(self._numbers), self._lines()
        placed: list[int] = []

        def place() -> None:
            order = taking.take_order(
                round_name=db.session.get_one(Round, round_id).name,
                resident_id=self._random.choice(self._market.residents),
                wishes=_wishes(lines),
                now=self._now(),
                actor=ACTOR,
                pay_within=PAY_WITHIN,
                submission_key=key,
            )
            placed[:] = db.session.scalars(select(Order.id).where(Order.number == order.number))

        done = self._try(key, lines, place) == "ok"
        if done:
            self._own = [*self._own, (key, placed[0])][-MOST_OWN:]
        return done

    def _change(self, order_id: int, lines: Lines) -> None:
        order = db.session.get_one(Order, order_id)
        ordering.change_order(order=order, wishes=_wishes(lines), now=self._now(), actor=ACTOR)

    def _cancel(self, order_id: int) -> None:
        order = db.session.get_one(Order, order_id)
        ordering.cancel_order(order=order, reason="changed my mind", now=self._now(), actor=ACTOR)

    def _pay(self, order_id: int) -> bool:
        def pay() -> None:
            ordering.mark_paid(order=db.session.get_one(Order, order_id), now=self._now(), actor=ACTOR)

        return self._attempt(pay) == "ok"

    def _try(self, key: str, lines: Lines, work: Callable[[], None]) -> str:
        self._write(Deed(key, lines, "begun"))
        outcome = self._attempt(work)
        self._write(Deed(key, lines, outcome))
        return outcome

    def _attempt(self, work: Callable[[], None]) -> str:
        try:
            in_transaction(work)
        except GroupbuyError:
            return "fail"
        except SQLAlchemyError as error:
            if not is_unavailable(error):
                raise
            db.session.rollback()
            return "unknown"
        return "ok"

    def _lines(self) -> Lines:
        codes = self._random.sample(self._market.codes, self._random.randint(1, len(self._market.codes)))
        return frozenset((code, self._random.randint(1, 3)) for code in codes)


def _wishes(lines: Lines) -> list[Wish]:
    return [Wish(code, quantity) for code, quantity in lines]
