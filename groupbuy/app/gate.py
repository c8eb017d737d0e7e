"""In front of the application: a request has arrived whole before it takes one of a few places.

So nobody who sends slowly keeps others waiting, and too many requests are told to come again at once
instead of all becoming slower and slower.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from socket import socket
from tempfile import SpooledTemporaryFile
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from groupbuy.http.errors import RETRY_AFTER_S, Problem
from groupbuy.http.idempotency import write_json
from groupbuy.http.setup import MAX_UPLOAD
from groupbuy.kernel.clock import monotonic_seconds

# How long a request waits for a place before it is told to come again.
PATIENCE_SECONDS = 5.0
IN_MEMORY = 1024 * 1024
PIECE = 64 * 1024
# Whoever looks whether the server lives gets an answer even when it has much to do.
NO_PLACE_NEEDED = "/healthz"

BUSY = Problem(503, "busy", "Too many ask at this moment; try again.", retry_after=RETRY_AFTER_S)
TOO_SLOW = Problem(408, "too_slow", "The request did not arrive in time.")
STATUS_LINES: Mapping[int, str] = {408: "408 Request Timeout", 503: "503 Service Unavailable"}


@dataclass
class Exchange:
    """A request that a thread is busy with."""

    sock: socket
    begun: float = field(default_factory=monotonic_seconds)
    arrived: bool = False


class Exchanges:
    """What each thread of this process is busy with."""

    def __init__(self) -> None:
        self._by_thread: dict[int, Exchange] = {}

    def begin(self, sock: socket) -> None:
        """Note that the calling thread begins to read."""
        self._by_thread[threading.get_ident()] = Exchange(sock)

    def note_arrival(self) -> None:
        """Note that the calling thread has read the whole request."""
        if exchange := self._by_thread.get(threading.get_ident()):
            exchange.arrived = True

    def end(self) -> None:
        """Note that the calling thread has answered."""
        self._by_thread.pop(threading.get_ident(), None)

    def all(self) -> list[Exchange]:
        """Return what is under way."""
        return list(self._by_thread.values())


class Places:
    """So many places, given in the order in which they were asked for.

    A semaphore gives a place to whoever happens to run when it becomes free, and some wait very long.
    """

    def __init__(self, count: int) -> None:
        self._free = count
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()

    def acquire(self, timeout: float) -> bool:
        """Take a place; False when none became free in time."""
        with self._guard:
            if self._free:
                self._free -= 1
                return True
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        if turn.acquire(timeout=timeout):
            return True
        with self._guard:
            if turn in self._waiting:
                self._waiting.remove(turn)
                return False
        # It was given at the last moment.
        return True

    def release(self) -> None:
        """Give a place back, to who waits longest."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1


class Gate:
    """Lets so many requests into the application at once; the others wait, but not for long."""

    def __init__(
        self,
        app: WSGIApplication,
        *,
        places: int,
        exchanges: Exchanges,
        note: Callable[[int], None] = lambda _status: None,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._app = app
        self._places = Places(places)
        self._exchanges = exchanges
        self._note = note
        self._patience = patience_seconds

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        given = environ["wsgi.input"]
        try:
            return self._answer(environ, start_response)
        finally:
            if environ["wsgi.input"] is not given:
                environ["wsgi.input"].close()

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not _read_whole(environ):
            return self._refuse(TOO_SLOW, start_response)
        self._exchanges.note_arrival()
        if environ.get("PATH_INFO") == NO_PLACE_NEEDED:
            return self._app(environ, start_response)
        if not self._places.acquire(timeout=self._patience):
            return self._refuse(BUSY, start_response)
        try:
            return self._app(environ, start_response)
        finally:
            self._places.release()

    def _refuse(self, problem: Problem, start_response: StartResponse) -> Iterable[bytes]:
        self._note(problem.status)
        return _refuse(problem, start_response)


def _read_whole(environ: WSGIEnvironment) -> bool:
    """Put the body where it can be read at once; False when its sender has not sent all of it.

    One that is longer than what is taken stays unread, and the application refuses it.
    """
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if length > MAX_UPLOAD or not (length or "HTTP_TRANSFER_ENCODING" in environ):
        return True
    given, body = environ["wsgi.input"], SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed above.
    environ["wsgi.input"] = body
    try:
        arrived = _copy(given, body)
    except OSError:
        return False
    body.seek(0)
    return arrived >= length


def _copy(source: Any, target: Any) -> int:
    """Copy a body, of one without a length not much more than what is taken; return the bytes."""
    arrived = 0
    while arrived <= MAX_UPLOAD and (piece := source.read(PIECE)):
        target.write(piece)
        arrived += len(piece)
    return arrived


def _refuse(problem: Problem, start_response: StartResponse) -> Iterable[bytes]:
    body = write_json(problem.as_json()).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    headers += [("Cache-Control", "no-store"), ("Connection", "close")]
    if problem.retry_after is not None:
        headers.append(("Retry-After", str(problem.retry_after)))
    start_response(STATUS_LINES[problem.status], headers)
    return [body]
