"""Many clients that keep their connections, in processes of their own."""

import http.client
import json
import multiprocessing
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import quantiles
from typing import Any

Request = tuple[str, str, dict[str, str], bytes]
Ask = Callable[[int, int], Request]


@dataclass(frozen=True)
class Outcome:
    """What the clients measured: seconds of each answer and how often each status came."""

    seconds: Sequence[float]
    statuses: dict[int, int]
    elapsed: float
    # What the server and the database used of the processor meanwhile, in seconds.
    served: float = 0.0
    stored: float = 0.0

    @property
    def rate(self) -> float:
        """Return answers per second."""
        return len(self.seconds) / self.elapsed

    def __add__(self, other: "Outcome") -> "Outcome":
        """Join what was measured in two turns."""
        statuses = {
            status: self.statuses.get(status, 0) + other.statuses.get(status, 0)
            for status in (self.statuses | other.statuses)
        }
        return Outcome(
            [*self.seconds, *other.seconds],
            statuses,
            self.elapsed + other.elapsed,
            self.served + other.served,
            self.stored + other.stored,
        )

    def each(self, seconds: float) -> float:
        """Return the milliseconds that one answer took of so many seconds."""
        return seconds / len(self.seconds) * 1000

    def percentile(self, percent: int) -> float:
        """Return the milliseconds within which this share of the answers came."""
        return quantiles(self.seconds, n=100)[percent - 1] * 1000


def drive(port: int, ask: Ask, *, seconds: float, processes: int = 2, connections: int = 16) -> Outcome:
    """Send requests for a time; ``ask(client, n)`` gives method, path, headers and body."""
    context = multiprocessing.get_context("fork")
    results: Any = context.Queue()
    begin = time.perf_counter()
    workers = [
        context.Process(
            target=_process, args=(port, ask, number * connections, connections, seconds, results)
        )
        for number in range(processes)
    ]
    for worker in workers:
        worker.start()
    gathered = [results.get() for _ in workers]
    elapsed = time.perf_counter() - begin
    for worker in workers:
        worker.join()
    times = [one for answer in gathered for one in answer[0]]
    statuses: dict[int, int] = {}
    for _, counts in gathered:
        for status, count in counts.items():
            statuses[status] = statuses.get(status, 0) + count
    return Outcome(times, statuses, elapsed)


def _process(port: int, ask: Ask, first: int, connections: int, seconds: float, results: Any) -> None:
    times: list[float] = []
    statuses: dict[int, int] = {}
    stop = time.perf_counter() + seconds
    threads = [
        threading.Thread(target=_client, args=(port, ask, first + number, stop, times, statuses))
        for number in range(connections)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results.put((times, statuses))


def _client(
    port: int, ask: Ask, client: int, stop: float, times: list[float], statuses: dict[int, int]
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    number = 0
    while (begin := time.perf_counter()) < stop:
        method, path, headers, body = ask(client, number)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        answer.read()
        times.append(time.perf_counter() - begin)
        statuses[answer.status] = statuses.get(answer.status, 0) + 1
        number += 1
    connection.close()


def json_body(value: object) -> bytes:
    """Return a value as the body of a request."""
    return json.dumps(value).encode()
