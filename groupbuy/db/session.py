"""The session and how each database begins a transaction."""

from contextlib import suppress
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

from groupbuy.db.base import Base
from groupbuy.kernel.clock import monotonic_seconds

# Set on a connection by whoever is going to write; see ``groupbuy.db.transaction``.
WRITES = "groupbuy_writes"

# When a connection was last given back to the pool, and how long it may lie there without being doubted.
USED = "groupbuy_used"
IDLE_SECONDS = 1.0

POSTGRESQL_SETTINGS = {
    "timezone": "UTC",
    "lock_timeout": "10s",
    "statement_timeout": "60s",
    "idle_in_transaction_session_timeout": "60s",
}

db = SQLAlchemy(metadata=Base.metadata, session_options={"expire_on_commit": False, "autoflush": False})


def engine_options(url: str, *, pgbouncer: bool = False) -> dict[str, Any]:
    """Return the engine's options for a database URL.

    The embedded database waits up to 30 s for its one writer. PostgreSQL gives up a statement after
    60 s and a lock after 10 s, and ends a transaction that stands idle for 60 s, so that a halted
    process holds its locks no longer. Behind ``pgbouncer`` each transaction may meet another server
    process: nothing is prepared there, and the time-outs are those of the role.
    """
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": 30}}
    connecting: dict[str, Any] = {"connect_timeout": 5, "tcp_user_timeout": 20_000}
    if pgbouncer:
        connecting["prepare_threshold"] = None
    else:
        settings = (f"-c {name}={value}" for name, value in POSTGRESQL_SETTINGS.items())
        connecting["options"] = " ".join(settings)
    # The connection that was used last is taken first: its statements are planned and in its caches.
    return {"pool_size": 10, "max_overflow": 10, "pool_use_lifo": True, "connect_args": connecting}


def prepare_engine(engine: Engine) -> None:
    """Attach the embedded database's set-up: WAL, foreign keys, explicit BEGIN; or the pool's care."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "checkin", _note_use)
        event.listen(engine, "checkout", _ping_when_idle)
        event.listen(engine, "rollback", _keep_plans)


def _note_use(_connection: Any, record: ConnectionPoolEntry) -> None:
    record.info[USED] = monotonic_seconds()


def _ping_when_idle(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
    """Let the pool replace a connection that died while nobody used it.

    Under load every connection is used all the time, and a ping for each request would be dear; when the
    server is stopped then, the first request to notice lets go of all connections.
    """
    if monotonic_seconds() - record.info.get(USED, monotonic_seconds()) < IDLE_SECONDS:
        return
    try:
        db.engine.dialect.do_ping(connection)
    except db.engine.dialect.loaded_dbapi.Error as error:
        raise DisconnectionError from error


def _keep_plans(connection: Connection) -> None:
    """End a transaction that nothing went wrong in, before the driver does it its own way.

    Every request that only reads ends so. The driver forgets all that is prepared whenever it rolls back,
    because tables may have been made in the transaction; here only migrations make tables. To plan the
    statements of a request anew takes the database longer than to run them.
    """
    if connection.closed or connection.invalidated:
        return
    driver: Any = connection.connection.driver_connection
    # A migration's connection belongs to no pool any more, and what it has planned is to be forgotten.
    if driver is None:
        return
    if driver.info.transaction_status.name == "INTRANS" and driver.info.pipeline_status.name == "OFF":
        # Of a connection that is lost the driver tells, which rolls back after this.
        with suppress(connection.dialect.loaded_dbapi.Error):
            driver.pgconn.exec_(b"ROLLBACK")


def _set_up_sqlite(connection: Any, _record: object) -> None:
    # The driver must not begin by itself: with its plain BEGIN a reader that starts to write
    # is refused at once instead of waiting for its turn.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL", "cache_size=-65536"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
