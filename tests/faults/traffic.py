"""Buyers who go on placing orders over HTTP while something happens to the platform."""

import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count

from tests.faults import serving
from tests.faults.serving import Answer

CREW = 6
PAUSE_SECONDS = 0.02
# So long a buyer asks again before the order counts as failed.
PATIENCE_SECONDS = 60
MOST_AGAIN = 50


class Traffic:
    """What the buyers were answered: the last answer by key, and every status that came."""

    def __init__(self, port: int, buyers: Sequence[str]) -> None:
        self.answers: dict[int, Answer] = {}
        self.statuses: Counter[int] = Counter()
        self._port = port
        self._buyers = buyers
        self._numbers = count()
        self._over = threading.Event()
        self._lock = threading.Lock()

    @property
    def acknowledged(self) -> frozenset[str]:
        """Return the numbers of the orders that were acknowledged so far."""
        answers = list(self.answers.values())
        return frozenset(answer.json["order_no"] for answer in answers if answer.status == 201)

    def wait_for_more(self, orders: int = 10) -> float:
        """Wait until so many more orders were acknowledged; return the seconds it took."""
        begun, wanted = time.monotonic(), len(self.acknowledged) + orders
        while len(self.acknowledged) < wanted and time.monotonic() - begun < PATIENCE_SECONDS:
            time.sleep(0.05)
        return time.monotonic() - begun

    def wait_for_refusal(self) -> bool:
        """Wait until an order is told to come again; False when none is for a long time."""
        begun, refused = time.monotonic(), self.statuses[503]
        while self.statuses[503] == refused and time.monotonic() - begun < PATIENCE_SECONDS:
            time.sleep(0.05)
        return self.statuses[503] > refused

    @contextmanager
    def flowing(self) -> Iterator[None]:
        """Let the buyers order while the block runs, and have every order answered."""
        crew = [threading.Thread(target=self._buy) for _ in range(CREW)]
        for buyer in crew:
            buyer.start()
        try:
            yield
        finally:
            self._over.set()
            for buyer in crew:
                buyer.join()

    def repeat(self) -> list[Answer]:
        """Ask once more for the first orders, by their keys."""
        return [self._insist(number) for number in sorted(self.answers)[:MOST_AGAIN]]

    def _buy(self) -> None:
        while not self._over.wait(PAUSE_SECONDS):
            number = next(self._numbers)
            self.answers[number] = self._insist(number)

    def _insist(self, number: int) -> Answer:
        begun, token = time.monotonic(), self._buyers[number % len(self._buyers)]
        while True:
            answer = serving.ask(self._port, token, serving.order("C1", {"P1": 1}), f"key-{number}")
            with self._lock:
                self.statuses[answer.status] += 1
            if answer.status not in (0, 503) or time.monotonic() - begun > PATIENCE_SECONDS:
                return answer
            time.sleep(0.1)
