"""What both simulated channels share: their book, the payer's part, faults on demand, and HTTP."""

import json
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar
from urllib.parse import urlsplit

from groupbuy.kernel.clock import utc_now
from groupbuy.payments.simulator.book import Book, Refused, Trade
from groupbuy.payments.simulator.keys import Party, make_party

# Status and content of an answer; bytes are a file.
Answer = tuple[int, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the merchant ready to be sent."""

    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Fault:
    """What goes wrong with the next calls of a path: before or after the work is done, or only late."""

    path: str
    status: int = 500
    after: bool = False
    delay_s: float = 0.0
    times: int = 1
    code: str = "SYSTEM_ERROR"


@dataclass
class Channel(ABC):
    """A payment channel for one merchant whose keys it has made."""

    clock: Callable[[], datetime] = utc_now
    refunds_end: str | None = "SUCCESS"
    calls: bool = True
    book: Book = field(default_factory=Book)
    faults: list[Fault] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    url: str = ""
    merchant: Party = field(default_factory=lambda: make_party("merchant", now=utc_now()))
    platform: Party = field(default_factory=lambda: make_party("platform", now=utc_now()))

    @abstractmethod
    def answer(self, method: str, target: str, headers: dict[str, str], body: str) -> Answer:
        """Return status and content of a call of the protocol; raise Refused."""

    @abstractmethod
    def tell(self, number: str, *, at: datetime | None = None, notice_id: str | None = None) -> Call:
        """Return the call that tells of a payment or, by its number, of a refund."""

    @abstractmethod
    def headers_of(self, text: str) -> Mapping[str, str]:
        """Return the headers of an answer."""

    def subject_of(self, target: str) -> str:
        """Return what a fault's path is compared with."""
        return urlsplit(target).path

    @abstractmethod
    def as_json(self) -> dict[str, Any]:
        """Return all payments and refunds as the channel shows them."""

    def pay(self, number: str, *, amount_fen: int | None = None) -> Trade:
        """Pay as the payer does."""
        return self.book.pay(number, now=self.clock(), amount_fen=amount_fen)

    def control(self, deed: str, wish: dict[str, Any]) -> Answer:
        """Do what the payer or the tester wants; docs/payments.md lists it."""
        if deed == "pay":
            self.pay(wish["number"], amount_fen=wish.get("amount_fen"))
            return 200, {"told": self.send(wish["number"]) if self.calls else None}
        if deed == "notify":
            return 200, {"told": [self.send(wish["number"]) for _ in range(wish.get("times", 1))]}
        if deed == "refund":
            self.book.settle(wish["number"], wish.get("state", "SUCCESS"), now=self.clock())
            return 200, {"told": self.send(wish["number"]) if self.calls else None}
        if deed == "faults":
            self.faults.extend(Fault(**one) for one in wish["faults"])
            return 200, {"faults": len(self.faults)}
        if deed == "bill":
            self.book.misprint(wish["number"], wish["amount_fen"], like=wish.get("like"))
            return 200, {"number": wish["number"]}
        if deed == "book":
            return 200, self.as_json()
        raise Refused(404, "NOT_FOUND")

    def send(self, number: str) -> int | None:
        """Call the merchant; return its status, None where it gave none."""
        call = self.tell(number)
        parts = urlsplit(call.url)
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=5)
        try:
            connection.request("POST", parts.path, call.body, dict(call.headers))
            return connection.getresponse().status
        except (OSError, HTTPException):
            return None
        finally:
            connection.close()

    def fault_for(self, target: str) -> Fault | None:
        """Return what is to go wrong with a call, used up by it."""
        subject = self.subject_of(target)
        for fault in self.faults:
            if subject.startswith(fault.path):
                fault.times -= 1
                if fault.times <= 0:
                    self.faults.remove(fault)
                return fault
        return None


C = TypeVar("C", bound=Channel)


def answer_with_faults(
    channel: Channel, method: str, target: str, headers: dict[str, str], body: str
) -> Answer:
    """Return what a channel answers; a fault refuses before or after the work is done, or lets it wait."""
    fault = channel.fault_for(target)
    try:
        if fault is not None and not fault.after and fault.status:
            raise Refused(fault.status, fault.code)
        status, content = channel.answer(method, target, headers, body)
        if fault is not None:
            time.sleep(fault.delay_s)
            if fault.after:
                raise Refused(fault.status, fault.code)
    except Refused as refused:
        return refused.status, {"code": refused.code, "message": refused.code}
    return status, content


class Handler(BaseHTTPRequestHandler):
    """How a channel is spoken to."""

    channel: Channel

    def do_GET(self) -> None:
        """Answer a question."""
        self._serve("GET")

    def do_POST(self) -> None:
        """Answer what is sent."""
        self._serve("POST")

    def _serve(self, method: str) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self._send(*answer_with_faults(self.channel, method, self.path, dict(self.headers), body))

    def _send(self, status: int, content: Any) -> None:
        file = content if isinstance(content, bytes) else None
        text = "" if file is not None else content
        if not isinstance(text, str):
            text = json.dumps(text, ensure_ascii=False)
        sent = text.encode() if file is None else file
        headers = dict(self.channel.headers_of(text))
        if file is not None:
            headers["Content-Type"] = "application/octet-stream"
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_arguments: object) -> None:
        """Keep quiet."""


def handler_of(channel: Channel) -> type[Handler]:
    """Return how one channel is spoken to; a server makes a handler for each call."""
    return type("Handler", (Handler,), {"channel": channel})


class Server(ThreadingHTTPServer):
    """Answers each call in a thread of its own; many payers press at once."""

    daemon_threads = True
    request_queue_size = 512


@contextmanager
def running(channel: C, *, port: int = 0) -> Iterator[C]:
    """Serve on loopback while the block runs."""
    server = Server(("127.0.0.1", port), handler_of(channel))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    channel.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield channel
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
