"""Slow clients, many connections and huge bodies hold up nobody; too much at once is told to come again."""

import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from werkzeug.test import Client

from groupbuy.app.gate import Exchanges, Gate
from groupbuy.app.server import THREADS
from groupbuy.http.setup import MAX_UPLOAD

HEAD = b"POST /api/v1/tokens HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
# Less than a slow client may take while nobody waits for its thread.
BEFORE_LONG = 30


def connect(address: str, begin: bytes = b"") -> socket.socket:
    parts = urlsplit(address)
    made = socket.create_connection((parts.hostname, parts.port), timeout=BEFORE_LONG)
    made.sendall(begin)
    return made


@contextmanager
def dripping(clients: list[socket.socket]) -> Iterator[None]:
    """Send a byte of each client's body every half second."""
    over = threading.Event()

    def drip() -> None:
        open_ = set(clients)
        while not over.wait(0.5):
            for client in list(open_):
                try:
                    client.sendall(b" ")
                except OSError:
                    open_.discard(client)

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize(
    ("count", "begin"),
    [
        (200, b""),
        (THREADS + 8, b"POST /api/v1/tok"),
        (THREADS + 8, HEAD + b"Content-Length: 500\r\n\r\n{"),
        (THREADS + 8, HEAD + b"Transfer-Encoding: chunked\r\n\r\n1F4\r\n"),
    ],
    ids=["silent", "slow heads", "slow bodies", "slow chunks"],
)
@pytest.mark.check(53)
def test_others_are_answered_while_many_send_slowly(
    live_server: str, count: int, begin: bytes, database_kind: str
) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(closing(connect(live_server, begin))) for _ in range(count)]
        with dripping(clients if begin else []):
            for path in ("/healthz", "/sign-in", "/readyz"):
                with urlopen(live_server + path, timeout=BEFORE_LONG) as answer:  # noqa: S310 - our own server
                    assert answer.status == 200


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.check(53)
def test_a_huge_body_is_refused_before_it_has_come(live_server: str, database_kind: str) -> None:
    with closing(connect(live_server, HEAD + f"Content-Length: {MAX_UPLOAD + 1}\r\n\r\n".encode())) as client:
        assert client.recv(64).startswith(b"HTTP/1.1 413")


class Slow:
    """An application that answers with what it was sent, not before it is told to."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.go_on = threading.Event()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.begun.set()
        if environ["PATH_INFO"] != "/healthz":
            assert self.go_on.wait(BEFORE_LONG)
        body = environ["wsgi.input"].read()
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [body]


def gate(app: Any, noted: list[int] | None = None) -> Client:
    note = ([] if noted is None else noted).append
    return Client(Gate(app, places=1, exchanges=Exchanges(), note=note, patience_seconds=0.05))


def test_who_finds_no_place_is_told_to_come_again_and_finds_one_later() -> None:
    app = Slow()
    noted: list[int] = []
    client = gate(app, noted)
    answers: list[int] = []
    first = threading.Thread(target=lambda: answers.append(client.get("/").status_code))
    first.start()
    assert app.begun.wait(BEFORE_LONG)
    refused = client.get("/")
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
    assert refused.json is not None
    assert refused.json["error"]["code"] == "busy"
    assert noted == [503]
    assert client.get("/healthz").status_code == 200
    app.go_on.set()
    first.join()
    assert answers == [200]
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("size", [0, 5, 3 * 1024 * 1024])
def test_a_body_reaches_the_application_as_it_was_sent(size: int) -> None:
    app = Slow()
    app.go_on.set()
    assert gate(app).post("/", data=b"x" * size).data == b"x" * size


def test_half_a_body_never_reaches_the_application() -> None:
    app = Slow()
    answer = gate(app).open(
        "/", method="POST", input_stream=BytesIO(b"{"), environ_overrides={"CONTENT_LENGTH": "9"}
    )
    assert answer.status_code == 408
    assert not app.begun.is_set()
