"""Keeps the leases of the jobs in hand from running out while their work takes its time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from groupbuy.db.transaction import transaction
from groupbuy.jobs import service as jobs
from groupbuy.jobs.service import Lease
from groupbuy.kernel.clock import utc_now

# A third of the lease: two renewals may fail before the lease is lost.
RENEW_SECONDS = jobs.LEASE.total_seconds() / 3

log = structlog.get_logger()


class Keeper(threading.Thread):
    """Renews leases in transactions of its own; a process that is killed or halted renews none."""

    def __init__(self, app: Flask, *, stop: threading.Event) -> None:
        super().__init__(name="keeper", daemon=True)
        self._app = app
        self._stopping = stop
        self._held: dict[str, Lease] = {}
        self._lock = threading.Lock()

    @contextmanager
    def hold(self, lease: Lease) -> Iterator[None]:
        """Renew a lease as long as the block runs."""
        with self._lock:
            self._held[lease.token] = lease
        try:
            yield
        finally:
            with self._lock:
                del self._held[lease.token]

    def run(self) -> None:
        """Renew what is held until the stop."""
        while not self._stopping.wait(RENEW_SECONDS):
            self.renew()

    def renew(self) -> None:
        """Renew every lease in hand once."""
        with self._lock:
            held = list(self._held.values())
        if held:
            with self._app.app_context():
                for lease in held:
                    self._renew(lease)

    def _renew(self, lease: Lease) -> None:
        try:
            with transaction():
                jobs.renew(lease, now=utc_now())
        except SQLAlchemyError as error:
            # The embedded database has one writer: while the job itself writes, nobody can take it anyway.
            log.debug("lease_not_renewed", key=lease.key, reason=str(error))
