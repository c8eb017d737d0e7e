"""Servers on this machine that speak what gateways outside speak."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Request:
    """What came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: str


@dataclass
class Gateway:
    """A server that keeps what it is sent and answers as ``answer`` says."""

    answer: Callable[[Request], tuple[int, object]]
    requests: list[Request] = field(default_factory=list)
    url: str = ""


@contextmanager
def running(gateway: Gateway) -> Iterator[Gateway]:
    """Serve on a free port while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline()
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length).decode()
            request = Request(self.command, self.path, dict(self.headers), body)
            gateway.requests.append(request)
            status, content = gateway.answer(request)
            self.send_response(status)
            self.send_header("Content-Type", "text/plain")
            self.end_headers()
            self.wfile.write(content.encode() if isinstance(content, str) else json.dumps(content).encode())

        def log_message(self, *_arguments: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    gateway.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield gateway
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
