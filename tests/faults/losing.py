"""T12 and T4 on the web: clients that try again while answers are lost or workers are killed."""

import asyncio
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from flask import Flask
from sqlalchemy import func, select

from groupbuy.campaigns.rules import Window
from groupbuy.db import db
from groupbuy.http.models import IdempotencyKey
from groupbuy.orders.models import Order
from tests import building
from tests.faults import market, serving
from tests.faults.books import Outcome, violations
from tests.faults.rushing import WINDOW
from tests.faults.serving import Answer
from tests.faults.traffic import Traffic

LOSES = 0.05
BUYERS = 20
AGAIN = 0.1
THREADS = 16
ORDERS_A_TURN = 50


class Proxy:
    """Passes requests on, and now and then cuts the line when the answer comes back."""

    def __init__(self, target: int, seed: int) -> None:
        self.target = target
        self.lost = 0
        # The loop itself holds its tasks weakly, and one that is collected leaves its client waiting.
        self._busy: set[object] = set()
        self._chance = random.Random(seed)  # noqa: S311 - a repeatable choice, no secret

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Handle one connection."""
        task = asyncio.current_task()
        self._busy.add(task)
        try:
            await self._pass_on(reader, writer)
        finally:
            self._busy.discard(task)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one request there, and one answer back or none."""
        there, back = await asyncio.open_connection("127.0.0.1", self.target)
        pump = asyncio.create_task(_pump(reader, back))
        answer = await there.read(1)
        if self._chance.random() < LOSES:
            self.lost += 1
            writer.transport.abort()
        else:
            writer.write(answer)
            await _pump(there, writer)
        pump.cancel()
        back.close()
        writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


@contextmanager
def proxy(target: int, seed: int) -> Iterator[tuple[Proxy, int]]:
    """Run a proxy in front of a port; yield it and its own port."""
    loop, port, made = asyncio.new_event_loop(), serving.free_port(), Proxy(target, seed)
    server = loop.run_until_complete(asyncio.start_server(made.serve, "127.0.0.1", port))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield made, port
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def run(app: Flask, *, operations: int) -> Outcome:
    """T12: place orders by keys until each is answered; then ask once more for some of them."""
    with app.app_context():
        buyers = open_market()
        with serving.server() as server, proxy(server, operations) as (made, port):
            works = _works(port, buyers, operations)
            answers = serving.all_at_once(works, threads=THREADS)
            repeated = serving.all_at_once(works[: int(operations * AGAIN)], threads=THREADS)
        return outcome(app, made.lost, answers, repeated)


def kill_workers(app: Flask, *, faults: int) -> Outcome:
    """T4 on the web: kill worker after worker while orders come in; whose line breaks asks again."""
    with app.app_context():
        buyers = open_market()
        done = threading.Event()
        killed: list[int] = []
        with serving.server() as port:
            killer = threading.Thread(target=_kill, args=(port, faults, done, killed))
            killer.start()
            answers: list[Answer] = []
            while killer.is_alive():
                works = _works(port, buyers, ORDERS_A_TURN, first=len(answers))
                answers += serving.all_at_once(works, threads=THREADS)
            killer.join()
            repeated = serving.all_at_once(_works(port, buyers, ORDERS_A_TURN), threads=THREADS)
        return outcome(app, len(killed), answers, repeated)


def _kill(port: int, faults: int, done: threading.Event, killed: list[int]) -> None:
    chance = random.Random(faults)  # noqa: S311 - a repeatable choice, no secret
    while len(killed) < faults:
        done.wait(chance.uniform(0.1, 0.6))
        if serving.kill_one(port, chance.randrange(100)):
            killed.append(1)


def open_market(window: Window = WINDOW) -> list[str]:
    """Make a round that sells P1 without end; return the tokens of its buyers."""
    building.add_round([building.add_product(building.add_supplier(), "P1")], "C1", window=window)
    return serving.add_buyers(BUYERS)


def _works(port: int, buyers: list[str], count: int, *, first: int = 0) -> list[Callable[[], Answer]]:
    numbers = range(first, first + count)
    body = serving.order("C1", {"P1": 1})
    return [partial(serving.insist, port, buyers[n % BUYERS], body, f"key-{n}") for n in numbers]


def outcome(app: Flask, faults: int, answers: list[Answer], repeated: list[Answer]) -> Outcome:
    """Compare what was answered, at first and when asked again, with what is stored."""
    found = Outcome(faults=faults, acknowledged=sum(answer.status == 201 for answer in answers))
    _compare(answers, repeated, found)
    found.violations += violations(market.rest(app))
    return found


def outcome_of(
    app: Flask, faults: int, traffic: Traffic, repeated: list[Answer], proper: frozenset[int]
) -> Outcome:
    """Compare what the buyers of a traffic were answered; other statuses than the proper ones are faults."""
    answers = [traffic.answers[number] for number in sorted(traffic.answers)]
    found = outcome(app, faults, answers, repeated)
    others = {status: times for status, times in traffic.statuses.items() if status not in proper}
    found.violations += [f"answered {status} {times} times" for status, times in others.items()]
    return found


def _compare(answers: list[Answer], repeated: list[Answer], outcome: Outcome) -> None:
    """Note what is not one order a key, or another answer to a key that came before."""
    db.session.rollback()
    wrong = [f"key-{number}: {answer}" for number, answer in enumerate(answers) if answer.status != 201]
    outcome.lost += wrong
    numbers = {answer.json["order_no"] for answer in answers if answer.status == 201}
    stored = set(db.session.scalars(select(Order.number)))
    outcome.lost += [f"{number} is not stored" for number in numbers - stored]
    outcome.doubled += [f"{number} was answered to nobody" for number in stored - numbers]
    keys = db.session.scalar(select(func.count()).select_from(IdempotencyKey))
    if keys != len(answers):
        outcome.violations.append(f"{keys} keys for {len(answers)} operations")
    changed = [first for first, again in zip(answers, repeated, strict=False) if first != again]
    outcome.violations += [f"another answer than {answer}" for answer in changed]
