"""The production server: gunicorn with threads, and processes beside it that live and die with it."""

import contextlib
import selectors
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.config import Config
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import TConn, ThreadWorker

from groupbuy.app.gate import Exchanges, Gate
from groupbuy.app.memory import keep_loaded
from groupbuy.app.settings import settings_of
from groupbuy.db import db
from groupbuy.http.counting import counts_of
from groupbuy.kernel.clock import monotonic_seconds
from groupbuy.kernel.errors import GroupbuyError

# Threads read requests and wait; only so many requests are in the application at once. The embedded
# database writes one order at a time, and more threads at work only take the processor from that one.
THREADS = 32
PLACES = 8
PLACES_EMBEDDED = 4
# How soon a thread that holds the one write lock gets the interpreter back from the others.
SWITCH_SECONDS = 0.0005
# A request must have arrived whole after this time; pictures over a slow phone take their while. While
# all threads are taken and others wait, nobody may take that long.
READING_SECONDS = 40
HURRIED_SECONDS = 3
ANSWERING_SECONDS = 600
STOPPING_SECONDS = 20
RESTART_SECONDS = 5.0

OPTIONS: dict[str, Any] = {
    "threads": THREADS,
    "timeout": 60,
    "graceful_timeout": STOPPING_SECONDS,
    "keepalive": 5,
    "backlog": 512,
    "worker_connections": 500,
    "limit_request_line": 4094,
    "limit_request_fields": 64,
    "limit_request_field_size": 8190,
    # Only ProxyFix, with the number of proxies that the settings name, believes forwarded headers.
    "forwarded_allow_ips": "",
    "control_socket_disable": True,
}


EXCHANGES = Exchanges()


class PortTaken(GroupbuyError):
    """Say that the address cannot be listened on."""


class ServerLog(Logger):  # type: ignore[misc] # gunicorn ships no type information.
    """Hand gunicorn's own lines to our formatter."""

    def setup(self, cfg: Config) -> None:
        """Set no handlers of its own."""
        super().setup(cfg)
        self.error_log.handlers = []
        self.error_log.propagate = True
        self.error_log.setLevel("WARNING")


class Worker(ThreadWorker):  # type: ignore[misc] # gunicorn ships no type information.
    """Threads that neither a silent client nor one who sends byte by byte can hold."""

    def init_signals(self) -> None:
        """Leave Ctrl-C to the master, which ends its workers by itself."""
        super().init_signals()
        # A terminal sends it to all of them: told twice to end, a worker dies of the second time.
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def enqueue_req(self, conn: TConn) -> None:
        """Give a connection to a thread as soon as something has come; till then it costs none."""
        if conn.initialized or conn.data_ready:
            super().enqueue_req(conn)
            return
        conn.sock.setblocking(False)
        conn.set_timeout()
        self.pending_conns.append(conn)
        readable = partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, readable)

    def handle(self, conn: TConn) -> Any:
        """Read and answer a request."""
        EXCHANGES.begin(conn.sock)
        try:
            return super().handle(conn)
        finally:
            EXCHANGES.end()

    def murder_pending(self) -> None:
        """Once a second: stop reading from clients that take too long; an answer can still be sent."""
        super().murder_pending()
        now, exchanges = monotonic_seconds(), EXCHANGES.all()
        reading = HURRIED_SECONDS if len(exchanges) >= self.cfg.threads else READING_SECONDS
        for exchange in exchanges:
            if now - exchange.begun > ANSWERING_SECONDS:
                _shut(exchange.sock, socket.SHUT_RDWR)
            elif not exchange.arrived and now - exchange.begun > reading:
                _shut(exchange.sock, socket.SHUT_RD)


def _shut(sock: socket.socket, how: int) -> None:
    # The client may have gone by itself in the meantime.
    with contextlib.suppress(OSError):
        sock.shutdown(how)


class Companion:
    """A process beside the server, started again when it ends by itself."""

    def __init__(self, command: Sequence[str]) -> None:
        self.command = command
        self.process: subprocess.Popen[bytes] | None = None
        self.started = -RESTART_SECONDS

    def keep_alive(self) -> None:
        """Start the process unless it runs; one that ends at once is not started over and over."""
        runs = self.process is not None and self.process.poll() is None
        if not runs and monotonic_seconds() - self.started >= RESTART_SECONDS:
            self.started = monotonic_seconds()
            # In a group of its own: Ctrl-C goes to the server, which ends it when it is its turn.
            self.process = subprocess.Popen(self.command, process_group=0)  # noqa: S603 - our own command

    def stop(self) -> None:
        """End the process, gently at first."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOPPING_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Master(Arbiter):  # type: ignore[misc] # gunicorn ships no type information.
    """gunicorn's master process, which also keeps the companions."""

    def __init__(self, server: "Server") -> None:
        self.companions = server.companions
        super().__init__(server)

    def manage_workers(self) -> None:
        """Once a second: keep workers and companions running."""
        super().manage_workers()
        for companion in self.companions:
            companion.keep_alive()

    def stop(self, graceful: bool = True) -> None:
        """Stop the companions and the workers."""
        for companion in self.companions:
            companion.stop()
        super().stop(graceful)


class Server(BaseApplication):  # type: ignore[misc] # gunicorn ships no type information.
    """The web application on a socket that is bound already."""

    def __init__(
        self, app: Flask, *, listener: socket.socket, workers: int, companions: Sequence[Companion] = ()
    ) -> None:
        self.app = app
        self.embedded = settings_of(app).embedded
        # gunicorn takes the descriptor over and closes it.
        self.descriptor = listener.detach()
        self.workers = workers
        self.companions = companions
        super().__init__()

    def load_config(self) -> None:
        """Give gunicorn our settings."""
        options = OPTIONS | {
            "bind": f"fd://{self.descriptor}",
            "workers": self.workers,
            "worker_class": Worker,
            "logger_class": ServerLog,
            "post_fork": self._begin_worker,
            "child_exit": self._end_worker,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Gate:
        """Return the application, behind its gate."""
        places = PLACES_EMBEDDED if self.embedded else PLACES
        return Gate(self.app, places=places, exchanges=EXCHANGES, note=counts_of(self.app).note_answer)

    def run(self) -> None:
        """Serve until a signal ends it."""
        keep_loaded()
        Master(self).run()

    def _begin_worker(self, _arbiter: Arbiter, worker: Worker) -> None:
        counts_of(self.app).take_row(worker.age)
        if self.embedded:
            sys.setswitchinterval(SWITCH_SECONDS)
        with self.app.app_context():
            # A connection shared with another process would mix up their answers.
            db.engine.dispose(close=False)

    def _end_worker(self, _arbiter: Arbiter, worker: Worker) -> None:
        counts_of(self.app).let_go(worker.age)


def listen(host: str, port: int) -> socket.socket:
    """Return a bound socket; raise PortTaken with what to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        reason = f"Cannot listen on {host} port {port}: {error}. Choose another with --port."
        raise PortTaken("port_taken", reason) from error
    return listener


def address_of(listener: socket.socket) -> str:
    """Return the address to open in a browser."""
    host, port = listener.getsockname()[:2]
    name = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - only shown
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"
